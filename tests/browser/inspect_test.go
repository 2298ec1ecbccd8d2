package browser

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// axe returns the script of the accessibility checker.
func axe(t *testing.T) string {
	t.Helper()
	script, err := os.ReadFile(filepath.Join("node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		skip(t, `axe-core is not installed: run "npm ci" in tests/browser`)
	}
	return string(script)
}

// inspect checks the rules of every page on the visitor's current page, in light and in dark colors.
func (v *visitor) inspect() {
	v.t.Helper()
	v.wantAccessible("light")
	v.wantAccessible("dark")
	v.wantNoOtherJavaScript()
	v.wantLargeTargets()
	v.wantNarrow()
}

// wantAccessible runs the accessibility checker on the page.
func (v *visitor) wantAccessible(colors string) {
	v.t.Helper()
	v.do(send(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: colors},
		{Name: "prefers-reduced-motion", Value: "reduce"}, // otherwise a transition could change colors during the check
	}}))
	evaluate[chromedp.Void](v, axe(v.t))
	got := evaluate[struct {
		Passed     int      `json:"passed"`
		Violations []string `json:"violations"`
	}](v, `axe.run(document).then(r => ({
		passed: r.passes.length,
		violations: r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.failureSummary + "\n" + n.html)),
	}))`)
	if got.Passed == 0 {
		v.t.Errorf("the accessibility checker has not checked anything")
	}
	for _, violation := range got.Violations {
		v.t.Errorf("not accessible in %s colors: %s", colors, violation)
	}
}

// wantNoOtherJavaScript checks that the page has at most one script, the one in its security policy.
func (v *visitor) wantNoOtherJavaScript() {
	v.t.Helper()
	found := evaluate[[]string](v, `[...document.querySelectorAll("*")].filter((e, i, all) => e.localName === "script" &&
		(e.src || all.filter(other => other.localName === "script").length > 1) ||
		[...e.attributes].some(a => a.name.startsWith("on") || /^\s*javascript:/i.test(a.value))
	).map(e => e.outerHTML)`)
	if len(found) > 0 {
		v.t.Errorf("the page has JavaScript: %s", strings.Join(found, "\n"))
	}
}

// wantLargeTargets checks that buttons and links are large enough for a finger.
func (v *visitor) wantLargeTargets() {
	v.t.Helper()
	const targets = `"button, .button, .method, summary, select, .row, .tabs a, .cards a, .back a"`
	small := evaluate[[]string](v, `[...document.querySelectorAll(`+targets+`)].filter(e => {
		if (!e.checkVisibility()) return false;
		const box = e.getBoundingClientRect();
		return box.height < 44 || box.width < 44;
	}).map(e => e.outerHTML)`)
	if len(small) > 0 {
		v.t.Errorf("too small for a finger: %s", strings.Join(small, "\n"))
	}
}

// wantNarrow checks that the page fits into a window of 320 pixels.
func (v *visitor) wantNarrow() {
	v.t.Helper()
	v.do(v.resize(320))
	width := evaluate[int](v, `document.documentElement.scrollWidth`)
	v.do(v.resize(v.size.width))
	if width > 320 {
		v.t.Errorf("the page is %d pixels wide in a window of 320", width)
	}
}
