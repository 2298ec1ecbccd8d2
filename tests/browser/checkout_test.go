package browser

import (
	"regexp"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

func TestABuyerPaysByCard(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		session := shop.sell()

		buyer.open(session.HostedURL)
		buyer.wantText(".order", "Kopi Tenang")
		buyer.wantText(".order", "2 × IDR 85,000")
		buyer.inspect()
		buyer.choose("Card")
		buyer.press("Pay IDR 199,000")

		buyer.wantAt(shop.successURL())
		buyer.wantText("h1", "Thank you")
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusCompleted)
		shop.wantEvents(session.ID, plugipay.EventCheckoutSessionCompleted)

		buyer.open(session.HostedURL)
		buyer.wantText("h1", "Payment complete")
		buyer.inspect()
		buyer.press("Continue to the shop")
		buyer.wantAt(shop.successURL())
	})
}

func TestABuyerPaysWithTheKeyboardAlone(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		session := shop.sell()
		buyer.open(session.HostedURL)
		// Tab goes to the methods, the arrow from QRIS to the virtual account, Enter pays.
		buyer.load(200, chromedp.KeyEvent("\t"), chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent("\r"))
		buyer.wantText("h1", "Complete your payment")
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusPending)
	})
}

func TestABuyerWithoutJavaScriptPays(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		session := shop.sell()
		buyer.do(send(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
		buyer.open(session.HostedURL)
		buyer.press("Pay IDR 199,000")
		buyer.wantAt(shop.successURL())
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusCompleted)
	})
}

func TestABuyerTransfersToAVirtualAccount(t *testing.T) {
	t.Parallel()
	number := regexp.MustCompile(`^(\d{4} ){3}\d{4}$`)
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		session := shop.sell()

		buyer.open(session.HostedURL)
		buyer.choose("Virtual account")
		buyer.press("Pay IDR 199,000")
		buyer.wantAt(session.HostedURL)
		if got := buyer.sees(".number dd"); !number.MatchString(got) {
			t.Errorf("the page shows the number %q", got)
		}
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusPending)
		buyer.inspect()

		buyer.press("The transfer fails")
		buyer.wantText("[role=alert]", "did not go through")
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusOpen)
		shop.wantEvents(session.ID, plugipay.EventCheckoutSessionAsyncPaymentFailed)
		buyer.inspect()

		buyer.press("Pay IDR 199,000") // the virtual account is still chosen
		buyer.press("The transfer arrives")
		buyer.wantAt(shop.successURL())
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusCompleted)
		shop.wantEvents(session.ID, plugipay.EventCheckoutSessionAsyncPaymentSucceeded, plugipay.EventCheckoutSessionCompleted)
	})
}

func TestABuyerPaysInCashAtARetailOutlet(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		session := shop.sell()
		buyer.open(session.HostedURL)
		buyer.choose("Retail outlet")
		buyer.press("Pay IDR 199,000")
		buyer.wantText(".number dt", "Payment code")
		buyer.inspect()
		buyer.press("The cash is paid")
		buyer.wantAt(shop.successURL())
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusCompleted)
		shop.wantEvents(session.ID, plugipay.EventCheckoutSessionAsyncPaymentSucceeded, plugipay.EventCheckoutSessionCompleted)
	})
}

func TestABuyerIsDeclinedAndTriesAgain(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		session := shop.sell()

		buyer.open(session.HostedURL)
		buyer.choose("Card")
		buyer.press("Decline this payment")
		buyer.wantText("[role=alert]", "declined")
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusOpen)
		buyer.inspect()

		buyer.press("Pay IDR 199,000")
		buyer.wantAt(shop.successURL())
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusCompleted)
		shop.wantEvents(session.ID, plugipay.EventCheckoutSessionCompleted)
	})
}

func TestTheMerchantConfirmsAPayment(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, []sandbox.Adapter{{Name: plugipay.CheckoutAdapterManual}})
		session := shop.sell()

		buyer.open(session.HostedURL)
		buyer.press("Pay IDR 199,000")
		buyer.wantText("[role=status]", "has to confirm")
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusPendingReview)
		buyer.inspect()

		if _, err := shop.client.CheckoutSessions.Confirm(t.Context(), session.ID); err != nil {
			t.Fatal(err)
		}
		buyer.press("Check again")
		buyer.wantText("h1", "Payment complete")
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusCompleted)
		shop.wantEvents(session.ID, plugipay.EventCheckoutSessionCompleted)
	})
}

func TestABuyerCancels(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		session := shop.sell()

		buyer.open(session.HostedURL)
		buyer.press("Cancel and go back to the shop")
		buyer.wantAt(shop.cancelURL())
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusCanceled)
		shop.wantEvents(session.ID) // none is documented for it

		buyer.open(session.HostedURL)
		buyer.wantText("h1", "Payment canceled")
		buyer.inspect()
		buyer.press("Back to the shop")
		buyer.wantAt(shop.cancelURL())
	})
}

func TestTheSessionExpiresUnderTheBuyer(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		session := shop.sell()

		buyer.open(session.HostedURL)
		shop.box.Advance(25 * time.Hour)
		buyer.pressFor(409, "Pay IDR 199,000")
		buyer.expectComplaint(409)
		buyer.wantText("h1", "Payment expired")
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusExpired)
		shop.wantEvents(session.ID, plugipay.EventCheckoutSessionExpired)
		buyer.inspect()
		buyer.press("Back to the shop")
		buyer.wantAt(shop.cancelURL())
	})
}

func TestTheMerchantCancelsUnderTheBuyer(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		session := shop.sell()
		buyer.open(session.HostedURL)
		if _, err := shop.client.CheckoutSessions.Cancel(t.Context(), session.ID); err != nil {
			t.Fatal(err)
		}
		buyer.pressFor(409, "Pay IDR 199,000")
		buyer.expectComplaint(409)
		buyer.wantText("h1", "Payment canceled")
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusCanceled)
	})
}

func TestABuyerWithTwoWindowsPaysOnce(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		session := shop.sell()
		again := newVisitor(t, buyer.size)
		again.open(session.HostedURL)
		buyer.open(session.HostedURL)
		buyer.press("Pay IDR 199,000")
		buyer.wantAt(shop.successURL())
		again.pressFor(409, "Pay IDR 199,000")
		again.expectComplaint(409)
		again.wantText("h1", "Payment complete")
		shop.wantEvents(session.ID, plugipay.EventCheckoutSessionCompleted)
	})
}

func TestLongTextsAndAmountsFit(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, visitor *visitor) {
		shop := newShop(t, nil)
		session := shop.sellAwkwardly()
		visitor.open(session.HostedURL)
		visitor.inspect()
		visitor.press("Pay USD 92,233,720,368,547,758.07")
		visitor.inspect()
		visitor.open(shop.box.URL + "/?pause")
		visitor.do(chromedp.Click(chromedp.CSS("summary"), chromedp.NodeVisible))
		visitor.inspect()
	})
}

func TestAnAddressWithNothingToPay(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		buyer.load(404, chromedp.Navigate(shop.box.URL+"/c/cs_unknown"))
		buyer.expectComplaint(404)
		buyer.wantText("h1", "nothing to pay")
		buyer.inspect()
	})
}
