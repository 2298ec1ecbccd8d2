package browser

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/plugipay/plugipay-go/plugipay"
)

func TestADeveloperWatchesTheConsole(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, developer *visitor) {
		shop := newShop(t, nil)
		// Paused, as the page would otherwise be replaced while it is inspected: that is all that is different.
		developer.open(shop.box.URL + "/?pause")
		developer.wantText("main", "No checkout session has been created yet.")
		developer.inspect()

		session := shop.sell()
		developer.open(shop.box.URL + "/?pause")
		developer.wantText("tbody", session.ID)
		developer.do(chromedp.Click(chromedp.CSS("summary"), chromedp.NodeVisible))
		developer.wantText("details[open]", `"name": "House blend, 1 kg"`)
		developer.inspect()

		developer.press(session.ID)
		developer.wantAt(session.HostedURL)
		shop.wantStatus(session.ID, plugipay.CheckoutSessionStatusOpen)
	})
}

func TestTheConsoleIsFreshByItself(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, developer *visitor) {
		shop := newShop(t, nil)
		developer.open(shop.box.URL + "/")
		session := shop.sell()
		developer.do(chromedp.WaitVisible(`//a[.="` + session.ID + `"]`))
		developer.press("Pause refreshing")
		developer.wantAt(shop.box.URL + "/?pause")
		developer.wantText("tbody", session.ID)
	})
}
