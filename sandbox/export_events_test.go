package sandbox

import (
	"net/http"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/sandbox/internal/delivery"
)

// SetDeliveryTransport sets the transport of deliveries. Call it before the first event.
func SetDeliveryTransport(s *Sandbox, transport http.RoundTripper) {
	*s.deliveryClient = *newDeliveryClient(transport)
}

// Deliveries returns the delivery records of the first workspace.
func Deliveries(s *Sandbox) []delivery.Record {
	return s.directory.firstKey.home.feed.deliveries.Records()
}

// CheckEvent checks the body of a delivery against the contract.
func CheckEvent(s *Sandbox, plain bool, body []byte) error {
	name := "VersionedEvent"
	if plain {
		name = "PlainEvent"
	}
	return s.contract.CheckBody(name, body)
}

// Expire expires the sessions that are due, as the timer does.
func Expire(s *Sandbox) { s.expireDue() }

// CreateSessions creates sessions in the default workspace, with a lifetime in seconds. It is much faster than requests.
func CreateSessions(s *Sandbox, count int, lifetime int64) {
	data := s.directory.firstKey.home.test
	input := gen.CheckoutSessionCreateInput{
		Amount:     4999,
		Currency:   gen.CurrencyUSD,
		Methods:    []gen.CheckoutMethod{gen.CheckoutMethodCard},
		SuccessURL: "https://example.com/ok",
		CancelURL:  "https://example.com/no",
	}
	for range count {
		data.sessions.create(newSession{
			accountID:    TestAccountID,
			input:        input,
			lineItems:    []byte("[]"),
			lifetime:     lifetime,
			hostedURLFor: func(id string) string { return "https://example.com/c/" + id },
		}, s.clock.now())
	}
}

// FaultsLeft returns the injected faults that still apply.
func FaultsLeft(s *Sandbox) []Fault {
	var left []Fault
	for _, f := range s.faults.all() {
		left = append(left, f.Fault)
	}
	return left
}
