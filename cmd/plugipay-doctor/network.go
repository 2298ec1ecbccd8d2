package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// goodOffset is the largest difference of the clocks that is reported as good. Plugipay refuses a difference of 300 seconds.
const goodOffset = 30 * time.Second

// probe is a response to a request without credentials.
type probe struct {
	status int
	tls    *tls.ConnectionState
	date   time.Time // zero without a Date header
	clock  time.Time // this machine's, when the response arrived
}

// knock sends a request without credentials. The error is the reason why Plugipay cannot be reached.
func knock(ctx context.Context, base string) (probe, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/api/v1/checkout-sessions?limit=1", nil)
	if err != nil {
		return probe{}, err
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) { // without the URL, which the report shows already
			err = wrapped.Err
		}
		return probe{}, err
	}
	defer func() { _ = response.Body.Close() }()
	p := probe{status: response.StatusCode, tls: response.TLS, clock: time.Now()}
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20))
	p.date, _ = http.ParseTime(response.Header.Get("Date"))
	return p, nil
}

// checkHost looks the host up.
func checkHost(ctx context.Context, base string) finding {
	host := hostOf(base)
	if net.ParseIP(host) != nil {
		return isAsExpected("%s is an address", host)
	}
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		return isUnknown("check PLUGIPAY_BASE_URL and the DNS of this machine; behind a proxy this may be right", "%s was not found: %v", host, err)
	}
	return isAsExpected("%s has %d addresses", host, len(addresses))
}

func hostOf(base string) string {
	parsed, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return parsed.Hostname()
}

// checkProxy reports whether requests go through a proxy.
func checkProxy(base string) finding {
	request, err := http.NewRequest(http.MethodGet, base, nil)
	if err != nil {
		return isUnknown("", "%v", err)
	}
	proxy, err := http.ProxyFromEnvironment(request)
	switch {
	case err != nil:
		return isDifferent("correct HTTPS_PROXY, HTTP_PROXY and NO_PROXY", "the proxy in the environment is not valid")
	case proxy == nil:
		return isAsExpected("no proxy in the environment")
	}
	return isAsExpected("requests go through the proxy %s", proxy.Host)
}

// throughProxy returns a note about the proxy of the requests, or "".
func throughProxy(base string) string {
	request, err := http.NewRequest(http.MethodGet, base, nil)
	if err != nil {
		return ""
	}
	if proxy, err := http.ProxyFromEnvironment(request); err == nil && proxy != nil {
		return " through the proxy " + proxy.Host
	}
	return ""
}

// checkTLS reports the protection of the connection.
func checkTLS(base string, p probe) finding {
	if host := hostOf(base); p.tls == nil && (host == "localhost" || net.ParseIP(host).IsLoopback()) {
		return isAsExpected("plain http on this machine")
	}
	if p.tls == nil {
		return isUnknown("use https for anything but a sandbox", "plain http")
	}
	left := p.tls.PeerCertificates[0].NotAfter.Sub(p.clock)
	return isAsExpected("%s, the certificate is valid for %d more days", tls.VersionName(p.tls.Version), int(left.Hours()/24))
}

// checkClock compares the clocks. The Date header has no fractions of a second.
func checkClock(p probe) finding {
	if p.date.IsZero() {
		return isUnknown("", "the response has no Date header")
	}
	offset := p.clock.Sub(p.date).Round(time.Second)
	if offset.Abs() > goodOffset {
		return isDifferent("set the clock of this machine, by NTP: Plugipay refuses signatures that are 300 seconds off",
			"this clock is %s off Plugipay's", offset)
	}
	return isAsExpected("this clock is within %d seconds of Plugipay's", int(max(offset.Abs(), time.Second).Seconds()))
}

// checkUnsigned expects that a request without credentials is refused.
func checkUnsigned(p probe) finding {
	if p.status == http.StatusUnauthorized {
		return isAsExpected("a request without credentials gets 401")
	}
	return isDifferent("check PLUGIPAY_BASE_URL: something else responds, or the API is open to anyone",
		"a request without credentials gets %d, not 401", p.status)
}

// advice returns the advice about an error of the client.
func advice(err error) string {
	switch {
	case errors.Is(err, plugipay.ErrInvalidSignature):
		return "check PLUGIPAY_SECRET: it is not the secret of PLUGIPAY_KEY_ID"
	case errors.Is(err, plugipay.ErrInvalidKey):
		return "check PLUGIPAY_KEY_ID or PLUGIPAY_API_KEY: Plugipay does not know the key"
	case errors.Is(err, plugipay.ErrInvalidTimestamp), errors.Is(err, plugipay.ErrTimestampSkew):
		return "set the clock of this machine"
	case errors.Is(err, plugipay.ErrInsufficientScope):
		return "give the key the scope plugipay:checkout:write in the dashboard"
	case errors.Is(err, plugipay.ErrAdapterNotConfigured):
		return "set up a payment provider for QRIS or virtual accounts in the dashboard"
	case errors.Is(err, plugipay.ErrNetwork), errors.Is(err, plugipay.ErrTimeout):
		return "check the network, and a proxy or firewall in between"
	}
	return "attach the report of -json to an issue"
}
