package sandbox

import (
	"fmt"
	"slices"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

const (
	samplesSpan    = 12 * time.Hour   // period in which the sample sessions were created
	sampleAge      = 10 * time.Minute // minimum age of a sample session
	sampleLifetime = 5 * 60           // seconds; lifetime of the samples that have expired, less than sampleAge
)

// Seed creates n sample sessions for the first key of the first workspace, so that there is something to look at. The sessions
// are from the last twelve hours and in every status that the workspace's adapters allow. Their events are sent like the events
// of other sessions. Call Seed before other sessions are created, because no sample can be older than an existing session. If n
// is zero or less, Seed does nothing.
func (s *Server) Seed(n int) {
	now := s.directory.firstKey.home.clock.now()
	samples := sampler{server: s, key: s.directory.firstKey}
	for i := range n {
		age := sampleAge + samplesSpan*time.Duration(n-1-i)/time.Duration(n)
		samples.create(i, now.Add(-age))
	}
	s.expireDue()
}

// sampler creates sample sessions. It skips a change that a session does not allow.
type sampler struct {
	server *Server
	key    *accessKey
}

// create creates sample session i and moves it to a status. The statuses take turns.
func (p sampler) create(i int, at time.Time) {
	methods := p.methods()
	if len(methods) == 0 {
		return // no session can be created
	}
	turns := []func(sessions *sessionStore, id string, at time.Time){
		nothing, p.payAtOnce, p.payLater, p.payByHand, cancelSample, nothing,
	}
	turn := i % len(turns)
	lifetime := int64(defaultLifetime)
	if turn == len(turns)-1 {
		lifetime = sampleLifetime
	}
	sessions := p.key.home.dataset(p.key.live).sessions
	created := sessions.create(p.input(i, methods, lifetime), at)
	turns[turn](sessions, created.ID, at.Add(2*time.Minute))
}

// methods returns the methods that the workspace supports. A sample session offers all of them.
func (p sampler) methods() []gen.CheckoutMethod {
	all := []gen.CheckoutMethod{
		gen.CheckoutMethodQRIS, gen.CheckoutMethodVA, gen.CheckoutMethodEwallet, gen.CheckoutMethodCard,
		gen.CheckoutMethodRetail, gen.CheckoutMethodPaypal,
	}
	return slices.DeleteFunc(all, func(m gen.CheckoutMethod) bool {
		return len(p.key.home.unsupportedMethods([]gen.CheckoutMethod{m})) > 0
	})
}

func (p sampler) input(i int, methods []gen.CheckoutMethod, lifetime int64) newSession {
	wares := []struct {
		name   string
		amount int64
	}{{"Annual Pro plan", 199_000_00}, {"Kopi susu, 1 l", 58_000_00}, {"Batik scarf", 345_000_00}, {"Guitar strings", 129_500_00}}
	ware := wares[i%len(wares)]
	return newSession{
		accountID: p.key.home.accountID,
		workspace: p.key.home.name,
		live:      p.key.live,
		input: gen.CheckoutSessionCreateInput{
			Amount:     ware.amount,
			Currency:   gen.CurrencyIDR,
			Methods:    methods,
			SuccessURL: "https://example.com/thank-you",
			CancelURL:  "https://example.com/cart",
			Metadata:   map[string]string{"order_id": fmt.Sprintf("sample_%d", i+1)},
		},
		lineItems:    fmt.Appendf(nil, `[{"name":%q,"quantity":1,"unitAmount":%d}]`, ware.name, ware.amount),
		lifetime:     lifetime,
		hostedURLFor: p.hostedURL,
	}
}

func (p sampler) hostedURL(id string) string {
	base := p.server.publicURL
	if base == "" {
		base = p.server.URL
	}
	return hostedURL(base, id)
}

func nothing(*sessionStore, string, time.Time) {}

func cancelSample(sessions *sessionStore, id string, at time.Time) { _, _ = sessions.cancel(id, at) }

func (p sampler) payAtOnce(sessions *sessionStore, id string, at time.Time) {
	p.payWith(sessions, id, at, func(m gen.CheckoutMethod) bool { return !isAsynchronous(m) })
}

func (p sampler) payLater(sessions *sessionStore, id string, at time.Time) {
	p.payWith(sessions, id, at, isAsynchronous)
}

func (p sampler) payWith(sessions *sessionStore, id string, at time.Time, suits func(gen.CheckoutMethod) bool) {
	methods := p.methods()
	if i := slices.IndexFunc(methods, suits); i >= 0 {
		_, _ = sessions.pay(id, methods[i], p.key.home.adapterFor(methods[i]), at)
	}
}

func (p sampler) payByHand(sessions *sessionStore, id string, at time.Time) {
	isManual := func(a adapter) bool { return !isNotManual(a) }
	if slices.ContainsFunc(p.key.home.adapters, isManual) {
		_, _ = sessions.pay(id, p.methods()[0], gen.CheckoutAdapterManual, at)
	}
}
