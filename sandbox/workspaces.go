package sandbox

import (
	"slices"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
)

// workspace is a merchant's account with its data, its clock and its events.
type workspace struct {
	accountID string
	name      string // if empty, pages show the account id
	adapters  []adapter
	clock     *clock
	expiries  *expiries
	feed      *feed
	test      *dataset
	live      *dataset
}

// dataset holds the data for the test keys of a workspace, or for its live keys.
type dataset struct {
	sessions    *sessionStore
	idempotency *idempotencyStore
	cursors     cursorSeal
	reads       rateCounter
	writes      rateCounter
}

type adapter struct {
	name    string
	methods []gen.CheckoutMethod
}

// accessKey is a key as authentication needs it.
type accessKey struct {
	id            string
	secret        string // empty for a dashboard key
	scopes        []string
	everyScope    bool
	platformAdmin bool
	live          bool
	home          *workspace
}

// newWorkspace returns a workspace with its valid endpoints and without keys.
func (s *Sandbox) newWorkspace(in Workspace) *workspace {
	c := newClock(s.clock.exact)
	x := &expiries{clock: c}
	w := &workspace{
		accountID: in.AccountID,
		name:      in.Name,
		adapters:  newAdapters(in.Adapters),
		clock:     c,
		expiries:  x,
		feed:      s.newFeed(in.AccountID, c),
		test:      newDataset(x, s.maxSessions),
		live:      newDataset(x, s.maxSessions),
	}
	w.connect(w.test, false)
	w.connect(w.live, true)
	for _, e := range in.Endpoints {
		if e.check() == nil {
			w.addEndpoint(e)
		}
	}
	if s.logger != nil {
		x.watch() // so that expiries are logged when they happen
	}
	return w
}

// connect makes the feed receive the events of a dataset's sessions.
func (w *workspace) connect(data *dataset, live bool) {
	data.sessions.onEvent = func(name gen.EventName, is, was gen.CheckoutSession) {
		_ = w.feed.publish(name, live, is, was)
	}
}

func (w *workspace) addEndpoint(e Endpoint) {
	w.expiries.expireDue() // the endpoint does not receive events of sessions that expired before
	w.feed.add(e)
	w.expiries.watch()
}

// clockMoved expires the sessions and starts the deliveries that have become due.
func (w *workspace) clockMoved() {
	w.expiries.expireDue()
	w.feed.deliveries.Wake()
}

func (w *workspace) close() {
	w.expiries.close()
	w.feed.close()
}

func newDataset(x *expiries, limit int) *dataset {
	return &dataset{sessions: newSessionStore(x, limit), idempotency: newIdempotencyStore(limit), cursors: newCursorSeal()}
}

func (w *workspace) dataset(live bool) *dataset {
	if live {
		return w.live
	}
	return w.test
}

func newAdapters(in []Adapter) []adapter {
	if in == nil {
		in = []Adapter{
			{Name: gen.CheckoutAdapterXendit},
			{Name: gen.CheckoutAdapterMidtrans},
			{Name: gen.CheckoutAdapterPaypal},
			{Name: gen.CheckoutAdapterManual},
		}
	}
	adapters := make([]adapter, 0, len(in))
	for _, a := range in {
		adapters = append(adapters, adapter{name: a.Name, methods: adapterMethods(a)})
	}
	return adapters
}

func adapterMethods(a Adapter) []gen.CheckoutMethod {
	if a.Methods == nil {
		return defaultMethods(a.Name)
	}
	methods := make([]gen.CheckoutMethod, 0, len(a.Methods))
	for _, m := range a.Methods {
		methods = append(methods, gen.CheckoutMethod(m))
	}
	return methods
}

func defaultMethods(name plugipay.CheckoutAdapter) []gen.CheckoutMethod {
	switch name {
	case gen.CheckoutAdapterXendit, gen.CheckoutAdapterMidtrans:
		return []gen.CheckoutMethod{
			gen.CheckoutMethodQRIS,
			gen.CheckoutMethodVA,
			gen.CheckoutMethodEwallet,
			gen.CheckoutMethodCard,
			gen.CheckoutMethodRetail,
		}
	case gen.CheckoutAdapterPaypal:
		return []gen.CheckoutMethod{gen.CheckoutMethodPaypal}
	}
	return nil
}

// unsupportedMethods returns the methods that no adapter of the workspace supports. If manual is the only adapter, it returns none, because
// the merchant confirms payments of any method by hand.
func (w *workspace) unsupportedMethods(methods []gen.CheckoutMethod) []string {
	if len(w.adapters) > 0 && !slices.ContainsFunc(w.adapters, isNotManual) {
		return nil
	}
	var missing []string
	for _, m := range methods {
		canDo := func(a adapter) bool { return slices.Contains(a.methods, m) }
		if !slices.ContainsFunc(w.adapters, canDo) && !slices.Contains(missing, string(m)) {
			missing = append(missing, string(m))
		}
	}
	return missing
}

func isNotManual(a adapter) bool { return a.name != gen.CheckoutAdapterManual }
