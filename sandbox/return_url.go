package sandbox

import (
	"net/url"
	"regexp"
)

// isWebURL reports whether it is safe to send a browser to a URL. The contract allows no other URLs in a session, but this check
// does not depend on the contract.
func isWebURL(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// plainHost matches a host, with or without a port, that a content security policy can contain. A policy cannot contain IPv6
// addresses or letters that are not ASCII. A semicolon in a URL's host would begin another directive.
var plainHost = regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]+)?$`)

// formActionSource returns the content security policy source that allows a form to lead to a URL. The source is the URL's
// origin, or its scheme if the policy cannot contain the origin.
func formActionSource(raw string) (source string, ok bool) {
	if !isWebURL(raw) {
		return "", false
	}
	u, _ := url.Parse(raw) // cannot fail, because isWebURL has parsed it
	if !plainHost.MatchString(u.Host) {
		return u.Scheme + ":", true
	}
	return u.Scheme + "://" + u.Host, true
}
