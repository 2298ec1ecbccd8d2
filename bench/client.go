package main

import (
	"context"
	"fmt"
	"net/http"
)

// client is one of the clients that are compared. Its three operations are what a user would write with it; what they
// send, the input of create included, is made beforehand.
type client interface {
	create(ctx context.Context) (outcome, error)
	get(ctx context.Context, id string) (outcome, error)
	list(ctx context.Context, limit int) (outcome, error)
}

// outcome is what the comparison looks at of an answer: that the right thing was decoded, and all of it. Of a list it is
// the last item. It holds nothing that would cost an allocation to make.
type outcome struct {
	id     string
	amount int64
	items  int
}

// contender is a client that takes part in the comparison.
type contender struct {
	name  string
	signs bool // sends the requests of Plugipay; the others have an API of their own
	// open returns the client for a server. A nil transport means the one that the client has by default.
	open func(baseURL string, transport http.RoundTripper) (client, error)
}

// has reports whether the client has the operation: midtrans-go has no list.
func (c contender) has(o operation) bool { return c.name != "midtrans-go" || o.name != list.name }

// contenders are compared in this order. The first two are what the others are measured by.
var contenders = []contender{
	{"limit", true, newLimit},
	{"naive", true, newNaive},
	{"plain", true, newPlain},
	{"stripe-go", false, newStripe},
	{"openai-go", false, newOpenAI},
	{"midtrans-go", false, newMidtrans},
	{"ours", true, newOurs},
}

// The credentials that the clients sign with.
const (
	keyID  = "pk_test_01J8ZQ4S9K7T5R3P1N0M8K6J4H"
	secret = "sk_test_7f8d1c9e4a3b4c569a0e2f1b3c4d5e6f"
)

// operation is one of the calls that are compared.
type operation struct {
	name  string
	calls int // in a turn; so many that their garbage is collected more than once
	call  func(ctx context.Context, c client) (outcome, error)
	want  outcome
}

var (
	create = operation{"create", 2000, func(ctx context.Context, c client) (outcome, error) { return c.create(ctx) }, oneSession}
	get    = operation{"get", 2000, func(ctx context.Context, c client) (outcome, error) { return c.get(ctx, sessionID) }, oneSession}
	list   = operation{"list", 80, func(ctx context.Context, c client) (outcome, error) { return c.list(ctx, pageSize) }, fullPage}

	operations = []operation{create, get, list}
)

// do makes the call with a client and compares what came of it with what has to.
func (o operation) do(c client) error {
	got, err := o.call(context.Background(), c)
	if err == nil && got != o.want {
		err = fmt.Errorf("the answer was read as %+v, and is %+v", got, o.want)
	}
	return err
}

// repeated makes calls with a client, one after the other.
func (o operation) repeated(c client) func(calls int) error {
	return repeat(func() error { return o.do(c) })
}
