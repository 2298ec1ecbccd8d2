package sandbox

import (
	"crypto/x509"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/sandbox/internal/delivery"
)

// maxKeptEvents is the number of events of a workspace that are kept for reading and redelivery.
const maxKeptEvents = 1000

// feed sends the events of a workspace to its endpoints, and keeps the last events.
type feed struct {
	accountID  string
	clock      *clock
	deliveries *delivery.Dispatcher
	client     *http.Client // for endpoints without a CA
	trusted    []*x509.Certificate
	onEvent    func(event) // called while the lock is held

	mu         sync.Mutex
	endpoints  []subscription
	ownClients []*http.Client // for endpoints with a CA
	kept       []event        // oldest first
}

// subscription is an endpoint with its pending deliveries.
type subscription struct {
	endpoint Endpoint
	outbox   *delivery.Outbox
}

// deliveryClock is the clock of a workspace's dispatcher.
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
		trusted:   slices.Clip(s.receiverCAs),
		onEvent:   s.logEvent,
		deliveries: delivery.New(delivery.Options{
			Clock:     deliveryClock{sandbox: s, workspace: c},
			Policy:    s.deliveryPolicy,
			Account:   accountID,
			Faults:    &s.deliveryFaults,
			OnAttempt: s.logAttempt,
		}),
	}
}

// add sends all further events to a valid endpoint.
func (f *feed) add(e Endpoint) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.endpoints = append(f.endpoints, subscription{
		endpoint: e,
		outbox: f.deliveries.Add(delivery.Endpoint{
			URL: e.URL, ShownURL: shownURL(e.URL), Secret: e.Secret, Client: f.clientFor(e),
		}),
	})
}

// publish records an event of a session and sends it to the endpoints that receive it. It does not block.
func (f *feed) publish(name gen.EventName, live bool, is, was gen.CheckoutSession) event {
	return f.send(event{name: name, live: live, is: is, was: was})
}

// publishObject is publish for an event about an object that the sandbox does not have.
func (f *feed) publishObject(name gen.EventName, live bool, object json.RawMessage) event {
	return f.send(event{name: name, live: live, object: object})
}

// send sets the id of an event and sends the event.
func (f *feed) send(e event) event {
	e.at = f.clock.now()
	e.id, e.account = newID("evt_", e.at), f.accountID
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = append(f.kept, e)
	if len(f.kept) > maxKeptEvents {
		f.kept = slices.Delete(f.kept, 0, 1)
	}
	f.onEvent(e)
	f.deliverToAll(e)
	return e
}

// deliverToAll returns the number of endpoints that receive the event. The caller holds the lock.
func (f *feed) deliverToAll(e event) (endpoints int) {
	for _, s := range f.endpoints {
		if s.endpoint.receives(e) {
			f.deliver(e, s)
			endpoints++
		}
	}
	return endpoints
}

// deliver sends the event to one endpoint. The caller holds the lock.
func (f *feed) deliver(e event, to subscription) {
	body, err := e.encode(to.endpoint.PlainEvents)
	if err != nil {
		return // cannot happen, because the session was decoded from JSON
	}
	f.deliveries.Send(to.outbox, delivery.Message{
		DeliveryID: newID("dlv_", f.clock.now()),
		EventID:    e.id,
		EventType:  e.name,
		SessionID:  e.sessionID(),
		Subject:    e.subject(),
		Body:       body,
	})
}

// redeliver sends an event again to the endpoints that receive it, and returns their number. found is false if the event is not
// kept any more.
func (f *feed) redeliver(id string) (endpoints int, found bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.kept, func(e event) bool { return e.id == id })
	if i < 0 {
		return 0, false
	}
	return f.deliverToAll(f.kept[i]), true
}

// allEndpoints returns the endpoints in the order in which they were added.
func (f *feed) allEndpoints() []Endpoint {
	f.mu.Lock()
	defer f.mu.Unlock()
	var endpoints []Endpoint
	for _, s := range f.endpoints {
		endpoints = append(endpoints, s.endpoint)
	}
	return endpoints
}

// newestFirst returns the kept events.
func (f *feed) newestFirst() []event {
	f.mu.Lock()
	defer f.mu.Unlock()
	events := slices.Clone(f.kept)
	slices.Reverse(events)
	return events
}

// count returns the number of kept events.
func (f *feed) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.kept)
}

// reset removes all events and deliveries. The endpoints stay.
func (f *feed) reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = nil
	f.deliveries.Reset()
}
