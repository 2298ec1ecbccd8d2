package gen

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// The generated code builds its requests with these.

// parseServer reads the URL of a server. Slashes at its end are dropped, as each path begins with one, and so is an empty
// port.
func parseServer(server string) (*url.URL, error) {
	parsed, err := url.Parse(strings.TrimRight(server, "/"))
	if err != nil {
		return nil, err
	}
	parsed.Host = strings.TrimSuffix(parsed.Host, ":")
	return parsed, nil
}

// parsedServer is a server and its URL.
type parsedServer struct {
	server string
	url    *url.URL
}

// serverURL returns the client's Server as a URL. It is parsed at the first call, and when it has changed.
func (c *Client) serverURL() (*url.URL, error) {
	if last := c.parsed.Load(); last != nil && last.server == c.Server {
		return last.url, nil
	}
	parsed, err := parseServer(c.Server)
	if err != nil {
		return nil, err
	}
	c.parsed.Store(&parsedServer{c.Server, parsed})
	return parsed, nil
}

// fillPath puts the values, which are escaped, into a path of the contract, such as /api/v1/checkout-sessions/{id}.
func fillPath(path string, values ...string) string {
	var filled strings.Builder
	filled.Grow(len(path) + len(strings.Join(values, "")))
	for _, value := range values {
		before, rest, _ := strings.Cut(path, "{")
		_, path, _ = strings.Cut(rest, "}")
		filled.WriteString(before)
		filled.WriteString(value)
	}
	filled.WriteString(path)
	return filled.String()
}

// newRequest returns a request to a path of the server. Path and query are escaped, as they are sent.
func newRequest(ctx context.Context, method string, server *url.URL, path, query string, body io.Reader) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, "", body) // and no URL, so that none is parsed for each request
	if err != nil {
		return nil, err
	}
	unescaped := path
	if strings.Contains(path, "%") {
		if unescaped, err = url.PathUnescape(path); err != nil {
			return nil, err
		}
	}
	*req.URL = *server
	req.URL.Path += unescaped
	if server.RawPath != "" || unescaped != path {
		req.URL.RawPath = server.EscapedPath() + path
	}
	req.URL.RawQuery = query
	req.Host = server.Host
	return req, nil
}
