package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/chromedp/chromedp"
)

// chromium is the browser that all tests share. Each test has its own profile in it. If the browser is not available,
// chromium is nil and noChromium says why.
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

// startChromium starts the browser if one is installed. stop ends it.
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
	return "", fmt.Errorf("cannot find Chromium: install it or set $CHROMIUM")
}

// skip skips a test whose tools are missing. In CI the test fails instead, because CI installs the tools.
func skip(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}
