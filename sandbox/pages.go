package sandbox

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

//go:embed pages
var pageFiles embed.FS

// pageSet holds the parsed templates, the style and the script of the pages.
type pageSet struct {
	templates    map[string]*template.Template // by file name
	style        template.CSS
	styleSource  string // source that allows the style in a content security policy
	script       template.JS
	scriptSource string
}

// loadPages reads the pages once for all sandboxes of a process. It panics if it cannot read them. This does not happen, because
// the pages are built into the program and the tests show each page.
var loadPages = sync.OnceValue(func() *pageSet {
	style, script := mustReadPage("style.css"), mustReadPage("live.js")
	set := &pageSet{
		templates:    map[string]*template.Template{},
		style:        template.CSS(style),
		styleSource:  sourceOf(style),
		script:       template.JS(script),
		scriptSource: sourceOf(script),
	}
	for _, name := range []string{"hosted.html", "console.html", "notice.html"} {
		set.templates[name] = template.Must(template.ParseFS(pageFiles, "pages/layout.html", "pages/"+name))
	}
	return set
})

func mustReadPage(name string) []byte {
	text, err := pageFiles.ReadFile("pages/" + name)
	if err != nil {
		panic("sandbox: " + err.Error())
	}
	return text
}

// sourceOf returns the source that allows an inline style or script in a content security policy.
func sourceOf(text []byte) string {
	sum := sha256.Sum256(text)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// page is a response for a browser.
type page struct {
	status      int
	template    string // file name
	language    language
	title       string
	badge       *badge          // next to the brand; nil means the text that no real money moves
	languages   *languageSwitch // nil if the page has one language
	wide        bool            // wide layout, for tables
	live        bool            // includes the script, which copies texts and refreshes the page in place
	refresh     int             // seconds until the page reloads; zero means never
	refreshTo   string          // address to load then; empty means the page's own
	formActions []string        // content security policy sources to which the page's forms may lead
	content     any
}

// badge is a label that says that the page moves no real money. Small screens show only Short.
type badge struct{ Short, Long string }

// write sends a page. A HEAD request gets the same header; package net/http leaves out the body.
func (p page) write(w http.ResponseWriter) {
	set := loadPages()
	var body bytes.Buffer
	err := set.templates[p.template].ExecuteTemplate(&body, "layout.html", map[string]any{
		"Title": p.title, "Style": set.style, "Wide": p.wide, "Refresh": p.refreshText(), "Every": p.refresh, "RefreshTo": p.refreshTo,
		"Language": cmp.Or(p.language, english), "Badge": p.badge, "Switch": p.languages, "Live": p.live, "Script": set.script,
		"Content": p.content,
	})
	if err != nil { // a bug in the sandbox, because no value can make a template fail
		http.Error(w, "something went wrong on our side", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	setPageHeader(header)
	header.Set("Content-Security-Policy", p.contentSecurityPolicy(set))
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(p.status)
	_, _ = w.Write(body.Bytes()) // fails only if the browser has closed the connection
}

// refreshText returns the Refresh value for browsers without JavaScript. It returns "" if the page does not reload.
func (p page) refreshText() string {
	switch {
	case p.refresh == 0:
		return ""
	case p.refreshTo == "":
		return strconv.Itoa(p.refresh)
	}
	return strconv.Itoa(p.refresh) + "; url=" + p.refreshTo
}

// contentSecurityPolicy returns a policy that allows only what the page needs: its style, its icon, its forms and its script. The
// script may connect only to this server.
func (p page) contentSecurityPolicy(set *pageSet) string {
	formAction, script := "'none'", ""
	if len(p.formActions) > 0 {
		formAction = strings.Join(p.formActions, " ")
	}
	if p.live {
		script = "script-src " + set.scriptSource + "; connect-src 'self'; "
	}
	return "default-src 'none'; style-src " + set.styleSource + "; " + script + "img-src data:; form-action " + formAction +
		"; frame-ancestors 'none'; base-uri 'none'"
}

// setPageHeader sets the headers of all responses to browsers, including redirects.
func setPageHeader(header http.Header) {
	header.Set("Cache-Control", "no-store")
	// With "no-referrer", browsers would hide a form's origin from the page's own server. Over plain http and from another machine,
	// the origin is the only difference between the page's own form and a form of another site.
	header.Set("Referrer-Policy", "same-origin")
	header.Set("X-Content-Type-Options", "nosniff")
}

// hostedURL returns the address of a session's page.
func hostedURL(base, sessionID string) string { return base + hostedPath + sessionID }

// isPage reports whether a request is for a page.
func isPage(r *http.Request) bool {
	return r.URL.Path == "/" || strings.HasPrefix(r.URL.Path, hostedURL("", ""))
}

// servePage responds to a request for a page. It returns false for all other requests, which are for the API.
func (s *Sandbox) servePage(w http.ResponseWriter, r *http.Request) bool {
	if id, ok := strings.CutPrefix(r.URL.Path, hostedPath); ok {
		s.serveHostedPage(w, r, id)
		return true
	}
	if r.URL.Path == "/" {
		s.serveConsole(w, r)
		return true
	}
	return false
}

// notice is the content of a page with one message.
type notice struct{ Heading, Text string }

func writeNotice(w http.ResponseWriter, status int, heading, text string) {
	writeNoticeIn(w, english, status, heading, text)
}

func writeNoticeIn(w http.ResponseWriter, l language, status int, heading, text string) {
	page{
		language: l, status: status, template: "notice.html", title: heading, content: notice{Heading: heading, Text: text},
	}.write(w)
}

// refuseMethod responds to a request whose method the page does not support.
func refuseMethod(w http.ResponseWriter, allowed ...string) {
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	writeNotice(w, http.StatusMethodNotAllowed, "This page does not work that way",
		"Open its address in a browser to see it.")
}
