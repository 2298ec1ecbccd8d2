package sandbox

import (
	"slices"
	"time"
)

// ControlContract returns the contract of the control routes, in JSON.
func ControlContract() ([]byte, error) { return loadControlContract() }

// ControlRoutes returns the methods and the paths of the control routes, sorted.
func ControlRoutes() []string {
	routes := []string{"GET /_sandbox/openapi.json"}
	for pattern := range New(Options{}).controlRoutes() {
		if pattern != controlPrefix {
			routes = append(routes, pattern)
		}
	}
	slices.Sort(routes)
	return routes
}

// StartWithBodyTimeout is StartTest with another timeout for the body of a request.
func StartWithBodyTimeout(t TB, timeout time.Duration) *Server {
	server := StartTest(t, Options{})
	server.bodyTimeout = timeout
	return server
}
