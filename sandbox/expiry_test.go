package sandbox_test

import (
	"fmt"
	"net/http"
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

func TestExpiry_FollowsTheRealClock(t *testing.T) {
	t.Parallel()
	inBubble(t, always(200), func(t *testing.T, box *sandbox.Sandbox, c client, s *script) {
		late := c.create("expiresInSec", "7200").ID
		early := c.create("expiresInSec", "3600").ID // is now the next to expire
		canceled := c.create("expiresInSec", "3600").ID
		c.cancel(canceled).want(http.StatusOK)
		time.Sleep(time.Hour - time.Nanosecond)
		synctest.Wait()
		if got := s.all(); len(got) != 0 || c.get(early).Status != plugipay.CheckoutSessionStatusOpen {
			t.Fatalf("the session expired too early: %v", got)
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if got := s.all(); len(got) != 1 || got[0].sessionID != early || got[0].at != time.Hour {
			t.Fatalf("after an hour: %v, want the event of the early session", got)
		}
		if got := c.get(early); got.Status != plugipay.CheckoutSessionStatusExpired || got.UpdatedAt != got.ExpiresAt {
			t.Errorf("the session is %s, updated at %s", got.Status, got.UpdatedAt)
		}
		time.Sleep(100 * time.Hour)
		synctest.Wait()
		if got := s.all(); len(got) != 2 || got[1].sessionID != late || got[1].at != 2*time.Hour {
			t.Errorf("after all expiries: %v, want one event of the late session", got)
		}
		// The timer also works after there was no session to expire, and after Advance.
		next := c.create("expiresInSec", "3600").ID
		box.Advance(30 * time.Minute)
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		if got := s.all(); len(got) != 3 || got[2].sessionID != next {
			t.Errorf("after half an hour of Advance and of real time: %v, want one more event", got)
		}
	})
}

func TestExpiry_AdvanceExpiresSessionsInOrder(t *testing.T) {
	t.Parallel()
	inBubble(t, always(200), func(t *testing.T, box *sandbox.Sandbox, c client, s *script) {
		var want []string
		byLifetime := map[int]string{}
		for _, hours := range []int{3, 1, 5, 2, 4} {
			byLifetime[hours] = c.create("expiresInSec", fmt.Sprint(hours*3600)).ID
		}
		for hours := range 4 {
			want = append(want, byLifetime[hours+1])
		}
		box.Advance(4 * time.Hour)
		var got []string
		for _, r := range slices.Backward(sandbox.Deliveries(box)) {
			got = append(got, r.SessionID)
			event := &plugipay.WebhookEvent{}
			must(t, event.UnmarshalJSON(r.Body))
			session, err := event.CheckoutSession()
			must(t, err)
			if event.OccurredAt != session.ExpiresAt {
				t.Errorf("the expiry occurred at %s, want %s", event.OccurredAt, session.ExpiresAt)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("expired %v, want %v", got, want)
		}
		box.Advance(0)
		box.Advance(-time.Hour)
		if n := len(sandbox.Deliveries(box)); n != 4 {
			t.Errorf("%d deliveries, want 4", n)
		}
	})
}

func TestExpiry_NewEndpointGetsNoEarlierEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := sandbox.New(failOnBreach(t))
		s := &script{t: t, begin: time.Now(), respond: always(200)}
		sandbox.SetDeliveryTransport(box, s)
		c := directClient(t, box)
		c.create("expiresInSec", "3600")
		later := c.create("expiresInSec", "7200").ID
		time.Sleep(90 * time.Minute)
		must(t, box.AddEndpoint(sandbox.Endpoint{URL: "http://receiver.example", Secret: endpointSecret}))
		time.Sleep(90 * time.Minute)
		synctest.Wait()
		if got := s.all(); len(got) != 1 || got[0].sessionID != later {
			t.Errorf("attempts = %v, want one", got)
		}
		must(t, box.Close())
	})
}

// In any order of payment and expiry, a session has one end and one event.
func TestExpiry_RaceWithPaymentEndsTheSessionOnce(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	server, c := start(t, sandbox.Options{Endpoints: []sandbox.Endpoint{r.endpoint(false)}})
	var ids []string
	for range 50 {
		ids = append(ids, c.create().ID)
	}
	var all sync.WaitGroup
	all.Go(func() { server.Advance(24 * time.Hour) })
	for _, id := range ids {
		all.Go(func() { _ = server.Pay(id, plugipay.CheckoutMethodCard) })
	}
	all.Go(func() { sandbox.Expire(server.Sandbox) })
	all.Wait()
	ends := map[string]plugipay.EventName{}
	for range ids {
		e := r.next()
		about, err := e.CheckoutSession()
		must(t, err)
		if _, twice := ends[about.ID]; twice {
			t.Errorf("the session %s ended twice", about.ID)
		}
		ends[about.ID] = e.Name()
	}
	for id, name := range ends {
		if got := c.get(id).Status; !strings.HasSuffix(name, string(got)) {
			t.Errorf("the session is %s, its event is %s", got, name)
		}
	}
}

func TestExpiry_WithHundredThousandOpenSessions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		opts := failOnBreach(t)
		opts.Endpoints = []sandbox.Endpoint{{URL: "http://receiver.example", Secret: endpointSecret}}
		box := sandbox.New(opts)
		sandbox.SetDeliveryTransport(box, roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
		}))
		sandbox.CreateSessions(box, 100_000, 24*3600)
		sandbox.CreateSessions(box, 400, 3600)
		directClient(t, box).send(http.MethodGet, sessionsPath, "").want(http.StatusOK)
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		got := sandbox.Deliveries(box)
		if len(got) != 400 {
			t.Errorf("%d deliveries, want 400", len(got))
		}
		for _, r := range got {
			if r.State != delivery.Delivered {
				t.Fatalf("an event was not delivered: %+v", r)
			}
		}
		must(t, box.Close())
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
