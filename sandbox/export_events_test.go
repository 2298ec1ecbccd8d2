package sandbox

import (
	"net/http"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/sandbox/internal/delivery"
)

// SetDeliveryTransport lets deliveries go through a transport of the test's, before there is an event.
func SetDeliveryTransport(s *Sandbox, transport http.RoundTripper) {
	*s.deliveryClient = *newDeliveryClient(transport)
}

// Deliveries returns what is recorded of the deliveries of the first workspace.
func Deliveries(s *Sandbox) []delivery.Record {
	return s.directory.firstKey.home.feed.deliveries.Records()
}

// CheckEvent holds the body of a delivery against the contract.
func CheckEvent(s *Sandbox, plain bool, body []byte) error {
	name := "VersionedEvent"
	if plain {
		name = "PlainEvent"
	}
	return s.contract.CheckBody(name, body)
}

// Expire lets the sessions expire whose time has come, as the timer does.
func Expire(s *Sandbox) { s.expireDue() }

// CreateSessions creates sessions in the default workspace that live for some seconds, by far faster than requests
// would.
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

// FaultsLeft returns the faults that were injected and have not happened.
func FaultsLeft(s *Sandbox) []Fault {
	var left []Fault
	for _, f := range s.faults.all() {
		left = append(left, f.Fault)
	}
	return left
}
