package sandbox_test

import (
	"net/http"
	"testing"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// probableMistakes returns inputs that the contract allows, but that are probably mistakes.
func probableMistakes() map[string]struct{ body, field, rule string } {
	const idr = `"IDR"`
	return map[string]struct{ body, field, rule string }{
		"QRIS in USD": {with("methods", `["card","qris"]`), "methods.1", "is qris, which does not support USD"},
		"VA in USD":   {with("methods", `["va"]`), "methods.0", "is va, which does not support USD"},
		"PayPal in IDR": {
			with("methods", `["paypal"]`, "currency", idr, "amount", "100"), "methods.0", "is paypal, which does not support IDR",
		},
		"IDR with sen": {with("currency", idr, "amount", "19900050"), "amount", "has sen, which are not in use"},
		"items below the amount": {
			with("lineItems", `[{"name":"A","quantity":2,"unitAmount":2499}]`), "lineItems", "do not add up to the amount",
		},
		"items beyond 64 bits": {
			with("lineItems", `[{"name":"A","quantity":2,"unitAmount":9223372036854775807}]`), "lineItems", "do not add up to the amount",
		},
		"an unknown property": {with("colour", `"red"`), "colour", "is not a property that Plugipay knows"},
		"a property in the wrong case": {
			with("Metadata", `{}`), "Metadata", "is not a property that Plugipay knows: did you mean metadata?",
		},
		"an unknown property of an item": {
			with("lineItems", `[{"name":"A","quantity":1,"unitAmount":4999,"sku":"1"}]`), "lineItems.0.sku",
			"is not a property that Plugipay knows",
		},
	}
}

func TestStrict_RefusesProbableMistakes(t *testing.T) {
	t.Parallel()
	_, strict := start(t, sandbox.Options{Strict: true})
	server, lax := start(t, sandbox.Options{})
	for name, tt := range probableMistakes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			strict.in(t).send(http.MethodPost, sessionsPath, tt.body).
				wantError(http.StatusBadRequest, gen.ErrorCodeValidationError, tt.field).wantMessage(tt.field, tt.rule)
			created := lax.in(t).send(http.MethodPost, sessionsPath, tt.body).want(http.StatusCreated)
			open(t, server.URL+"/?request="+created.envelope.Meta.RequestID).shows(tt.field, tt.rule)
			open(t, server.URL+"/?session="+created.session().ID).shows(tt.field, tt.rule)
		})
	}
}

func TestStrict_AcceptsCorrectInput(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{Strict: true})
	const discounted = `[{"name":"A","quantity":3,"unitAmount":1700},{"name":"Discount","quantity":1,"unitAmount":-101}]`
	for name, body := range map[string]string{
		"the smallest input": validInput,
		"items":              with("lineItems", discounted),
		"rupiah":             with("currency", `"IDR"`, "amount", "19900000", "methods", `["qris","va","card"]`),
		"all properties":     with("customerId", `"cus_1"`, "metadata", `{"any":"thing"}`, "expiresInSec", "60", "templateId", `"t"`),
		"PayPal in USD":      with("methods", `["paypal"]`),
		"no items at all":    with("lineItems", ""),
	} {
		got := c.send(http.MethodPost, sessionsPath, body)
		if got.status != http.StatusCreated {
			t.Errorf("%s: %s", name, got.body)
		}
	}
}

func TestStrict_FormatAmountTurnsOffTheSenRule(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{Strict: true, FormatAmount: func(int64, plugipay.CurrencyCode) string { return "x" }})
	c.create("currency", `"IDR"`, "amount", "199050")
}
