package plugipay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// These checks refuse values that cannot be sent unchanged. Plugipay checks business rules, such as an amount above zero. No
// message repeats a refused value, because it may be a secret in the wrong place.

// withID checks the id of the call's resource. It refuses an id that would address something else, such as the list or a path
// above it.
func (c *call) withID(id string) *call {
	if c.err == nil {
		c.err = checkID(id)
	}
	return c
}

func checkID(id string) error {
	switch {
	case id == "":
		return invalidRequest("id is empty")
	case id == "." || id == "..":
		return invalidRequest(fmt.Sprintf("id is %q, which is a step in a path", id))
	case strings.ContainsFunc(id, unicode.IsControl):
		return invalidRequest("id holds a control character")
	}
	return nil
}

// encode writes the body that the call sends as JSON. Each attempt adds it to the request.
func (c *call) encode(body any) {
	if c.err == nil {
		c.body, c.err = encodeBody(body)
	}
}

func encodeBody(body any) ([]byte, error) {
	content, err := json.Marshal(body)
	if err != nil {
		return nil, &Error{Code: ErrorCodeSerializeFailed, Message: "the body cannot be written as JSON", cause: err}
	}
	if _, written := body.(json.RawMessage); !utf8.Valid(content) || !written && bytes.Contains(content, replacementEscape) {
		if name, found := invalidText(content); found {
			return nil, invalidRequest(name + " holds text that is not valid UTF-8, which would be sent as something else")
		}
	}
	return content, nil
}

// replacementEscape is what package json writes for a byte that is not valid UTF-8. It writes the character U+FFFD itself
// without an escape.
var replacementEscape = []byte(`\ufffd`)

// invalidText returns the name of the body's property that holds text which is not valid UTF-8.
func invalidText(content []byte) (name string, found bool) {
	var properties map[string]json.RawMessage
	if err := json.Unmarshal(content, &properties); err != nil {
		return "the body", containsInvalidText(content)
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if containsInvalidText(properties[name]) {
			return name, true
		}
	}
	return "the name of a property", containsInvalidText(content)
}

func containsInvalidText(content []byte) bool {
	if !utf8.Valid(content) {
		return true
	}
	for {
		at := bytes.Index(content, replacementEscape)
		if at < 0 {
			return false
		}
		backslashes := at - len(bytes.TrimRight(content[:at], `\`))
		if backslashes%2 == 0 { // after an odd number of backslashes, this is a backslash and the text "ufffd"
			return true
		}
		content = content[at+len(replacementEscape):]
	}
}

// checkHeaderValue refuses a value that would change in a header and break the signature.
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

// checkPublicHeader is checkHeaderValue for a value that is printed with the client. It refuses secrets.
func checkPublicHeader(name, value string) error {
	if isSecret(value) {
		return invalidRequest(name + " is a secret: were two variables mixed up?")
	}
	return checkHeaderValue(name, value)
}

// isSecret reports whether the value has the prefix of a secret of Plugipay.
func isSecret(value string) bool {
	value = strings.ToLower(strings.TrimSpace(value))
	return strings.HasPrefix(value, "sk_") || strings.HasPrefix(value, "whsec_")
}

// withoutSecret returns the value, or a placeholder for a secret.
func withoutSecret(value string) string {
	if isSecret(value) {
		return "(a secret)"
	}
	return value
}

// checkToken refuses a value that is not one word of visible ASCII.
func checkToken(name, value string) error {
	if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return invalidRequest(name + " holds white space or a character that is not visible ASCII, as a value read from a file or copied from a page may")
	}
	return nil
}

// isToken reports whether the text is a token of RFC 9110, such as a method or the name of a header.
func isToken(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// checkMethod refuses a method that is not an HTTP method.
func checkMethod(method string) error {
	if method == "" {
		return invalidRequest("RequestOptions.Method is empty")
	}
	if strings.ContainsFunc(method, func(r rune) bool { return r < 'A' || r > 'Z' }) {
		return invalidRequest("RequestOptions.Method is not an HTTP method")
	}
	return nil
}

// checkPath refuses a path for Do that would not be sent unchanged. The message does not repeat the path, because its query may
// hold a customer's id.
func checkPath(path string) error {
	switch {
	case !strings.HasPrefix(path, "/"):
		return invalidRequest("RequestOptions.Path does not begin with a slash")
	case strings.ContainsFunc(path, func(r rune) bool { return r <= ' ' || r > '~' }):
		return invalidRequest("RequestOptions.Path holds white space or a character beyond ASCII, which must be escaped")
	case strings.ContainsAny(path, "#\"<>\\^`{|}"):
		at := strings.IndexAny(path, "#\"<>\\^`{|}")
		return invalidRequest(fmt.Sprintf("RequestOptions.Path holds %q, which must be escaped as %%%X", path[at], path[at]))
	}
	path, _, _ = strings.Cut(path, "?")
	if _, err := url.PathUnescape(path); err != nil {
		return invalidRequest("RequestOptions.Path holds a % that escapes nothing")
	}
	if hasDotSegment(path) {
		return invalidRequest("RequestOptions.Path holds a step . or .., which would address another resource")
	}
	return nil
}

// parseBaseURL returns the base URL without slashes at its end. No message repeats the URL, because it may be or hold a
// secret.
func parseBaseURL(opts ClientOptions) (*url.URL, error) {
	const name = "the base URL (ClientOptions.BaseURL or PLUGIPAY_BASE_URL) "
	if strings.ContainsFunc(opts.BaseURL, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, invalidRequest(name + "holds white space or a character beyond ASCII")
	}
	base, err := url.Parse(strings.TrimRight(opts.BaseURL, "/"))
	if err != nil {
		return nil, invalidRequest(name + "is not a valid URL")
	}
	plain := base.Scheme == "http" && !isLoopback(base.Hostname())
	switch {
	case base.Scheme != "https" && base.Scheme != "http", base.Hostname() == "":
		return nil, invalidRequest(name + "is not an absolute http or https URL")
	case base.User != nil:
		return nil, invalidRequest(name + "holds a user name: use KeyID and Secret")
	case base.RawQuery != "" || base.ForceQuery || base.Fragment != "":
		return nil, invalidRequest(name + "holds a query or a fragment")
	case hasDotSegment(base.EscapedPath()):
		return nil, invalidRequest(name + "holds a step . or .. in its path")
	case plain && !opts.AllowPlainHTTP:
		return nil, invalidRequest(name +
			"is plain http to another machine, which would show payments to the network: use https, or AllowPlainHTTP with a test key")
	case plain && !opts.hasTestKey():
		return nil, invalidRequest(name + "is plain http to another machine: AllowPlainHTTP is for test keys only")
	}
	base.Host = strings.TrimSuffix(base.Host, ":")
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
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
