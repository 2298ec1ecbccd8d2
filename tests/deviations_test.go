package tests

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/sandbox"
)

// deviation is one breach of the contract by a server, and the contract test that finds it.
type deviation struct {
	name, finds string
	// request changes a request before the sandbox sees it.
	request func(r *http.Request)
	// response changes a response and its body before the client sees it.
	response func(resp *http.Response, body []byte) []byte
}

// deviations lists the breaches that the contract tests must find.
var deviations = []deviation{
	inSession("an amount as text", "Create", func(s object) { s["amount"] = "19900000" }),
	inSession("methods as text", "Create", func(s object) { s["methods"] = "qris" }),
	inSession("metadata as numbers", "Create", func(s object) { s["metadata"] = object{"order_id": 42} }),
	inSession("an unknown currency", "Create", func(s object) { s["currency"] = "RUPIAH" }),
	inSession("no creation time", "Create", func(s object) { delete(s, "createdAt") }),
	inSession("no currency", "Create", func(s object) { delete(s, "currency") }),
	inSession("an id that is null", "Create", func(s object) { s["id"] = nil }),
	inSession("a status that is null", "Create", func(s object) { s["status"] = nil }),
	inSession("an invalid time", "Create", func(s object) { s["expiresAt"] = "tomorrow" }),
	inSession("a relative hosted URL", "Create", func(s object) { s["hostedUrl"] = "/c/" + s["id"].(string) }),
	inSession("another amount", "Create", func(s object) { s["amount"] = 1 }),
	inSession("another status", "Create", func(s object) { s["status"] = "completed" }),
	inSession("lost metadata", "Create", func(s object) { s["metadata"] = object{} }),
	inSession("a wrong expiry", "CreateWithEveryField", func(s object) { s["expiresAt"] = s["createdAt"] }),
	inEnvelope("an error in a success", "Create", func(e object) { e["error"] = object{"code": "conflict", "message": "no"} }),
	inEnvelope("no meta", "Create", func(e object) { delete(e, "meta") }),
	inEnvelope("a request id that is null", "Create", func(e object) { e["meta"].(object)["requestId"] = nil }),
	inEnvelope("no data", "Create", func(e object) { e["data"] = nil }),
	inResponse("an undocumented status", "Create", func(resp *http.Response) { resp.StatusCode = 202 }),
	inResponse("the status of another operation", "Create", func(resp *http.Response) { resp.StatusCode = 200 }),
	inResponse("the content type text/plain", "Create", func(resp *http.Response) { resp.Header.Set("Content-Type", "text/plain") }),
	inResponse("a header that is not a number", "Create", func(resp *http.Response) {
		resp.Header.Set("X-RateLimit-Remaining", "many")
	}),
	{name: "HTML", finds: "Create", response: func(resp *http.Response, _ []byte) []byte {
		resp.Header.Set("Content-Type", "text/html")
		return []byte("<html><body>Welcome</body></html>")
	}},
	{name: "a truncated body", finds: "Create", response: func(_ *http.Response, body []byte) []byte { return body[:len(body)/2] }},
	{name: "an empty body", finds: "Create", response: func(*http.Response, []byte) []byte { return nil }},
	inError("no code", "Get", 404, func(e object) { delete(e, "code") }),
	inError("another code", "Get", 404, func(e object) { e["code"] = "internal_error" }),
	inError("no field", "ValidationErrorsNameTheField", 400, func(e object) { delete(e, "field"); delete(e, "param") }),
	ignores("status", "ListObeysEachFilter"),
	ignores("customerId", "ListWithEveryFilter|ListObeysEachFilter"),
	ignores("createdAfter", "ListObeysEachFilter"),
	ignores("createdBefore", "ListObeysEachFilter"),
	ignores("order", "ListObeysTheOrder"),
	ignores("limit", "ListPagesThroughEverySession"),
	ignores("cursor", "ListPagesThroughEverySession"),
	inEnvelope("a wrong order", "ListObeysTheOrder", func(e object) {
		if list, ok := e["data"].([]any); ok {
			slices.Reverse(list)
		}
	}),
	inEnvelope("a page of 150", "ListPagesThroughEverySession", func(e object) {
		if list, ok := e["data"].([]any); ok && len(list) > 0 {
			e["data"] = slices.Repeat(list, 150)[:150]
		}
	}),
	inEnvelope("no next page", "ListPagesThroughEverySession", func(e object) {
		meta := e["meta"].(object)
		meta["hasMore"], meta["cursor"] = false, nil
		delete(meta, "page")
	}),
	{name: "a confirm that fails", finds: "Confirm", response: func(resp *http.Response, body []byte) []byte {
		if !strings.HasSuffix(resp.Request.URL.Path, "/confirm") {
			return body
		}
		resp.StatusCode = http.StatusInternalServerError
		return []byte(`{"data":null,"error":{"code":"internal_error","message":"failed"},` +
			`"meta":{"requestId":"req_01J8ZQ8C6T2V4X6Z8B0D2F4H6J","timestamp":"2026-09-21T14:13:20.123Z"}}`)
	}},
	inSession("a cancel that does nothing", "Cancel", func(s object) { s["status"] = "open" }),
	{name: "an idempotency key that is ignored", finds: "SameKeyMakesOneSession", request: func(r *http.Request) {
		if r.Header.Get("Idempotency-Key") != "" {
			signAsProxy(r)
			r.Header.Set("Idempotency-Key", "key_"+rand.Text())
		}
	}},
}

type object = map[string]any

// proxyKey is a dashboard key. The proxy sends changed requests with it because their signatures are no longer valid.
const proxyKey = "pk_test_of_the_proxy"

func signAsProxy(r *http.Request) { r.Header.Set("Authorization", "Bearer "+proxyKey) }

// ignores removes a query parameter from requests.
func ignores(parameter, finds string) deviation {
	return deviation{name: parameter + " ignored", finds: finds, request: func(r *http.Request) {
		if query := r.URL.Query(); query.Has(parameter) {
			query.Del(parameter)
			r.URL.RawQuery = query.Encode()
			signAsProxy(r)
		}
	}}
}

// inResponse changes successful responses.
func inResponse(name, finds string, change func(*http.Response)) deviation {
	return deviation{name: name, finds: finds, response: func(resp *http.Response, body []byte) []byte {
		if resp.StatusCode < 300 {
			change(resp)
		}
		return body
	}}
}

// inEnvelope changes the envelopes of successful responses.
func inEnvelope(name, finds string, change func(object)) deviation {
	return deviation{name: name, finds: finds, response: func(resp *http.Response, body []byte) []byte {
		if resp.StatusCode >= 300 {
			return body
		}
		return changeJSON(body, change)
	}}
}

// inSession changes the sessions in successful responses.
func inSession(name, finds string, change func(object)) deviation {
	return inEnvelope(name, finds, func(envelope object) {
		if session, ok := envelope["data"].(object); ok {
			change(session)
		}
	})
}

// inError changes the errors in responses with this status.
func inError(name, finds string, status int, change func(object)) deviation {
	return deviation{name: name, finds: finds, response: func(resp *http.Response, body []byte) []byte {
		if resp.StatusCode != status {
			return body
		}
		return changeJSON(body, func(envelope object) { change(envelope["error"].(object)) })
	}}
}

func changeJSON(body []byte, change func(object)) []byte {
	var content object
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if decoder.Decode(&content) != nil {
		return body
	}
	change(content)
	changed, err := json.Marshal(content)
	if err != nil {
		return body
	}
	return changed
}

// proxy starts a sandbox with the deviation and returns its URL.
func (d deviation) proxy(t *testing.T) string {
	t.Helper()
	box := sandbox.StartTest(t, sandbox.Options{Workspaces: []sandbox.Workspace{{
		Keys: []sandbox.Key{{ID: sandbox.TestKeyID, Secret: sandbox.TestSecret}, {ID: proxyKey}},
	}}})
	target, err := url.Parse(box.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	server := httptest.NewServer(&httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			if d.request != nil {
				d.request(r.Out)
			}
		},
		ModifyResponse: func(resp *http.Response) error {
			if d.response == nil {
				return nil
			}
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				return err
			}
			body = d.response(resp, body)
			resp.Body = io.NopCloser(bytes.NewReader(body))
			resp.Header.Del("Content-Length")
			return nil
		},
	})
	t.Cleanup(server.Close)
	return server.URL
}

// runContract runs contract tests against a server in a separate process. It returns their output.
func runContract(t *testing.T, baseURL, tests string) (string, error) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-test.run=^TestContract("+tests+")$", "-test.v")
	cmd.Env = append(os.Environ(),
		"PLUGIPAY_CONTRACT_BASE_URL="+baseURL, "PLUGIPAY_KEY_ID="+sandbox.TestKeyID, "PLUGIPAY_SECRET="+sandbox.TestSecret)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestDeviations_AreFound runs the contract tests with each deviation and without one. They must fail with each deviation
// and pass without one.
func TestDeviations_AreFound(t *testing.T) {
	t.Parallel()
	if os.Getenv("PLUGIPAY_CONTRACT_BASE_URL") != "" {
		t.Skip("the deviations need a sandbox")
	}
	if len(deviations) < 30 {
		t.Errorf("there are %d deviations, want at least 30", len(deviations))
	}
	for _, d := range deviations {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			out, err := runContract(t, d.proxy(t), d.finds)
			if err == nil || !strings.Contains(out, "--- FAIL: TestContract") {
				t.Errorf("the contract tests do not find the deviation: %v\n%s", err, out)
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		out, err := runContract(t, deviation{}.proxy(t), ".*")
		if err != nil || strings.Contains(out, "no tests to run") || strings.Contains(out, "SKIP") {
			t.Errorf("the contract tests fail or skip without a deviation: %v\n%s", err, out)
		}
	})
}
