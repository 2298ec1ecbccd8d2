package sandbox_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

const endpointSecret = "whsec_of_the_test"

// receiver is an endpoint with the module's webhook handler. Its channel gets each event once.
type receiver struct {
	t      testing.TB
	url    string
	events chan *plugipay.WebhookEvent
}

func newReceiver(t *testing.T) receiver {
	t.Helper()
	r := receiver{t: t, events: make(chan *plugipay.WebhookEvent, 100)}
	handler, err := plugipay.NewWebhookHandler(plugipay.WebhookHandlerOptions{
		Secrets: []string{endpointSecret},
		Handle: func(_ context.Context, e *plugipay.WebhookEvent) error {
			r.events <- e
			return nil
		},
		OnError: func(_ *http.Request, err error) { t.Errorf("a delivery was refused: %v", err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// next waits for the next event.
func (r receiver) next() *plugipay.WebhookEvent {
	r.t.Helper()
	select {
	case e := <-r.events:
		return e
	case <-r.t.Context().Done():
		r.t.Fatal("the test ended before the event arrived")
		return nil
	}
}

func (r receiver) endpoint(plain bool) sandbox.Endpoint {
	return sandbox.Endpoint{URL: r.url, Secret: endpointSecret, PlainEvents: plain}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestEvents_EachTransitionSendsItsEventsInOrder(t *testing.T) {
	t.Parallel()
	type box = *sandbox.Server
	payVA := func(t *testing.T, s box, id string) { must(t, s.Pay(id, plugipay.CheckoutMethodVA)) }
	tests := map[string]struct {
		act          func(t *testing.T, s box, c client, id string)
		want         []plugipay.EventName
		status       plugipay.CheckoutSessionStatus
		statusBefore string // of the last event
	}{
		"a card payment": {
			func(t *testing.T, s box, _ client, id string) { must(t, s.Pay(id, plugipay.CheckoutMethodCard)) },
			[]plugipay.EventName{plugipay.EventCheckoutSessionCompleted},
			plugipay.CheckoutSessionStatusCompleted, "open",
		},
		"a transfer that succeeds": {
			func(t *testing.T, s box, _ client, id string) {
				payVA(t, s, id)
				must(t, s.Settle(id))
			},
			[]plugipay.EventName{
				plugipay.EventCheckoutSessionAsyncPaymentSucceeded, plugipay.EventCheckoutSessionCompleted,
			},
			plugipay.CheckoutSessionStatusCompleted, "pending",
		},
		"a transfer that fails": {
			func(t *testing.T, s box, _ client, id string) {
				payVA(t, s, id)
				must(t, s.FailPayment(id))
			},
			[]plugipay.EventName{plugipay.EventCheckoutSessionAsyncPaymentFailed},
			plugipay.CheckoutSessionStatusOpen, "pending",
		},
		"a confirmation": {
			func(_ *testing.T, _ box, c client, id string) { c.confirm(id).want(http.StatusOK) },
			[]plugipay.EventName{plugipay.EventCheckoutSessionCompleted},
			plugipay.CheckoutSessionStatusCompleted, "open",
		},
		"the expiry of an open session": {
			func(_ *testing.T, s box, _ client, _ string) { s.Advance(24 * time.Hour) },
			[]plugipay.EventName{plugipay.EventCheckoutSessionExpired},
			plugipay.CheckoutSessionStatusExpired, "open",
		},
		"a failed transfer, then the expiry of a pending session": {
			func(t *testing.T, s box, _ client, id string) {
				payVA(t, s, id)
				must(t, s.FailPayment(id))
				payVA(t, s, id)
				s.Advance(48 * time.Hour)
				s.Advance(48 * time.Hour)
			},
			[]plugipay.EventName{
				plugipay.EventCheckoutSessionAsyncPaymentFailed, plugipay.EventCheckoutSessionExpired,
			},
			plugipay.CheckoutSessionStatusExpired, "pending",
		},
		"a cancellation, without an event": {
			func(_ *testing.T, s box, c client, id string) {
				c.cancel(id).want(http.StatusOK)
				s.Advance(48 * time.Hour)
			},
			nil, "", "",
		},
	}
	for name, tt := range tests {
		for _, plain := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/plain=%t", name, plain), func(t *testing.T) {
				t.Parallel()
				r := newReceiver(t)
				server, c := start(t, sandbox.Options{Endpoints: []sandbox.Endpoint{r.endpoint(plain)}})
				session := c.create("methods", `["card","va"]`, "lineItems", `[{"name":"<b> & co","quantity":1,"unitAmount":1}]`)
				tt.act(t, server, c, session.ID)
				if listed := eventsOf(server.Sandbox, session.ID); !slices.Equal(listed, tt.want) {
					t.Errorf("the events are %v, want %v", listed, tt.want)
				}
				var got []*plugipay.WebhookEvent
				for range tt.want {
					e := r.next()
					must(t, sandbox.CheckEvent(server.Sandbox, plain, e.Raw))
					got = append(got, e)
				}
				checkEvents(t, got, tt.want)
				if len(tt.want) == 0 {
					return
				}
				e := got[len(got)-1]
				about, _ := e.CheckoutSession()
				if about.Status != tt.status {
					t.Errorf("the event's session is %s, want %s", about.Status, tt.status)
				}
				if e.OccurredAt != about.UpdatedAt {
					t.Errorf("occurredAt = %s, want %s", e.OccurredAt, about.UpdatedAt)
				}
				checkDialect(t, e, plain, tt.statusBefore)
			})
		}
	}
}

func checkEvents(t *testing.T, got []*plugipay.WebhookEvent, want []plugipay.EventName) {
	t.Helper()
	var names []plugipay.EventName
	ids := map[string]bool{}
	for _, e := range got {
		names = append(names, e.Name())
		ids[e.ID] = true
		if !strings.HasPrefix(e.ID, "evt_") || len(e.ID) != len("evt_")+26 {
			t.Errorf("id = %q, want evt_ and a ULID", e.ID)
		}
	}
	if !slices.Equal(names, want) {
		t.Fatalf("events = %v, want %v", names, want)
	}
	if len(ids) != len(got) {
		t.Errorf("two events have the same id")
	}
}

func checkDialect(t *testing.T, e *plugipay.WebhookEvent, plain bool, statusBefore string) {
	t.Helper()
	if !plain {
		if e.Type != "plugipay."+e.Name()+".v1" || e.AccountID != sandbox.TestAccountID || e.PreviousAttributes != nil {
			t.Errorf("type %q, account %q, previous attributes %v", e.Type, e.AccountID, e.PreviousAttributes)
		}
		return
	}
	if want := "ws_" + strings.TrimPrefix(sandbox.TestAccountID, "acc_"); e.Type != e.Name() || e.AccountID != want {
		t.Errorf("type %q, workspace %q, want %q", e.Type, e.AccountID, want)
	}
	if got := string(e.PreviousAttributes["status"]); got != `"`+statusBefore+`"` {
		t.Errorf("the previous status is %s, want %q", got, statusBefore)
	}
	for _, unchanged := range []string{"id", "amount", "lineItems", "expiresAt"} {
		if _, there := e.PreviousAttributes[unchanged]; there {
			t.Errorf("the previous attributes have %s, which did not change", unchanged)
		}
	}
	if completedAt, there := e.PreviousAttributes["completedAt"]; e.Name() == plugipay.EventCheckoutSessionCompleted &&
		(!there || string(completedAt) != "null") {
		t.Errorf("the previous completedAt is %s, want null", completedAt)
	}
}

func TestEvents_HaveTheSameIDAtEveryEndpoint(t *testing.T) {
	t.Parallel()
	one, other, late := newReceiver(t), newReceiver(t), newReceiver(t)
	server, c := start(t, sandbox.Options{
		Endpoints: []sandbox.Endpoint{one.endpoint(false), other.endpoint(true)},
	})
	before := c.create()
	c.confirm(before.ID).want(http.StatusOK)
	must(t, server.AddEndpoint(late.endpoint(false)))
	c.confirm(c.create().ID).want(http.StatusOK)
	ids := func(r receiver) []string {
		ids := []string{r.next().ID, r.next().ID}
		slices.Sort(ids)
		return ids
	}
	first, second := ids(one), ids(other)
	if !slices.Equal(first, second) {
		t.Errorf("the endpoints got the events %v and %v", first, second)
	}
	got := late.next()
	if !slices.Contains(first, got.ID) {
		t.Errorf("the added endpoint got %s, want one of %v", got.ID, first)
	}
	if about, err := got.CheckoutSession(); err != nil || about.ID == before.ID {
		t.Errorf("the added endpoint got an earlier event (%v)", err)
	}
}

func TestEvents_GoToEndpointsOfTheirWorkspace(t *testing.T) {
	t.Parallel()
	first, second := newReceiver(t), newReceiver(t)
	_, c := start(t, sandbox.Options{
		Endpoints: []sandbox.Endpoint{first.endpoint(false)},
		Workspaces: []sandbox.Workspace{
			{AccountID: "acc_1", Keys: []sandbox.Key{{ID: "pk_live_1", Secret: "s"}}},
			{
				AccountID: "acc_2", Keys: []sandbox.Key{{ID: "pk_test_2", Secret: "s"}},
				Endpoints: []sandbox.Endpoint{second.endpoint(false)},
			},
		},
	})
	other := c.as("pk_test_2", "s")
	other.confirm(other.create().ID).want(http.StatusOK)
	c.confirm(c.create().ID).want(http.StatusOK)
	if got := first.next().AccountID; got != "acc_1" {
		t.Errorf("the first workspace's endpoint got an event of %s", got)
	}
	if got := second.next().AccountID; got != "acc_2" {
		t.Errorf("the second workspace's endpoint got an event of %s", got)
	}
}

func TestEndpoint_InvalidEndpointsAreRefused(t *testing.T) {
	t.Parallel()
	const (
		invalidURL = "sandbox: the URL of an endpoint must be an absolute http or https URL"
		whiteSpace = "sandbox: the secret of the endpoint http://127.0.0.1/hook begins or ends with white space, " +
			"as a secret read from a file may"
	)
	tests := map[string]struct {
		endpoint sandbox.Endpoint
		want     string
	}{
		"no secret": {
			sandbox.Endpoint{URL: "http://user:hunter2@127.0.0.1/hook"},
			"sandbox: the endpoint http://user:xxxxx@127.0.0.1/hook has no secret, and anyone could sign with an empty one",
		},
		"a secret with a line feed": {sandbox.Endpoint{URL: "http://127.0.0.1/hook", Secret: "whsec_1\n"}, whiteSpace},
		"a blank secret":            {sandbox.Endpoint{URL: "http://127.0.0.1/hook", Secret: " "}, whiteSpace},
		"no URL":                    {sandbox.Endpoint{Secret: "s"}, invalidURL},
		"another scheme":            {sandbox.Endpoint{URL: "ftp://h/", Secret: "s"}, invalidURL},
		"no host":                   {sandbox.Endpoint{URL: "http:///x", Secret: "s"}, invalidURL},
		"an invalid escape":         {sandbox.Endpoint{URL: "http://h/%zz", Secret: "s"}, invalidURL},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			endpoints := []sandbox.Endpoint{tt.endpoint}
			ofWorkspace := sandbox.Options{Workspaces: []sandbox.Workspace{{Endpoints: endpoints}}}
			for _, opts := range []sandbox.Options{{Endpoints: endpoints}, ofWorkspace} {
				if server, err := sandbox.Start(opts); err == nil {
					server.Close()
					t.Errorf("Start accepted the endpoint")
				} else if err.Error() != tt.want {
					t.Errorf("Start: %v, want %s", err, tt.want)
				}
				box := sandbox.New(opts) // New ignores the endpoint
				must(t, box.Close())
			}
			box := sandbox.New(sandbox.Options{})
			if err := box.AddEndpoint(tt.endpoint); err == nil || err.Error() != tt.want {
				t.Errorf("AddEndpoint: %v, want %s", err, tt.want)
			}
		})
	}
}

func TestOptions_ArePrintedWithoutSecrets(t *testing.T) {
	t.Parallel()
	opts := sandbox.Options{
		Endpoints: []sandbox.Endpoint{{URL: "http://user:hunter2@127.0.0.1/hook", Secret: endpointSecret}},
		Workspaces: []sandbox.Workspace{{Keys: []sandbox.Key{
			{ID: "pk_test_shown", Secret: "sk_test_hidden"}, {ID: "pk_test_hidden"},
		}}},
	}
	for _, value := range []any{opts, opts.Endpoints[0], opts.Workspaces[0], opts.Workspaces[0].Keys} {
		text := fmt.Sprintf("%v %+v %#v %s %q", value, value, value, value, value)
		for _, secret := range []string{endpointSecret, "hunter2", "sk_test_hidden", "pk_test_hidden"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s is printed: %s", secret, text)
			}
		}
	}
	text := fmt.Sprint(opts)
	if !strings.Contains(text, "127.0.0.1/hook") || !strings.Contains(text, "pk_test_shown") {
		t.Errorf("the options are printed as %s", text)
	}
}
