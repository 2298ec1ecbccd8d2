package browser

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// size is the size of a window in CSS pixels.
type size struct {
	name          string
	width, height int64
	phone         bool
}

var sizes = []size{
	{name: "desktop", width: 1280, height: 800},
	{name: "phone", width: 390, height: 844, phone: true},
}

// testTimeout ends a test whose browser does not respond. No test measures time against it.
const testTimeout = 2 * time.Minute

// visitor is a person who uses a browser.
type visitor struct {
	t    *testing.T
	tab  context.Context
	size size

	mu         sync.Mutex
	complaints []string // errors in the browser's console
}

// atEachSize runs a test with a visitor for each window size.
func atEachSize(t *testing.T, test func(*testing.T, *visitor)) {
	t.Helper()
	for _, s := range sizes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			test(t, newVisitor(t, s))
		})
	}
}

func newVisitor(t *testing.T, s size) *visitor {
	t.Helper()
	if noChromium != nil {
		skip(t, noChromium.Error())
	}
	tab, closeTab := chromedp.NewContext(chromium, chromedp.WithNewBrowserContext())
	t.Cleanup(closeTab)
	if err := chromedp.Do(tab); err != nil { // without the timeout: the first call's context is the context of the tab
		t.Fatal(err)
	}
	tab, cancel := context.WithTimeout(tab, testTimeout)
	t.Cleanup(cancel)
	v := &visitor{t: t, tab: tab, size: s}
	if err := chromedp.Listen(tab, v.listen); err != nil {
		t.Fatal(err)
	}
	v.do(send(log.Enable, cdp.Empty{}), send(runtime.Enable, cdp.Empty{}), v.resize(s.width))
	t.Cleanup(v.wantNoComplaints)
	return v
}

// listen collects the errors that the browser reports: script errors, violations of the security policy, and failed
// loads.
func (v *visitor) listen(event any) {
	complaint := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		complaint = e.ExceptionDetails.Text
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" {
			complaint = fmt.Sprint(e.Args)
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			complaint = e.Entry.URL + ": " + e.Entry.Text
		}
	}
	if complaint == "" {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.complaints = append(v.complaints, complaint)
}

func (v *visitor) wantNoComplaints() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, complaint := range v.complaints {
		v.t.Errorf("the browser reports an error: %s", complaint)
	}
}

// expectComplaint removes the error that the browser reports for every page whose status is an error.
func (v *visitor) expectComplaint(status int64) {
	v.t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	var rest []string
	for _, complaint := range v.complaints {
		if !strings.Contains(complaint, fmt.Sprintf("responded with a status of %d", status)) {
			rest = append(rest, complaint)
		}
	}
	v.complaints = rest
}

// step is an action of the browser without a result.
type step = chromedp.Action[chromedp.Void]

// send returns a step that sends a command of the browser's protocol.
func send[P, R any](command cdp.Command[P, R], params P) step {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, command, params)
		return err
	})
}

func (v *visitor) do(steps ...step) {
	v.t.Helper()
	if err := chromedp.Do(v.tab, steps...); err != nil {
		v.t.Fatal(err)
	}
}

// ask runs an action and returns its result.
func ask[T any](v *visitor, query chromedp.Action[T]) T {
	v.t.Helper()
	result, err := chromedp.Run(v.tab, query)
	if err != nil {
		v.t.Fatal(err)
	}
	return result
}

func (v *visitor) resize(width int64) step {
	return send(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: v.size.height, DeviceScaleFactor: 1, Mobile: v.size.phone,
	})
}

// load runs steps that lead to another page and waits for the page. The page must have the given status.
func (v *visitor) load(status int64, steps ...step) {
	v.t.Helper()
	response, err := chromedp.RunResponse(v.tab, steps...)
	if err != nil {
		v.t.Fatal(err)
	}
	v.wantStatus(response, status)
}

func (v *visitor) wantStatus(response *network.Response, status int64) {
	v.t.Helper()
	if response == nil || response.Status != status {
		v.t.Fatalf("the browser received %+v, want the status %d", response, status)
	}
}

// open opens an address.
func (v *visitor) open(address string) {
	v.t.Helper()
	v.load(200, chromedp.Navigate(address))
}

// press clicks the button or the link with a text.
func (v *visitor) press(text string) {
	v.t.Helper()
	v.pressFor(200, text)
}

// pressFor is press for a next page whose status is not 200.
func (v *visitor) pressFor(status int64, text string) {
	v.t.Helper()
	v.load(status, chromedp.Click(fmt.Sprintf(`//*[self::button or self::a][normalize-space()=%q]`, text),
		chromedp.NodeVisible))
}

// choose chooses the payment method whose card has this name.
func (v *visitor) choose(method string) {
	v.t.Helper()
	v.do(chromedp.Click(fmt.Sprintf(`//label[.//span[normalize-space()=%q]]`, method), chromedp.NodeVisible))
}

// fill types a text into the field with this label.
func (v *visitor) fill(label, text string) {
	v.t.Helper()
	v.do(chromedp.SendKeys(fmt.Sprintf(`//label[normalize-space()=%q]/following-sibling::input`, label), text, chromedp.NodeVisible))
}

// await waits until an element with this tag name contains a text.
func (v *visitor) await(element, text string) {
	v.t.Helper()
	v.do(chromedp.WaitVisible(fmt.Sprintf(`//%s[contains(normalize-space(), %q)]`, element, text)))
}

// text returns the text of the first element that matches a CSS selector.
func (v *visitor) text(selector string) string {
	v.t.Helper()
	return strings.TrimSpace(ask(v, chromedp.Text(chromedp.CSS(selector))))
}

// wantText checks that the text of an element contains want.
func (v *visitor) wantText(selector, want string) {
	v.t.Helper()
	if got := v.text(selector); !strings.Contains(got, want) {
		v.t.Errorf("%s says %q, want %q", selector, got, want)
	}
}

// wantAt checks the browser's address.
func (v *visitor) wantAt(want string) {
	v.t.Helper()
	if got := ask(v, chromedp.Location()); got != want {
		v.t.Fatalf("the browser is at %s, want %s", got, want)
	}
}

// evaluate runs JavaScript from outside the page. The page's security policy does not apply to it.
func evaluate[T any](v *visitor, script string) T {
	v.t.Helper()
	return ask(v, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
}
