package plugipay

import (
	"net/url"
	"runtime"
	"strings"
)

// Version is the version of this module, which requests name in their User-Agent. The suffix -dev means that it is not
// released yet.
const Version = "0.1.0-dev"

// AppInfo names the program that makes the requests, such as a shop's plugin, so that Plugipay knows whom to contact about
// its requests. It is sent only in the User-Agent, such as "plugipay-go/0.1.0-dev go/1.25.0
// MyPlugin/2.1 (https://example.com)". The zero value names nothing.
type AppInfo struct {
	// Name is one word, such as "MyPlugin": ASCII letters, digits and - . _ ~ + ! # $ % & ' * ^ | and backquotes.
	Name string
	// Version is one word of the same characters, such as "2.1". Empty means no version.
	Version string
	// URL is the absolute http or https URL of a page about the program, such as "https://example.com". Empty means no URL.
	URL string
}

// userAgent returns the User-Agent of a client's requests in the form of RFC 9110: the SDK, Go and the program, each with its
// version. It contains nothing about the machine.
func userAgent(app AppInfo) (string, error) {
	agent := "plugipay-go/" + Version + " go/" + goVersion()
	if app == (AppInfo{}) {
		return agent, nil
	}
	if err := app.check(); err != nil {
		return "", err
	}
	agent += " " + app.Name
	if app.Version != "" {
		agent += "/" + app.Version
	}
	if app.URL != "" {
		agent += " (" + app.URL + ")"
	}
	return agent, nil
}

// goVersion returns the version of Go without the additions of a build, which follow a space.
func goVersion() string {
	version, _, _ := strings.Cut(runtime.Version(), " ")
	return strings.TrimPrefix(version, "go")
}

// check refuses an AppInfo that would not arrive unchanged.
func (a AppInfo) check() error {
	switch {
	case a.Name == "":
		return invalidRequest("ClientOptions.AppInfo has no Name")
	case !isToken(a.Name):
		return invalidRequest("ClientOptions.AppInfo.Name is not one word of ASCII letters, digits, '-', '.' and '_'")
	case a.Version != "" && !isToken(a.Version):
		return invalidRequest("ClientOptions.AppInfo.Version is not one word of ASCII letters, digits, '-', '.' and '_'")
	case a.URL != "" && !isPublicURL(a.URL):
		// The message does not repeat the URL, because it may contain a password.
		return invalidRequest("ClientOptions.AppInfo.URL is not an absolute http or https URL, or holds a user name, a space or one of ( ) \\")
	}
	return nil
}

// isPublicURL reports whether text is a URL without a user name that can be sent in a comment of RFC 9110.
func isPublicURL(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && (parsed.Scheme == "https" || parsed.Scheme == "http") && parsed.Hostname() != "" && parsed.User == nil &&
		!strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`()\`, r) })
}
