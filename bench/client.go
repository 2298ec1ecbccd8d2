package main

import (
	"context"
	"fmt"
	"net/http"
)

// client is one of the compared clients. Its three operations call the client as a user would. The input is made before the
// measurement.
type client interface {
	create(ctx context.Context) (outcome, error)
	get(ctx context.Context, id string) (outcome, error)
	list(ctx context.Context, limit int) (outcome, error)
}

// outcome holds the values that the comparison checks in a decoded response. For a list they are the values of the last item.
// Making an outcome allocates nothing.
type outcome struct {
	id     string
	amount int64
	items  int
}

// contender is a client in the comparison.
type contender struct {
	name  string
	signs bool // whether it calls the API of Plugipay; the others call their own APIs
	// open returns the client for a server. A nil transport means the default transport of the client.
	open func(baseURL string, transport http.RoundTripper) (client, error)
}

// supports reports whether the client has the operation. midtrans-go has no list.
func (c contender) supports(o operation) bool { return c.name != "midtrans-go" || o.name != list.name }

// contenders lists the compared clients in the order of the tables. The tables show ratios to the first two.
var contenders = []contender{
	{"limit", true, newLimit},
	{"naive", true, newNaive},
	{"plain", true, newPlain},
	{"stripe-go", false, newStripe},
	{"openai-go", false, newOpenAI},
	{"midtrans-go", false, newMidtrans},
	{"plugipay", true, newPlugipay},
}

// The credentials that the clients sign with.
const (
	keyID  = "pk_test_01J8ZQ4S9K7T5R3P1N0M8K6J4H"
	secret = "sk_test_7f8d1c9e4a3b4c569a0e2f1b3c4d5e6f"
)

// operation is one of the compared calls.
type operation struct {
	name  string
	calls int // per turn; enough to collect garbage more than once
	call  func(ctx context.Context, c client) (outcome, error)
	want  outcome
}

var (
	create = operation{"create", 2000, func(ctx context.Context, c client) (outcome, error) { return c.create(ctx) }, oneSession}
	get    = operation{"get", 2000, func(ctx context.Context, c client) (outcome, error) { return c.get(ctx, sessionID) }, oneSession}
	list   = operation{"list", 80, func(ctx context.Context, c client) (outcome, error) { return c.list(ctx, pageSize) }, fullPage}

	operations = []operation{create, get, list}
)

// do makes the call with a client and checks the outcome.
func (o operation) do(c client) error {
	got, err := o.call(context.Background(), c)
	if err == nil && got != o.want {
		err = fmt.Errorf("the response was decoded as %+v, want %+v", got, o.want)
	}
	return err
}

// repeated returns a function that makes calls with a client, one after the other.
func (o operation) repeated(c client) func(calls int) error {
	return repeat(func() error { return o.do(c) })
}
