package sandbox

import (
	"net/url"
	"regexp"
)

// isWebURL reports whether a browser may be sent to a URL. The contract allows no other URL in a session. This check
// does not depend on it.
func isWebURL(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// plainHost is a host, and perhaps a port, that a content security policy can name. IPv6 addresses and letters beyond
// ASCII cannot be written there, and a URL's host may hold a semicolon, which would begin another directive.
var plainHost = regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]+)?$`)

// formActionSource is the source of a content security policy that allows a form to lead to a URL: its origin, or every
// URL of its scheme where the origin cannot be written.
func formActionSource(raw string) (source string, ok bool) {
	if !isWebURL(raw) {
		return "", false
	}
	u, _ := url.Parse(raw) // isWebURL has seen that it can be
	if !plainHost.MatchString(u.Host) {
		return u.Scheme + ":", true
	}
	return u.Scheme + "://" + u.Host, true
}
