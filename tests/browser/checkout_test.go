package browser

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// withoutJavaScript disables JavaScript in the visitor's browser.
func (v *visitor) withoutJavaScript() {
	v.t.Helper()
	v.do(send(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
}

// payByCard opens a session's page, chooses a test card and submits the card form. It does not enter a 3DS code.
func (v *visitor) payByCard(session *plugipay.CheckoutSession, card string) {
	v.t.Helper()
	v.open(session.HostedURL)
	v.choose("Card")
	v.press("Continue")
	v.press(card)
	v.press("Pay IDR 199,000")
}

func TestHostedPage_BuyerPaysByCard(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		session := shop.createSession()

		buyer.open(session.HostedURL)
		buyer.wantText(".order", "Kopi Tenang")
		if buyer.size.phone {
			buyer.do(chromedp.Click(chromedp.CSS(".order summary"), chromedp.NodeVisible))
		}
		buyer.wantText(".order", "2 × IDR 85,000")
		buyer.choose("Card")
		buyer.press("Continue")
		buyer.fill("Card number", "4242424242424242")
		buyer.fill("Valid until (MM/YY)", "12/34")
		buyer.fill("Security code", "123")
		buyer.press("Pay IDR 199,000")
		buyer.wantText("h1", "Payment complete")

		buyer.await("h1", "Thank you") // the page redirects without another click
		buyer.wantAt(shop.successURL())
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusCompleted)
		shop.wantEvents(session.ID, plugipay.EventCheckoutSessionCompleted)

		buyer.open(session.HostedURL)
		buyer.wantText("h1", "Payment complete")
		buyer.press("Continue to the shop")
		buyer.wantAt(shop.successURL())
	})
}

func TestHostedPage_BuyerPaysWithKeyboardOnly(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		session := shop.createSession()
		buyer.open(session.HostedURL)
		buyer.do(chromedp.Focus(chromedp.CSS("input[type=radio]")))
		// The arrow key moves from QRIS to the virtual account. Enter submits the form.
		buyer.load(200, chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent("\r"))
		buyer.wantText("legend", "Choose your bank")
		buyer.do(chromedp.Focus(chromedp.CSS("input[type=radio]")))
		buyer.load(200, chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent("\r"))
		buyer.wantText("h1", "Complete your payment")
		buyer.wantText(".number dt", "Mandiri")
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusPending)
	})
}

func TestHostedPage_BuyerPaysWithoutJavaScript(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		session := shop.createSession()
		buyer.withoutJavaScript()
		buyer.open(session.HostedURL)
		buyer.press("Continue") // QRIS
		buyer.wantText("figcaption", "QRIS")
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusPending)
		if err := shop.box.Settle(session.ID); err != nil {
			t.Fatal(err)
		}
		buyer.await("h1", "Thank you") // the page has followed the session
		buyer.wantAt(shop.successURL())
	})
}

func TestHostedPage_WaitingPageFollowsTheSession(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		session := shop.createSession()
		buyer.open(session.HostedURL)
		buyer.choose("E-wallet")
		buyer.press("Continue")
		buyer.choose("DANA")
		buyer.press("Continue")
		buyer.wantText(".phone", "DANA")
		if err := shop.box.Settle(session.ID); err != nil {
			t.Fatal(err)
		}
		buyer.await("h1", "Thank you")
		buyer.wantAt(shop.successURL())
		shop.wantEvents(session.ID, plugipay.EventCheckoutSessionCompleted)
	})
}

func TestHostedPage_WaitingPageShowsTheExpiry(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		session := shop.createSession()
		buyer.open(session.HostedURL)
		buyer.choose("Virtual account")
		buyer.press("Continue")
		buyer.press("Get the account number")
		shop.box.Advance(25 * time.Hour)
		buyer.await("h1", "Payment expired")
		buyer.press("Back to the shop")
		buyer.wantAt(shop.cancelURL())
	})
}

func TestHostedPage_BuyerCopiesTheNumber(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		session := shop.createSession()
		buyer.open(session.HostedURL)
		buyer.choose("Virtual account")
		buyer.press("Continue")
		buyer.press("Get the account number")
		buyer.do(chromedp.Click(chromedp.CSS(".number .copy"), chromedp.NodeVisible))
		buyer.await("button", "Copied")
	})
}

func TestHostedPage_BuyerTransfersToAVirtualAccount(t *testing.T) {
	t.Parallel()
	number := regexp.MustCompile(`^(\d{4} ){3}\d{4}$`)
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		session := shop.createSession()

		buyer.open(session.HostedURL)
		buyer.choose("Virtual account")
		buyer.press("Continue")
		buyer.choose("BNI")
		buyer.press("Get the account number")
		buyer.wantAt(session.HostedURL)
		if got := buyer.text(".number dd"); !number.MatchString(got) {
			t.Errorf("the page shows the number %q, want one that matches %s", got, number)
		}
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusPending)

		buyer.press("The transfer fails")
		buyer.wantText("[role=alert]", "did not go through")
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusOpen)
		shop.wantEvents(session.ID, plugipay.EventCheckoutSessionAsyncPaymentFailed)

		buyer.press("Continue") // the virtual account is still chosen
		buyer.press("Get the account number")
		buyer.press("The transfer arrives")
		buyer.await("h1", "Thank you")
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusCompleted)
		shop.wantEvents(session.ID, plugipay.EventCheckoutSessionAsyncPaymentSucceeded, plugipay.EventCheckoutSessionCompleted)
	})
}

func TestHostedPage_BuyerPaysAtARetailOutlet(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		session := shop.createSession()
		buyer.open(session.HostedURL)
		buyer.choose("Retail outlet")
		buyer.press("Continue")
		buyer.press("Get the payment code")
		buyer.wantText(".number dt", "Alfamart · Payment code")
		buyer.press("The cash is paid")
		buyer.await("h1", "Thank you")
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusCompleted)
		shop.wantEvents(session.ID, plugipay.EventCheckoutSessionAsyncPaymentSucceeded, plugipay.EventCheckoutSessionCompleted)
	})
}

func TestHostedPage_BuyerIsDeclinedAndTriesAgain(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		session := shop.createSession()
		buyer.payByCard(session, "4000 0000 0000 9995 Insufficient funds")
		buyer.wantText("[role=alert]", "not have enough money")
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusOpen)
		buyer.press("All payment methods")
		buyer.choose("Card")
		buyer.press("Decline this payment")
		buyer.wantText("[role=alert]", "declined")

		buyer.payByCard(session, "4000 0000 0000 3063 3DS, failure")
		buyer.fill("One-time code", "123456")
		buyer.press("Confirm the payment")
		buyer.wantText("[role=alert]", "bank did not confirm")
		buyer.payByCard(session, "4000 0000 0000 3220 3DS, success")
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusPending)
		buyer.fill("One-time code", "123456")
		buyer.press("Confirm the payment")
		buyer.await("h1", "Thank you")
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusCompleted)
		shop.wantEvents(session.ID, plugipay.EventCheckoutSessionCompleted)
	})
}

func TestHostedPage_BuyerChangesTheMethod(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		session := shop.createSession()
		buyer.open(session.HostedURL)
		buyer.press("Continue") // QRIS
		buyer.press("Choose another method")
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusOpen)
		buyer.choose("PayPal")
		buyer.press("Continue")
		buyer.press("Log in as a test buyer and pay")
		buyer.await("h1", "Thank you")
		shop.wantEvents(session.ID, plugipay.EventCheckoutSessionCompleted)
	})
}

func TestHostedPage_MerchantConfirmsThePayment(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, []sandbox.Adapter{{Name: plugipay.CheckoutAdapterManual}})
		session := shop.createSession()

		buyer.open(session.HostedURL)
		buyer.press("Continue")
		buyer.press("I have paid")
		buyer.wantText("[role=status]", "has to confirm")
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusPendingReview)
		if _, err := shop.client.CheckoutSessions.Confirm(t.Context(), session.ID); err != nil {
			t.Fatal(err)
		}
		buyer.await("h1", "Thank you")
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusCompleted)
		shop.wantEvents(session.ID, plugipay.EventCheckoutSessionCompleted)
	})
}

func TestHostedPage_BuyerCancels(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		session := shop.createSession()

		buyer.open(session.HostedURL)
		buyer.press("Cancel and go back to the shop")
		buyer.await("h1", "Your cart")
		buyer.wantAt(shop.cancelURL())
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusCanceled)
		shop.wantEvents(session.ID) // the contract has no event for a cancel

		buyer.open(session.HostedURL)
		buyer.wantText("h1", "Payment canceled")
		buyer.press("Back to the shop")
		buyer.wantAt(shop.cancelURL())
	})
}

// A shop may redirect the buyer to another origin. The page's security policy must not block the redirect.
func TestHostedPage_FollowsARedirectToAnotherOrigin(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		elsewhere := httptest.NewServer(shopPages())
		t.Cleanup(elsewhere.Close)
		first := httptest.NewServer(http.RedirectHandler(elsewhere.URL+"/thank-you", http.StatusFound))
		t.Cleanup(first.Close)
		session, err := shop.client.CheckoutSessions.Create(t.Context(), plugipay.CheckoutSessionCreateInput{
			Amount: 19_900_000, Currency: plugipay.CurrencyIDR, Methods: []plugipay.CheckoutMethod{plugipay.CheckoutMethodCard},
			SuccessURL: first.URL, CancelURL: first.URL,
		})
		if err != nil {
			t.Fatal(err)
		}
		buyer.payByCard(session, "4242 4242 4242 4242 Success")
		buyer.await("h1", "Thank you")
		buyer.wantAt(elsewhere.URL + "/thank-you")
	})
}

func TestHostedPage_SessionExpiresBeforeTheBuyerPays(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		session := shop.createSession()

		buyer.open(session.HostedURL)
		shop.box.Advance(25 * time.Hour)
		buyer.pressFor(409, "Continue")
		buyer.expectComplaint(409)
		buyer.wantText("h1", "Payment expired")
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusExpired)
		shop.wantEvents(session.ID, plugipay.EventCheckoutSessionExpired)
		buyer.press("Back to the shop")
		buyer.wantAt(shop.cancelURL())
	})
}

func TestHostedPage_MerchantCancelsBeforeTheBuyerPays(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		session := shop.createSession()
		buyer.open(session.HostedURL)
		if _, err := shop.client.CheckoutSessions.Cancel(t.Context(), session.ID); err != nil {
			t.Fatal(err)
		}
		buyer.pressFor(409, "Continue")
		buyer.expectComplaint(409)
		buyer.wantText("h1", "Payment canceled")
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusCanceled)
	})
}

func TestHostedPage_BuyerWithTwoWindowsPaysOnce(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		session := shop.createSession()
		second := newVisitor(t, buyer.size)
		second.open(session.HostedURL)
		buyer.open(session.HostedURL)
		buyer.press("Pay at once")
		buyer.await("h1", "Thank you")
		second.pressFor(409, "Pay at once")
		second.expectComplaint(409)
		second.wantText("h1", "Payment complete")
		shop.wantEvents(session.ID, plugipay.EventCheckoutSessionCompleted)
	})
}

func TestHostedPage_BuyerChangesTheLanguage(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		session := shop.createSession()
		buyer.open(session.HostedURL)
		buyer.press("Bahasa Indonesia")
		buyer.wantText(".amount", "Rp 199.000")
		buyer.choose("Virtual account")
		buyer.press("Lanjutkan") // a cookie keeps the language
		buyer.press("Dapatkan nomor VA")
		buyer.wantText("h1", "Selesaikan pembayaran Anda")
		buyer.press("English")
		buyer.wantText("h1", "Complete your payment")
	})
}

func TestPages_LongTextsAndAmountsFit(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, visitor *visitor) {
		shop := newShop(t, nil)
		session := shop.createLongSession()
		visitor.open(session.HostedURL)
		visitor.inspect()
		visitor.press("Continue")
		visitor.press("Get the account number")
		visitor.inspect()
		for _, address := range []string{"", "&tab=requests", "&session=" + session.ID, "&request=" + shop.box.Requests()[0].ID} {
			visitor.open(shop.box.URL + "/?pause=1" + address)
			visitor.inspect()
		}
	})
}

func TestHostedPage_UnknownSession(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shop := newShop(t, nil)
		buyer.load(404, chromedp.Navigate(shop.box.URL+"/c/cs_unknown"))
		buyer.expectComplaint(404)
		buyer.wantText("h1", "nothing to pay")
		buyer.inspect()
	})
}
