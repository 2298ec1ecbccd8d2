package sandbox

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/sandbox/internal/delivery"
)

// maxKeptEvents is how many events of a workspace can be looked at and sent again.
const maxKeptEvents = 1000

// feed is the events of a workspace. It keeps the last ones, and hands each to the endpoints that want it.
type feed struct {
	accountID  string
	clock      *clock
	deliveries *delivery.Dispatcher
	client     *http.Client

	mu        sync.Mutex
	endpoints []subscription
	kept      []event // oldest first
}

// subscription is an endpoint, and what waits to be sent to it.
type subscription struct {
	endpoint Endpoint
	outbox   *delivery.Outbox
}

// deliveryClock gives the dispatcher of a workspace the time.
type deliveryClock struct {
	sandbox   *Sandbox
	workspace *clock
}

func (c deliveryClock) Now() time.Time  { return c.workspace.exact().UTC() }
func (c deliveryClock) Real() time.Time { return c.sandbox.realTime() }

func (s *Sandbox) newFeed(accountID string, c *clock) *feed {
	return &feed{
		accountID: accountID,
		clock:     c,
		client:    s.deliveryClient,
		deliveries: delivery.New(delivery.Options{
			Clock:   deliveryClock{sandbox: s, workspace: c},
			Policy:  s.deliveryPolicy,
			Account: accountID,
			Faults:  &s.deliveryFaults,
		}),
	}
}

// add makes events of from now on go to an endpoint, which must be a valid one.
func (f *feed) add(e Endpoint) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.endpoints = append(f.endpoints, subscription{
		endpoint: e,
		outbox: f.deliveries.Add(delivery.Endpoint{
			URL: e.URL, ShownURL: shownURL(e.URL), Secret: e.Secret, Client: f.client,
		}),
	})
}

// publish notes an event of a session and sends it to the endpoints that want it. It does not wait for anything.
func (f *feed) publish(name gen.EventName, live bool, is, was gen.CheckoutSession) {
	f.send(event{
		id: newID("evt_", f.clock.now()), name: name, account: f.accountID, live: live, is: is, was: was,
	})
}

func (f *feed) send(e event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = append(f.kept, e)
	if len(f.kept) > maxKeptEvents {
		f.kept = slices.Delete(f.kept, 0, 1)
	}
	for _, s := range f.endpoints {
		if s.endpoint.wants(e) {
			f.deliver(e, s)
		}
	}
}

// deliver needs the lock.
func (f *feed) deliver(e event, to subscription) {
	body, err := e.encode(to.endpoint.PlainEvents)
	if err != nil {
		return // it cannot happen: the session was made from JSON
	}
	f.deliveries.Send(to.outbox, delivery.Message{
		DeliveryID: newID("dlv_", f.clock.now()),
		EventID:    e.id,
		EventType:  e.name,
		SessionID:  e.is.ID,
		Subject:    e.is.ID,
		Body:       body,
	})
}
