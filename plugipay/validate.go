package plugipay

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
	"unicode"
)

// The checks here are for what cannot be sent, or would be sent as something else. Business rules, such as an amount
// above zero, are Plugipay's to check. No message repeats a value that may be secret.

// checkContext refuses a nil context, with which net/http would panic.
func checkContext(ctx context.Context) error {
	if ctx == nil {
		return invalidRequest("the context is nil: pass context.Background() if there is no other")
	}
	return nil
}

// checkID refuses an id that would address something else than one resource: the list, or a path above it.
func checkID(id string) error {
	switch {
	case id == "":
		return invalidRequest("id is empty")
	case id == "." || id == "..":
		return invalidRequest(fmt.Sprintf("id is %q, which is no id but a step in a path", id))
	case strings.ContainsFunc(id, unicode.IsControl):
		return invalidRequest(fmt.Sprintf("id %q holds a control character", id))
	}
	return nil
}

// checkHeaderValue refuses a value that would not arrive as it is in a header, and would break the signature over it.
func checkHeaderValue(name, value string) error {
	switch {
	case value == "":
		return invalidRequest(name + " is empty")
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }):
		return invalidRequest(name + " holds a character that a header cannot carry: only printable ASCII can be sent")
	case strings.TrimSpace(value) != value:
		return invalidRequest(name + " begins or ends with a space")
	}
	return nil
}

// checkToken refuses what cannot be one word of a header.
func checkToken(name, value string) error {
	if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return invalidRequest(name + " holds white space or a character that a header cannot carry")
	}
	return nil
}

// checkMethod refuses what is no HTTP method.
func checkMethod(method string) error {
	if method == "" {
		return invalidRequest("RequestOptions.Method is empty")
	}
	if strings.ContainsFunc(method, func(r rune) bool { return r < 'A' || r > 'Z' }) {
		return invalidRequest(fmt.Sprintf("RequestOptions.Method %q is no HTTP method", method))
	}
	return nil
}

// checkPath refuses a path for Do that would not be sent as it is.
func checkPath(path string) error {
	switch {
	case !strings.HasPrefix(path, "/"):
		return invalidRequest(fmt.Sprintf("RequestOptions.Path %q does not begin with a slash", path))
	case strings.ContainsFunc(path, func(r rune) bool { return r <= ' ' || r > '~' }):
		return invalidRequest(fmt.Sprintf("RequestOptions.Path %q holds a character that must be escaped", path))
	case strings.Contains(path, "#"):
		return invalidRequest(fmt.Sprintf("RequestOptions.Path %q holds a #, which must be escaped as %%23", path))
	}
	path, _, _ = strings.Cut(path, "?")
	if _, err := url.PathUnescape(path); err != nil {
		return invalidRequest(fmt.Sprintf("RequestOptions.Path %q holds a %% that escapes nothing", path))
	}
	if hasDotSegment(path) {
		return invalidRequest(fmt.Sprintf("RequestOptions.Path %q holds a step . or .., as an id that is one would make it", path))
	}
	return nil
}

// parseBaseURL returns the base URL without slashes at its end.
func parseBaseURL(text string) (*url.URL, error) {
	base, err := url.Parse(strings.TrimRight(text, "/"))
	if err != nil {
		// Neither the text nor the parser's error is repeated: there may be a password in it.
		return nil, invalidRequest("the base URL (ClientOptions.BaseURL or PLUGIPAY_BASE_URL) is no URL")
	}
	shown := base.Redacted()
	switch {
	case base.Scheme != "https" && base.Scheme != "http", base.Hostname() == "":
		return nil, invalidRequest(fmt.Sprintf("the base URL %q is no absolute http or https URL", shown))
	case base.User != nil:
		return nil, invalidRequest(fmt.Sprintf("the base URL %q holds a user name: use KeyID and Secret", shown))
	case base.RawQuery != "" || base.ForceQuery || base.Fragment != "":
		return nil, invalidRequest(fmt.Sprintf("the base URL %q holds a query or a fragment", shown))
	case hasDotSegment(base.EscapedPath()):
		return nil, invalidRequest(fmt.Sprintf("the base URL %q holds a step . or .. in its path", shown))
	case base.Scheme == "http" && !isLoopback(base.Hostname()):
		return nil, invalidRequest(fmt.Sprintf(
			"the base URL %q is plain http to another machine, which would show payments to the network: use https", shown))
	}
	return base, nil
}

func hasDotSegment(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if unescaped, err := url.PathUnescape(segment); err == nil && (unescaped == "." || unescaped == "..") {
			return true
		}
	}
	return false
}

func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
