package plugipay_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// clientWith returns a client that sends its requests with the round tripper.
func clientWith(t *testing.T, send roundTripper) *plugipay.Client {
	t.Helper()
	client, err := plugipay.NewClient(plugipay.ClientOptions{
		KeyID: testKeyID, Secret: testSecret, BaseURL: "https://plugipay.com", HTTP: &http.Client{Transport: send},
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestHTTPOption_JarKeepsCookies(t *testing.T) {
	t.Parallel()
	s := serving(t, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "route", Value: "a"})
		writeSession(w, r)
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := s.client(t, func(o *plugipay.ClientOptions) { o.HTTP = &http.Client{Jar: jar} })
	getOnce(t, client)
	getOnce(t, client)
	if got := s.requests[1].header["Cookie"]; !slices.Equal(got, []string{"route=a"}) {
		t.Errorf("the second request's cookies are %q", got)
	}
}

// pickyJar fails if it is called without cookies. An http.Client never calls a jar without cookies.
type pickyJar struct{ t *testing.T }

func (pickyJar) Cookies(*url.URL) []*http.Cookie { return nil }

func (j pickyJar) SetCookies(_ *url.URL, cookies []*http.Cookie) {
	if len(cookies) == 0 {
		j.t.Error("SetCookies was called without cookies")
	}
}

func TestHTTPOption_JarIsNotCalledWithoutCookies(t *testing.T) {
	t.Parallel()
	s := serving(t, writeSession)
	getOnce(t, s.client(t, func(o *plugipay.ClientOptions) { o.HTTP = &http.Client{Jar: pickyJar{t}} }))
}

func TestHTTPOption_NilResponseIsANetworkError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := clientWith(t, func(*http.Request) (*http.Response, error) { return nil, nil })
		_, err := client.CheckoutSessions.Get(t.Context(), "cs_01HX")
		if pe := wantError(t, err, 0, "network_error"); pe.Unwrap() == nil {
			t.Error("the error has no cause")
		}
	})
}

func TestHTTPOption_NilBodyIsEmpty(t *testing.T) {
	t.Parallel()
	client := clientWith(t, func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}}, nil
	})
	if err := client.Do(t.Context(), plugipay.RequestOptions{Method: "DELETE", Path: "/api/v1/x"}, nil); err != nil {
		t.Error(err)
	}
}

// TestHTTPOption_ChangesDoNotReachTheNextAttempt covers round trippers that change requests, although they should not.
func TestHTTPOption_ChangesDoNotReachTheNextAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var targets, bodies []string
		client := clientWith(t, func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			targets, bodies = append(targets, r.URL.String()), append(bodies, string(body))
			if got := r.Header["X-Extra"]; got != nil {
				t.Errorf("the request has X-Extra %q of an earlier attempt", got)
			}
			if got := r.Header["Idempotency-Key"]; len(got) != 1 {
				t.Errorf("the request has the keys %q, want one key", got)
			}
			r.Header.Add("X-Extra", "1")
			r.Header.Add("Idempotency-Key", "another")
			r.URL.Path = "/gateway" + r.URL.Path
			if len(targets) < 3 {
				return response(503, ""), nil
			}
			return response(200, sessionBody), nil
		})
		if _, err := client.CheckoutSessions.Create(t.Context(), validInput()); err != nil {
			t.Fatal(err)
		}
		if len(targets) != 3 || targets[0] != targets[1] || targets[0] != targets[2] {
			t.Errorf("the requests went to %q, want three requests to one URL", targets)
		}
		if bodies[0] == "" || bodies[0] != bodies[1] || bodies[0] != bodies[2] {
			t.Errorf("the bodies were %q, want the same body each time", bodies)
		}
	})
}

// slowBody is the body of a response in two parts. The second part arrives when all other responses have begun.
func slowBody(first, second string, begun *sync.WaitGroup) io.ReadCloser {
	return io.NopCloser(io.MultiReader(strings.NewReader(first), readerFunc(func([]byte) (int, error) {
		begun.Done()
		begun.Wait()
		return 0, io.EOF
	}), strings.NewReader(second)))
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestResponse_ConcurrentCallsDoNotMix checks that no two calls use the same pooled buffer at once.
func TestResponse_ConcurrentCallsDoNotMix(t *testing.T) {
	t.Parallel()
	const atOnce = 8
	var begun sync.WaitGroup
	client := clientWith(t, func(r *http.Request) (*http.Response, error) {
		resp := response(200, "")
		before, after, _ := strings.Cut(sessionBody, "cs_01HX")
		resp.Body = slowBody(before+path.Base(r.URL.Path), after, &begun)
		return resp, nil
	})
	get := func(id string) {
		session, err := client.CheckoutSessions.Get(t.Context(), id)
		if err != nil || session.ID != id || session.HostedURL != "https://plugipay.com/c/cs_01HX" {
			t.Errorf("Get of %s returned %+v, error %v", id, session, err)
		}
	}
	for round := range 20 {
		begun.Add(1)
		get("cs_alone")
		begun.Add(atOnce)
		var calls sync.WaitGroup
		for i := range atOnce {
			calls.Go(func() { get(fmt.Sprintf("cs_%d_%d", round, i)) })
		}
		calls.Wait()
	}
}

func TestHTTPOption_HeaderValuesAreSeparate(t *testing.T) {
	t.Parallel()
	client := clientWith(t, func(r *http.Request) (*http.Response, error) {
		before := r.Header.Clone()
		for name := range before {
			r.Header.Add(name, "added")
		}
		for name, values := range r.Header {
			if want := append(before[name], "added"); !slices.Equal(values, want) {
				t.Errorf("%s is %q, want %q", name, values, want)
			}
		}
		return response(200, sessionBody), nil
	})
	if _, err := client.ForMerchant("acc_01").CheckoutSessions.Create(t.Context(), validInput()); err != nil {
		t.Fatal(err)
	}
}

// failedDial is an error that converts to a failed dial with errors.As.
type failedDial struct{}

func (failedDial) Error() string { return "no connection" }
func (failedDial) As(target any) bool {
	dial, ok := target.(**net.OpError)
	if ok {
		*dial = &net.OpError{Op: "dial", Err: errors.New("refused")}
	}
	return ok
}

// TestRetry_DialErrorIsFoundInAnyWrapper checks when a write without a key is retried.
func TestRetry_DialErrorIsFoundInAnyWrapper(t *testing.T) {
	t.Parallel()
	dial := &net.OpError{Op: "dial", Err: errors.New("refused")}
	for name, c := range map[string]struct {
		err      error
		attempts int
	}{
		"a dial error":                    {dial, 3},
		"a wrapped dial error":            {fmt.Errorf("sending: %w", dial), 3},
		"a joined dial error":             {errors.Join(errors.New("first"), fmt.Errorf("second: %w", dial)), 1},
		"a dial within another operation": {&net.OpError{Op: "read", Err: dial}, 3},
		"an error with an As method":      {fmt.Errorf("sending: %w", failedDial{}), 3},
		"another operation":               {&net.OpError{Op: "read", Err: errors.New("reset")}, 1},
		"joined errors without a dial":    {errors.Join(errors.New("first"), errors.New("second")), 1},
		"an error without a cause":        {errors.New("dial tcp: refused"), 1},
		"a wrapper of nil":                {fmt.Errorf("sending: %w", error(nil)), 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sent := 0
				client := clientWith(t, func(*http.Request) (*http.Response, error) {
					sent++
					return nil, c.err
				})
				err := client.Do(t.Context(), plugipay.RequestOptions{Method: "POST", Path: "/api/v1/x", Body: struct{}{}}, nil)
				if wantError(t, err, 0, "network_error"); sent != c.attempts {
					t.Errorf("%d attempts, want %d", sent, c.attempts)
				}
			})
		})
	}
}

// watchedContext counts the functions that wait for its end. Its custom Done makes package context call AfterFunc.
type watchedContext struct {
	context.Context
	done    chan struct{}
	waiting atomic.Int64
}

func (c *watchedContext) Done() <-chan struct{} { return c.done }

func (c *watchedContext) AfterFunc(func()) (stop func() bool) {
	c.waiting.Add(1)
	return func() bool {
		c.waiting.Add(-1)
		return true
	}
}

func TestContext_HoldsNothingAfterACall(t *testing.T) {
	t.Parallel()
	for _, timeout := range []time.Duration{0, -1} {
		client, err := plugipay.NewClient(plugipay.ClientOptions{
			KeyID: testKeyID, Secret: testSecret, Timeout: timeout,
			HTTP: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) { return response(204, ""), nil })},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx := &watchedContext{Context: t.Context(), done: make(chan struct{})}
		for name, opts := range writes() {
			if err := client.Do(ctx, opts, nil); err != nil {
				t.Fatal(err)
			}
			if n := ctx.waiting.Load(); n != 0 {
				t.Errorf("timeout %s, %s: %d functions still wait for the context, want 0", timeout, name, n)
			}
		}
	}
}
