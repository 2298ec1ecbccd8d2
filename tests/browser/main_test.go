package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/chromedp/chromedp"
)

// chromium is the one browser of all tests; each test has a profile of its own in it. Nil where there is none, and why
// is in noChromium.
var (
	chromium   context.Context
	noChromium error
)

func TestMain(m *testing.M) {
	stop := startChromium()
	status := m.Run()
	stop()
	if shopProgram.folder != "" {
		_ = os.RemoveAll(shopProgram.folder)
	}
	os.Exit(status)
}

// startChromium starts the browser if there is one, and returns what stops it.
func startChromium() (stop func()) {
	path, err := findChromium()
	if err != nil {
		noChromium = err
		return func() {}
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("lang", "en"),
	)
	if os.Geteuid() == 0 { // Chromium refuses to run as root within its sandbox
		options = append(options, chromedp.NoSandbox)
	}
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	browser, stopBrowser := chromedp.NewContext(allocator)
	stop = func() {
		stopBrowser()
		stopAllocator()
	}
	if err := chromedp.Do(browser); err != nil {
		noChromium = fmt.Errorf("%s does not start: %w", path, err)
		return stop
	}
	chromium = browser
	return stop
}

func findChromium() (string, error) {
	if path := os.Getenv("CHROMIUM"); path != "" {
		return path, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("there is no Chromium: set $CHROMIUM or install one")
}

// skip ends a test that lacks something. In CI nothing may be lacking.
func skip(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}
