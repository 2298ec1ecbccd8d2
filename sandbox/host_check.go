package sandbox

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/plugipay/plugipay-go/gen"
)

// The owner of another site can make a name of that site point to this machine (DNS rebinding). A page of that site could then
// read and pay sessions. So a request on the loopback interface must be for a name that only this machine has, or for an allowed
// name.

// checkHost refuses a request whose Host header does not name the sandbox.
func (s *Sandbox) checkHost(r *http.Request) error {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	isHTTP10 := r.Host == "" // not used by browsers
	if !ok || !local.IP.IsLoopback() || isHTTP10 || s.isOwnHost(r.Host) {
		return nil
	}
	return fail(gen.ErrorCodeInsufficientScope, hostRefusal(r.Host))
}

// hostRefusal is the error for a refused host. It names the host and the option that allows it.
func hostRefusal(host string) string {
	name := hostname(host)
	if len(name) > 100 {
		name = name[:100] + "…"
	}
	return "requests for the host " + strconv.Quote(name) + " are refused on the loopback interface; start the sandbox with " +
		"-allow-host " + strconv.Quote(name) + " or with AllowHosts if the name is yours"
}

// isOwnHost reports whether a Host header names the sandbox: this machine, the public URL, or an allowed name.
func (s *Sandbox) isOwnHost(hostPort string) bool {
	if isLoopbackHost(hostPort) {
		return true
	}
	name := hostname(hostPort)
	return slices.ContainsFunc(s.allowedHosts, func(allowed string) bool { return strings.EqualFold(allowed, name) })
}

// allowedHosts returns the allowed names of the options.
func (o Options) allowedHosts() []string {
	allowed := slices.Clone(o.AllowHosts)
	if u, err := url.Parse(o.PublicURL); err == nil && u.Hostname() != "" {
		allowed = append(allowed, u.Hostname())
	}
	return allowed
}

// isLoopbackHost reports whether a Host header names this machine in a way that no other site can claim. The client
// sends plain http to the same hosts.
func isLoopbackHost(hostPort string) bool {
	name := strings.ToLower(hostname(hostPort))
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	ip := net.ParseIP(name)
	return ip != nil && ip.IsLoopback()
}

// hostname returns a Host header without its port and without the brackets of an IPv6 address.
func hostname(hostPort string) string {
	if host, _, err := net.SplitHostPort(hostPort); err == nil {
		return host
	}
	return strings.TrimSuffix(strings.TrimPrefix(hostPort, "["), "]")
}

// refuseHost responds in the usual form of the path.
func (s *Sandbox) refuseHost(w http.ResponseWriter, r *http.Request, err error) {
	if isPage(r) {
		writeNotice(w, http.StatusForbidden, "This is not the sandbox's name", hostRefusal(r.Host))
		return
	}
	c := s.newCall(r)
	a := s.refusal(c, err)
	a.write(w, newResponseHeader(c, a))
}
