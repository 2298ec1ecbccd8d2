package sandbox_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
	"github.com/plugipay/plugipay-go/sandbox/internal/delivery"
)

// attempt is one attempt of a delivery that a scripted receiver got.
type attempt struct {
	at        time.Duration // since the receiver was made
	signedAt  string
	body      string
	sessionID string
}

// script is a receiver without a network, for the virtual time of a synctest bubble. respond returns the status of the
// response. If the status is zero, there is no response.
type script struct {
	t       *testing.T
	begin   time.Time
	respond func(a attempt) int

	mu       sync.Mutex
	attempts []attempt
	open     int // attempts without a response yet
	mostOpen int
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	a, err := s.receive(r)
	if err != nil {
		return nil, err
	}
	defer s.count(-1)
	status := s.respond(a)
	if status == 0 {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	w := httptest.NewRecorder()
	w.Header().Set("Location", "/elsewhere")
	w.WriteHeader(status)
	if status == http.StatusTeapot {
		_, _ = w.WriteString("no tea\ntoday")
	}
	return w.Result(), nil
}

func (s *script) receive(r *http.Request) (attempt, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return attempt{}, err
	}
	signature := r.Header.Get("X-Plugipay-Signature")
	event, err := plugipay.VerifyWebhook(body, signature, endpointSecret, nil)
	if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
		s.t.Errorf("the delivery is a %s request with Content-Type %q: %v", r.Method, r.Header.Get("Content-Type"), err)
		return attempt{}, errors.New("refused")
	}
	about, err := event.CheckoutSession()
	if err != nil {
		return attempt{}, err
	}
	a := attempt{at: time.Since(s.begin), body: string(body), sessionID: about.ID}
	a.signedAt, _, _ = strings.Cut(signature, ",")
	s.mu.Lock()
	s.attempts = append(s.attempts, a)
	s.mu.Unlock()
	s.count(1)
	return a, nil
}

func (s *script) count(change int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open += change
	s.mostOpen = max(s.mostOpen, s.open)
}

// atOnce returns the number of open attempts, and the highest number so far.
func (s *script) atOnce() (now, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open, s.mostOpen
}

func (s *script) all() []attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.attempts)
}

// inBubble runs a test in virtual time, with a sandbox whose events go to a scripted receiver.
func inBubble(t *testing.T, respond func(attempt) int, run func(t *testing.T, box *sandbox.Sandbox, c client, s *script)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		opts := failOnBreach(t)
		opts.Endpoints = []sandbox.Endpoint{{URL: "http://user:hunter2@receiver.example/hook", Secret: endpointSecret}}
		opts.DeliverySchedule = seconds(1, 2, 4, 8, 16, 32, 60)
		opts.DeliveryAttempts = 10
		box := sandbox.New(opts)
		s := &script{t: t, begin: time.Now(), respond: respond}
		sandbox.SetDeliveryTransport(box, s)
		run(t, box, directClient(t, box), s)
		must(t, box.Close())
	})
}

func seconds(n ...int) []time.Duration {
	all := make([]time.Duration, 0, len(n))
	for _, s := range n {
		all = append(all, time.Duration(s)*time.Second)
	}
	return all
}

func always(status int) func(attempt) int { return func(attempt) int { return status } }

func TestDeliveries_RetryWithBackoffUntilA2xx(t *testing.T) {
	t.Parallel()
	failing := func(times, status int) func(int) int {
		return func(n int) int {
			if n <= times {
				return status
			}
			return http.StatusAccepted
		}
	}
	tests := map[string]struct {
		respond   func(n int) int
		want      []time.Duration
		delivered bool
		lastErr   string
	}{
		"a success":        {failing(0, 0), seconds(0), true, ""},
		"an error once":    {failing(1, 500), seconds(0, 1), true, ""},
		"a 4xx is retried": {failing(2, 410), seconds(0, 1, 3), true, ""},
		"a redirect is not followed": {
			failing(3, 307), seconds(0, 1, 3, 7), true, "",
		},
		"no response within 10 seconds": {failing(2, 0), seconds(0, 11, 23), true, ""},
		"failed after ten attempts": {
			failing(99, 503), seconds(0, 1, 3, 7, 15, 31, 63, 123, 183, 243), false, "the response was 503, not a 2xx",
		},
		"failed without any response": {
			failing(99, 0), seconds(0, 11, 23, 37, 55, 81, 123, 193, 263, 333), false, "no response within 10s",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 0 // no lock, because the attempts of one session do not overlap
			respond := func(attempt) int { n++; return tt.respond(n) }
			inBubble(t, respond, func(t *testing.T, box *sandbox.Sandbox, c client, s *script) {
				must(t, box.Pay(c.create().ID, plugipay.CheckoutMethodCard))
				time.Sleep(time.Hour)
				synctest.Wait()
				got := s.all()
				var at []time.Duration
				signed := map[string]bool{}
				for _, a := range got {
					at = append(at, a.at)
					signed[a.signedAt] = true
					if a.body != got[0].body {
						t.Errorf("the body changed between attempts")
					}
				}
				if !slices.Equal(at, tt.want) {
					t.Errorf("attempts at %v, want %v", at, tt.want)
				}
				if len(signed) != len(got) {
					t.Errorf("%d attempts have %d timestamps", len(got), len(signed))
				}
				record := sandbox.Deliveries(box)[0]
				last := record.Attempts[len(record.Attempts)-1]
				if (record.State == delivery.Delivered) != tt.delivered || last.Error != tt.lastErr || !record.Next.IsZero() {
					t.Errorf("the delivery is recorded as %+v", record)
				}
			})
		})
	}
}

func TestDeliveries_KeepTheOrderOfASession(t *testing.T) {
	t.Parallel()
	var slow string
	respond := func(a attempt) int {
		if a.sessionID == slow && a.at < 5*time.Second {
			return http.StatusInternalServerError
		}
		return http.StatusOK
	}
	inBubble(t, respond, func(t *testing.T, box *sandbox.Sandbox, c client, s *script) {
		slow = c.create("methods", `["va"]`).ID
		must(t, box.Pay(slow, plugipay.CheckoutMethodVA))
		must(t, box.Settle(slow)) // two events
		synctest.Wait()
		if waiting := sandbox.Deliveries(box)[0]; len(waiting.Attempts) != 0 || !waiting.Next.IsZero() {
			t.Errorf("the waiting event has an attempt or a next time: %+v", waiting)
		}
		quick := c.create().ID
		must(t, box.Pay(quick, plugipay.CheckoutMethodCard))
		synctest.Wait()
		if got := s.all(); len(got) != 2 || got[1].sessionID != quick {
			t.Fatalf("the event of the other session waits: %d attempts", len(got))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		var bodies []string
		for _, a := range s.all() {
			if a.sessionID == slow {
				bodies = append(bodies, a.body)
			}
		}
		bodies = slices.Compact(bodies)
		if len(bodies) != 2 || !strings.Contains(bodies[0], "async_payment_succeeded") ||
			!strings.Contains(bodies[1], "completed.v1") {
			t.Errorf("the events of the session are out of order: %v", bodies)
		}
	})
}

func TestDeliveries_FailedEventDoesNotBlockTheNext(t *testing.T) {
	t.Parallel()
	respond := func(a attempt) int {
		if strings.Contains(a.body, "async_payment_succeeded") {
			return http.StatusInternalServerError
		}
		return http.StatusOK
	}
	inBubble(t, respond, func(t *testing.T, box *sandbox.Sandbox, c client, s *script) {
		id := c.create("methods", `["va"]`).ID
		must(t, box.Pay(id, plugipay.CheckoutMethodVA))
		must(t, box.Settle(id))
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := len(s.all()); got != 11 {
			t.Errorf("%d attempts, want 11", got)
		}
		if newest := sandbox.Deliveries(box)[0]; newest.State != delivery.Delivered {
			t.Errorf("the event after the failed one was not delivered")
		}
	})
}

func TestDeliveries_ConcurrencyIsLimited(t *testing.T) {
	t.Parallel()
	inBubble(t, always(0), func(t *testing.T, box *sandbox.Sandbox, c client, s *script) {
		for range 100 {
			must(t, box.Pay(c.create().ID, plugipay.CheckoutMethodCard))
		}
		synctest.Wait()
		if now, _ := s.atOnce(); now != 16 {
			t.Errorf("%d attempts are open, want 16", now)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if _, most := s.atOnce(); most != 16 || len(s.all()) != 1000 {
			t.Errorf("%d attempts, %d at the same time, want 1000 and 16", len(s.all()), most)
		}
	})
}

func TestDeliveries_TheLast500AreRecorded(t *testing.T) {
	t.Parallel()
	inBubble(t, always(500), func(t *testing.T, box *sandbox.Sandbox, c client, s *script) {
		first := c.create().ID
		must(t, box.Pay(first, plugipay.CheckoutMethodCard))
		synctest.Wait()
		got := sandbox.Deliveries(box)
		want := time.Now().Add(time.Second)
		if len(got) != 1 || got[0].SessionID != first || got[0].EventType != plugipay.EventCheckoutSessionCompleted ||
			string(got[0].Body) != s.all()[0].body || !strings.Contains(string(got[0].Body), got[0].EventID) ||
			len(got[0].Attempts) != 1 || got[0].Attempts[0].Status != 500 || got[0].State != delivery.Pending || !got[0].Next.Equal(want) {
			t.Fatalf("records = %+v", got)
		}
		if got[0].URL != "http://user:xxxxx@receiver.example/hook" {
			t.Errorf("URL = %s", got[0].URL)
		}
		got[0].Body[0], got[0].Attempts[0].Status = 'x', 1 // must change only the copy
		if again := sandbox.Deliveries(box)[0]; again.Body[0] != '{' || again.Attempts[0].Status != 500 {
			t.Errorf("changing a returned record changes the stored one")
		}
		var last string
		for range 500 {
			last = c.create().ID
			must(t, box.Pay(last, plugipay.CheckoutMethodCard))
		}
		got = sandbox.Deliveries(box)
		if len(got) != 500 || got[0].SessionID != last || got[499].SessionID == first {
			t.Errorf("%d records are kept, want the last 500, newest first", len(got))
		}
		time.Sleep(time.Hour) // deliveries without a record are attempted as well
		synctest.Wait()
		if n := len(s.all()); n != 5010 {
			t.Errorf("%d attempts, want 10 for each of 501", n)
		}
	})
}

func TestDeliveries_EndWithClose(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"in an attempt": 0, "between attempts": 500} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, always(status), func(t *testing.T, box *sandbox.Sandbox, c client, s *script) {
				id := c.create().ID
				must(t, box.Pay(id, plugipay.CheckoutMethodCard))
				synctest.Wait()
				begin := time.Now()
				must(t, box.Close())
				if took := time.Since(begin); took != 0 {
					t.Errorf("Close waited %v for the receiver", took)
				}
				must(t, box.Close())
				must(t, box.Pay(c.create().ID, plugipay.CheckoutMethodCard))
				must(t, box.AddEndpoint(sandbox.Endpoint{URL: "http://receiver.example", Secret: endpointSecret}))
				box.Advance(48 * time.Hour)
				time.Sleep(48 * time.Hour)
				if got := len(s.all()); got != 1 {
					t.Errorf("%d attempts, want only the one before Close", got)
				}
				if got := sandbox.Deliveries(box); len(got) != 1 || got[0].State != delivery.Pending || !got[0].Next.IsZero() {
					t.Errorf("records = %+v", got)
				}
			})
		})
	}
}

// The receivers use real HTTP. One hangs, one redirects, and one is not there.
func TestDeliveries_ReceiversDoNotDelayClose(t *testing.T) {
	t.Parallel()
	called, gone := make(chan struct{}), make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // otherwise the server does not notice that the client disconnects
		close(called)
		<-r.Context().Done()
		close(gone)
	}))
	defer hanging.Close()
	redirecting := httptest.NewServer(http.RedirectHandler(hanging.URL, http.StatusTemporaryRedirect))
	defer redirecting.Close()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	var endpoints []sandbox.Endpoint
	for _, url := range []string{hanging.URL, redirecting.URL, closed.URL} {
		endpoints = append(endpoints, sandbox.Endpoint{URL: url, Secret: endpointSecret})
	}
	server, c := start(t, sandbox.Options{Endpoints: endpoints})
	c.confirm(c.create().ID).want(http.StatusOK)
	<-called
	server.Close()
	<-gone
	for _, r := range sandbox.Deliveries(server.Sandbox) {
		if r.State == delivery.Delivered {
			t.Errorf("a delivery to %s is recorded as delivered", r.URL)
		}
		for _, a := range r.Attempts {
			if strings.Contains(a.Error, r.URL) {
				t.Errorf("an error contains the URL: %s", a.Error)
			}
		}
	}
}

func TestDeliveries_NothingRunsWithoutEndpoints(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // fails if a goroutine is left
		box := sandbox.New(failOnBreach(t))
		c := directClient(t, box)
		must(t, box.Pay(c.create().ID, plugipay.CheckoutMethodCard))
		box.Advance(48 * time.Hour)
		if got := sandbox.Deliveries(box); len(got) != 0 {
			t.Errorf("records = %+v", got)
		}
	})
}

func TestDeliveries_OnceAndInOrderUnderLoad(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	server, c := start(t, sandbox.Options{Endpoints: []sandbox.Endpoint{r.endpoint(false)}})
	const sessions = 40
	var all sync.WaitGroup
	for range sessions {
		id := c.create("methods", `["va"]`).ID
		all.Go(func() {
			for _, step := range []error{server.Pay(id, plugipay.CheckoutMethodVA), server.FailPayment(id),
				server.Pay(id, plugipay.CheckoutMethodVA), server.Settle(id)} {
				if step != nil {
					t.Error(step)
				}
			}
		})
	}
	all.Wait()
	got := map[string][]plugipay.EventName{}
	for range 3 * sessions {
		e := r.next()
		about, err := e.CheckoutSession()
		must(t, err)
		got[about.ID] = append(got[about.ID], e.Name())
	}
	want := []plugipay.EventName{
		plugipay.EventCheckoutSessionAsyncPaymentFailed,
		plugipay.EventCheckoutSessionAsyncPaymentSucceeded,
		plugipay.EventCheckoutSessionCompleted,
	}
	for id, names := range got {
		if !slices.Equal(names, want) {
			t.Errorf("session %s sent %v, want %v", id, names, want)
		}
	}
}
