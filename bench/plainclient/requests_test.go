package plainclient_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"testing"

	"github.com/plugipay/plugipay-go/bench/plainclient"
	"github.com/plugipay/plugipay-go/gen"
)

// FuzzRequests: gen/client.tmpl builds the requests that the generator's own template builds, whatever is in them.
func FuzzRequests(f *testing.F) {
	for _, text := range []string{
		"cs_01J8ZQ6A4R0S2T4V6X8Z0B2D4F", "a b", "a/b", "a%2Fb", "?x=1&y#z", "é世", "a;b,c:d@e=f+g$h", "-_.~!*'()", "\x00\xff", "{id}", "}", "%",
	} {
		f.Add(text, text, 50)
	}
	f.Fuzz(func(t *testing.T, id, text string, limit int) {
		if id == "" || id == "." || id == ".." {
			return // steps in a path, which plugipay refuses
		}
		for _, server := range []string{"https://plugipay.com/", "http://127.0.0.1:8080/gateway/eu%2Fid/"} {
			ours, oursErr := gen.NewGetCheckoutSessionRequest(server, id, nil)
			plain, plainErr := plainclient.NewGetCheckoutSessionRequest(server, id, nil)
			wantSame(t, ours, plain, oursErr, plainErr)

			ours, oursErr = gen.NewConfirmCheckoutSessionRequest(server, id, &gen.ConfirmCheckoutSessionParams{
				IdempotencyKey: &text, XPlugipayOnBehalfOf: &text}, gen.EmptyObject{})
			plain, plainErr = plainclient.NewConfirmCheckoutSessionRequest(server, id, &plainclient.ConfirmCheckoutSessionParams{
				IdempotencyKey: &text, XPlugipayOnBehalfOf: &text}, plainclient.EmptyObject{})
			wantSame(t, ours, plain, oursErr, plainErr)

			ours, oursErr = gen.NewListCheckoutSessionsRequest(server, &gen.ListCheckoutSessionsParams{
				Limit: &limit, Status: &text, CustomerID: &id, Cursor: &text, CreatedAfter: &id, CreatedBefore: &text, Order: &id})
			plain, plainErr = plainclient.NewListCheckoutSessionsRequest(server, &plainclient.ListCheckoutSessionsParams{
				Limit: &limit, Status: &text, CustomerId: &id, Cursor: &text, CreatedAfter: &id, CreatedBefore: &text, Order: &id})
			wantSame(t, ours, plain, oursErr, plainErr)
		}
	})
}

func wantSame(t *testing.T, ours, plain *http.Request, oursErr, plainErr error) {
	t.Helper()
	if plainErr != nil || oursErr != nil {
		if (plainErr == nil) != (oursErr == nil) {
			t.Fatalf("the errors are %v and %v", oursErr, plainErr)
		}
		return
	}
	if got, want := describe(t, ours), describe(t, plain); got != want {
		t.Fatalf("the requests are\n%s and\n%s", got, want)
	}
	if !reflect.DeepEqual(ours.Header, plain.Header) {
		t.Fatalf("the headers are %q and %q", ours.Header, plain.Header)
	}
}

// describe tells what of a request is sent, less the header.
func describe(t *testing.T, r *http.Request) string {
	t.Helper()
	body := []byte("none")
	if r.Body != nil {
		content, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		body = bytes.TrimSpace(content)
	}
	return fmt.Sprintf("%s %s %s %s %s %s %d %t %s", r.Proto, r.Method, r.URL, r.URL.RequestURI(), r.URL.Path, r.Host, r.ContentLength, r.GetBody != nil, body)
}
