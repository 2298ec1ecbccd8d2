package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/sandbox"
)

func TestResponse_IsCheckedAgainstTheContract(t *testing.T) {
	t.Parallel()
	box := sandbox.New(sandbox.Options{})
	const (
		meta     = `"meta":{"requestId":"req_1","timestamp":"2026-09-21T14:13:20.123Z"}`
		page     = `{"data":[],"error":null,` + meta + `}`
		notFound = `{"data":null,"error":{"code":"not_found","message":"no"},` + meta + `}`
	)
	const metaless = `{"data":[],"error":null}`
	zoneless := strings.Replace(page, "123Z", "123", 1)
	tests := map[string]struct {
		path, body string
		status     int
		breach     string // the end of the error; empty: no error
	}{
		"a page":                            {sessionsPath, page, 200, ""},
		"an error":                          {sessionsPath + "/cs_1", notFound, 404, ""},
		"an error for an unknown operation": {"/", notFound, 404, ""},
		"undocumented status":               {sessionsPath, notFound, 418, "status is not documented"},
		"body of another kind":              {sessionsPath, notFound, 200, "data must be a list"},
		"missing property":                  {sessionsPath, metaless, 200, "meta is required"},
		"time without its zone": {
			sessionsPath, zoneless, 200, "meta.timestamp must be an ISO 8601 time such as 2026-09-01T00:00:00Z",
		},
		"not JSON":                               {sessionsPath, "oops", 200, "the body is not JSON"},
		"not JSON, for an unknown operation":     {"/", "oops", 404, "the body is not JSON"},
		"not an error, for an unknown operation": {"/", page, 404, "data must be null"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := sandbox.CheckResponse(box, http.MethodGet, tt.path, tt.status, tt.body)
			switch {
			case tt.breach == "" && err != nil:
				t.Errorf("error = %v, want nil", err)
			case tt.breach != "" && (err == nil || !strings.HasSuffix(err.Error(), tt.breach)):
				t.Errorf("error = %v, want one that ends with %q", err, tt.breach)
			}
		})
	}
}
