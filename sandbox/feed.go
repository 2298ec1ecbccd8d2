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

// maxKeptEvents is how many events of a workspace can be looked at and sent again.
const maxKeptEvents = 1000

// feed is the events of a workspace. It keeps the last ones, and hands each to the endpoints that want it.
type feed struct {
	accountID  string
	clock      *clock
	deliveries *delivery.Dispatcher
	client     *http.Client // for endpoints that need no other
	trusted    []*x509.Certificate
	onEvent    func(event) // called with the lock held

	mu         sync.Mutex
	endpoints  []subscription
	ownClients []*http.Client // of endpoints that need another
	kept       []event        // oldest first
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

// add makes events of from now on go to an endpoint, which must be a valid one.
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

// publish notes an event of a session and sends it to the endpoints that want it. It does not wait for anything.
func (f *feed) publish(name gen.EventName, live bool, is, was gen.CheckoutSession) event {
	return f.send(event{name: name, live: live, is: is, was: was})
}

// publishObject is publish for an event of something that the sandbox does not hold.
func (f *feed) publishObject(name gen.EventName, live bool, object json.RawMessage) event {
	return f.send(event{name: name, live: live, object: object})
}

// send gives an event its id and sends it.
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

// deliverToAll returns how many endpoints want the event. It needs the lock.
func (f *feed) deliverToAll(e event) (endpoints int) {
	for _, s := range f.endpoints {
		if s.endpoint.wants(e) {
			f.deliver(e, s)
			endpoints++
		}
	}
	return endpoints
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
		SessionID:  e.sessionID(),
		Subject:    e.subject(),
		Body:       body,
	})
}

// redeliver sends an event again to the endpoints that want it, and returns how many these are. found is false when the
// event is not among those that are kept.
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

// newestFirst returns the events that are kept.
func (f *feed) newestFirst() []event {
	f.mu.Lock()
	defer f.mu.Unlock()
	events := slices.Clone(f.kept)
	slices.Reverse(events)
	return events
}

// count returns how many events are kept.
func (f *feed) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.kept)
}

// reset forgets all events and deliveries. The endpoints stay.
func (f *feed) reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = nil
	f.deliveries.Reset()
}
