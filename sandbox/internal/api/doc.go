// Package api is the sandbox's server, as far as it follows from openapi.yaml: routes, decoding of requests, encoding of
// responses. It is generated, all but this comment.
package api
