package browser

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// axe returns the accessibility checker.
func axe(t *testing.T) string {
	t.Helper()
	script, err := os.ReadFile(filepath.Join("node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		skip(t, `there is no axe-core: run "npm ci" in tests/browser`)
	}
	return string(script)
}

// inspect checks the page that the visitor is on for what every page must keep, in light and in dark colours.
func (v *visitor) inspect() {
	v.t.Helper()
	v.wantAccessible("light")
	v.wantAccessible("dark")
	v.wantNoOtherJavaScript()
	v.wantLargeTargets()
	v.wantNarrow()
}

// wantAccessible runs the accessibility checker on the page.
func (v *visitor) wantAccessible(colours string) {
	v.t.Helper()
	v.do(send(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: colours},
		{Name: "prefers-reduced-motion", Value: "reduce"}, // so that no colour is on its way to another
	}}))
	answer[chromedp.Void](v, axe(v.t))
	got := answer[struct {
		Passed     int      `json:"passed"`
		Violations []string `json:"violations"`
	}](v, `axe.run(document).then(r => ({
		passed: r.passes.length,
		violations: r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.failureSummary + "\n" + n.html)),
	}))`)
	if got.Passed == 0 {
		v.t.Errorf("the accessibility checker has checked nothing")
	}
	for _, violation := range got.Violations {
		v.t.Errorf("not accessible in %s colours: %s", colours, violation)
	}
}

// wantNoOtherJavaScript checks that the page has at most the one script that its security policy names.
func (v *visitor) wantNoOtherJavaScript() {
	v.t.Helper()
	found := answer[[]string](v, `[...document.querySelectorAll("*")].filter((e, i, all) => e.localName === "script" &&
		(e.src || all.filter(other => other.localName === "script").length > 1) ||
		[...e.attributes].some(a => a.name.startsWith("on") || /^\s*javascript:/i.test(a.value))
	).map(e => e.outerHTML)`)
	if len(found) > 0 {
		v.t.Errorf("the page has JavaScript: %s", strings.Join(found, "\n"))
	}
}

// wantLargeTargets checks that a finger can hit what there is to press.
func (v *visitor) wantLargeTargets() {
	v.t.Helper()
	small := answer[[]string](v, `[...document.querySelectorAll("button, .button, .method, summary, select, .row, .tabs a, .cards a, .back a")].filter(e => {
		if (!e.checkVisibility()) return false;
		const box = e.getBoundingClientRect();
		return box.height < 44 || box.width < 44;
	}).map(e => e.outerHTML)`)
	if len(small) > 0 {
		v.t.Errorf("too small for a finger: %s", strings.Join(small, "\n"))
	}
}

// wantNarrow checks that the page fits into the narrowest of windows.
func (v *visitor) wantNarrow() {
	v.t.Helper()
	v.do(v.resize(320))
	width := answer[int](v, `document.documentElement.scrollWidth`)
	v.do(v.resize(v.size.width))
	if width > 320 {
		v.t.Errorf("the page is %d pixels wide in a window of 320", width)
	}
}
