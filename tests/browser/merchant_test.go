package browser

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// merchant is examples/shop in a separate process. Its sandbox runs in the test's process.
type merchant struct {
	t      *testing.T
	box    *sandbox.Server
	client *plugipay.Client
	url    string
}

// shopProgram is examples/shop, which the tests build once.
var shopProgram struct {
	once   sync.Once
	folder string
	err    error
}

func buildShop(t *testing.T) string {
	t.Helper()
	program := &shopProgram
	program.once.Do(func() {
		if program.folder, program.err = os.MkdirTemp("", "shop"); program.err != nil {
			return
		}
		build := exec.Command("go", "build", "-o", filepath.Join(program.folder, "shop"), ".")
		build.Dir = filepath.Join("..", "..", "examples", "shop")
		if out, err := build.CombinedOutput(); err != nil {
			program.err = fmt.Errorf("%w: %s", err, out)
		}
	})
	if program.err != nil {
		t.Fatal(program.err)
	}
	return filepath.Join(program.folder, "shop")
}

// openMerchant starts the shop.
func openMerchant(t *testing.T) *merchant {
	t.Helper()
	m := &merchant{t: t, box: sandbox.StartTest(t, sandbox.Options{})}
	options := m.box.ClientOptions()
	client, err := plugipay.NewClient(options)
	if err != nil {
		t.Fatal(err)
	}
	m.client = client
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	command := exec.CommandContext(ctx, buildShop(t))
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.Env = append(os.Environ(), "PLUGIPAY_BASE_URL="+options.BaseURL, "PLUGIPAY_KEY_ID="+options.KeyID,
		"PLUGIPAY_SECRET="+options.Secret, "PLUGIPAY_WEBHOOK_SECRET="+webhookSecret, "ADMIN_PASSWORD=letmein",
		"DATABASE_URL="+filepath.Join(t.TempDir(), "shop.db"), "ADDR=", "PUBLIC_URL=")
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = command.Wait()
		if !command.ProcessState.Success() {
			t.Errorf("the shop ended with %v", command.ProcessState)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the shop does not start: %v", err)
	}
	m.url = strings.TrimSpace(strings.TrimPrefix(line, "The shop is at "))
	if err := m.box.AddEndpoint(sandbox.Endpoint{URL: m.url + webhookPath, Secret: webhookSecret}); err != nil {
		t.Fatal(err)
	}
	return m
}

// fillCart opens the catalog and fills in the quantity and the email address.
func (m *merchant) fillCart(buyer *visitor, kopi string) {
	m.t.Helper()
	buyer.open(m.url)
	buyer.do(
		chromedp.SetValue(chromedp.CSS(`input[name=kopi]`), kopi),
		chromedp.SetValue(chromedp.CSS(`input[name=email]`), "ana@example.com"),
	)
}

// wantSession checks the number of sessions and the status of the newest one.
func (m *merchant) wantSession(count int, status plugipay.CheckoutSessionStatus) {
	m.t.Helper()
	page, err := m.client.CheckoutSessions.List(m.t.Context(), plugipay.CheckoutSessionListParams{})
	if err != nil {
		m.t.Fatal(err)
	}
	if len(page.Data) != count || page.Data[0].Status != status {
		m.t.Fatalf("there are %d sessions, want %d; the newest is %s, want %s", len(page.Data), count, page.Data[0].Status, status)
	}
}

// openOrders opens the merchant's list of orders.
func (m *merchant) openOrders(v *visitor) {
	v.t.Helper()
	v.open(strings.Replace(m.url, "http://", "http://admin:letmein@", 1) + "/admin")
}

func TestShop_BuyerPaysWithQRIS(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		m := openMerchant(t)
		m.fillCart(buyer, "2")
		buyer.inspect()
		buyer.press("Pay")
		if buyer.size.phone {
			buyer.do(chromedp.Click(chromedp.CSS(".order summary"), chromedp.NodeVisible))
		}
		buyer.wantText(".order", "Kopi susu")
		buyer.choose("QRIS")
		buyer.press("Continue")
		buyer.press("The code is paid")
		buyer.await("h1", "Thank you")
		buyer.wantText("[role=status]", "IDR 170,000")
		buyer.inspect()
		m.wantSession(1, plugipay.CheckoutSessionStatusCompleted)
		m.openOrders(buyer)
		buyer.wantText("tbody", "shipped")
		buyer.inspect()
	})
}

func TestShop_BuyerTransfersToVirtualAccount(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		m := openMerchant(t)
		m.fillCart(buyer, "1")
		buyer.press("Pay")
		buyer.choose("Virtual account")
		buyer.press("Continue")
		buyer.press("Get the account number")
		m.wantSession(1, plugipay.CheckoutSessionStatusPending)
		buyer.press("The transfer arrives")
		buyer.await("h1", "Thank you")
	})
}

func TestShop_BuyerIsDeclinedAndTriesAgain(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		m := openMerchant(t)
		m.fillCart(buyer, "1")
		buyer.press("Pay")
		buyer.choose("Card")
		buyer.press("Decline this payment")
		buyer.wantText("[role=alert]", "declined")
		m.fillCart(buyer, "1") // the buyer goes back to the shop
		buyer.press("Pay")
		m.wantSession(1, plugipay.CheckoutSessionStatusOpen)
		buyer.choose("Card")
		buyer.press("Pay at once")
		buyer.await("h1", "Thank you")
	})
}

func TestShop_BuyerCancelsAndChangesTheCart(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		m := openMerchant(t)
		m.fillCart(buyer, "1")
		buyer.press("Pay")
		buyer.press("Cancel and go back to the shop")
		buyer.await("h1", "The order is canceled")
		buyer.inspect()
		buyer.press("Back to the shop")
		m.fillCart(buyer, "3")
		buyer.press("Pay")
		m.wantSession(2, plugipay.CheckoutSessionStatusOpen)
		m.fillCart(buyer, "2") // like a buyer with a second window
		buyer.press("Pay")
		m.wantSession(3, plugipay.CheckoutSessionStatusOpen)
		buyer.press("Pay at once")
		buyer.await("h1", "Thank you")
		m.openOrders(buyer)
		if got := strings.Count(buyer.text("tbody"), "canceled"); got != 2 {
			t.Errorf("%d orders are canceled, want 2", got)
		}
	})
}

func TestShop_OrderExpiresBeforeTheBuyerPays(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		m := openMerchant(t)
		m.fillCart(buyer, "1")
		buyer.press("Pay")
		m.box.Advance(3 * time.Hour)
		buyer.pressFor(409, "Continue")
		buyer.expectComplaint(409)
		buyer.press("Back to the shop")
		buyer.wantText("h1", "The order has expired")
		buyer.inspect()
		m.fillCart(buyer, "1")
		buyer.press("Pay")
		buyer.press("Pay at once")
		buyer.await("h1", "Thank you")
		m.wantSession(2, plugipay.CheckoutSessionStatusCompleted)
	})
}

func TestShop_DoubleClickOnPayCreatesOneSession(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		m := openMerchant(t)
		m.fillCart(buyer, "1")
		buyer.load(200, chromedp.DoubleClick(`//button[normalize-space()="Pay"]`, chromedp.NodeVisible))
		buyer.wantText("h1", "Pay IDR 85,000")
		m.wantSession(1, plugipay.CheckoutSessionStatusOpen)
	})
}

func TestShop_MerchantCancelsAndConfirms(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, person *visitor) {
		m := openMerchant(t)
		m.fillCart(person, "1")
		person.press("Pay")
		m.openOrders(person)
		person.wantText("tbody", "awaiting")
		person.inspect()
		person.press("Cancel")
		person.wantText("tbody", "canceled")
		m.wantSession(1, plugipay.CheckoutSessionStatusCanceled)
		m.fillCart(person, "2")
		person.press("Pay")
		m.openOrders(person)
		person.press("Confirm the transfer")
		person.wantText("tbody", "shipped")
		m.wantSession(2, plugipay.CheckoutSessionStatusCompleted)
	})
}
