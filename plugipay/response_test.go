package plugipay_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
)

// The server may be newer than the client, and less strict than its documentation. The client accepts all of the following.

func TestResponse_Any2xxStatusIsASuccess(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 201, 202, 203, 206, 299} {
		for _, op := range operations() {
			if err := op.call(t, responding(t, status, op.body()).client(t)); err != nil {
				t.Errorf("%s with status %d: %v", op.name, status, err)
			}
		}
	}
}

func TestResponse_UnknownPropertiesAreAccepted(t *testing.T) {
	t.Parallel()
	body := strings.NewReplacer(
		`"id": "cs_01HX"`, `"id": "cs_01HX", "new": {"nested": [1, 2, {"a": null}]}`,
		`"currency": "IDR"`, `"currency": "SGD"`,
		`"status": "open"`, `"status": "on_hold"`,
		`"qris"`, `"teleport"`,
		`"adapter": "xendit"`, `"adapter": "newpay"`,
		`"error": null`, `"error": null, "warnings": ["new"]`,
		`"requestId"`, `"region": "id-1", "requestId"`,
	).Replace(sessionBody)
	session, err := responding(t, 200, body).client(t).CheckoutSessions.Get(t.Context(), "cs_01HX")
	if err != nil {
		t.Fatal(err)
	}
	if session.Currency != "SGD" || session.Status != "on_hold" || session.Methods[0] != "teleport" || *session.Adapter != "newpay" {
		t.Errorf("session is %+v", session)
	}
}

func TestResponse_NullForAnyPropertyIsAccepted(t *testing.T) {
	t.Parallel()
	fields := reflect.VisibleFields(reflect.TypeFor[plugipay.CheckoutSession]())
	var nulls []string
	for _, field := range fields {
		nulls = append(nulls, `"`+field.Tag.Get("json")+`": null`)
	}
	body := `{"data": {` + strings.Join(nulls, ",") + `}, "error": null, "meta": {"requestId": null, "timestamp": null}}`
	session, err := responding(t, 200, body).client(t).CheckoutSessions.Get(t.Context(), "cs_01HX")
	if err != nil {
		t.Fatal(err)
	}
	if string(session.LineItems) != "null" {
		t.Errorf("line items are %s", session.LineItems)
	}
	session.LineItems = nil
	if !reflect.DeepEqual(session, &plugipay.CheckoutSession{}) {
		t.Errorf("session is %+v", session)
	}
}

func TestResponse_MissingPropertiesAreAccepted(t *testing.T) {
	t.Parallel()
	session, err := responding(t, 200, `{"data": {"id": "cs_01HX"}}`).client(t).CheckoutSessions.Get(t.Context(), "cs_01HX")
	if err != nil || session.ID != "cs_01HX" {
		t.Errorf("session is %+v, error %v", session, err)
	}
}

func TestLineItems_AnyShapeIsAccepted(t *testing.T) {
	t.Parallel()
	for _, items := range []string{`[]`, `{"groups": [1]}`, `"text"`, `42`, `true`, `[[[]]]`} {
		body := `{"data": {"id": "cs_01HX", "lineItems": ` + items + `}}`
		session, err := responding(t, 200, body).client(t).CheckoutSessions.Get(t.Context(), "cs_01HX")
		if err != nil || string(session.LineItems) != items {
			t.Errorf("line items are %s, want %s, error %v", session.LineItems, items, err)
		}
	}
}

func TestAmount_LargestValueKeepsEveryDigit(t *testing.T) {
	t.Parallel()
	body := `{"data": {"id": "cs_01HX", "amount": 9223372036854775807}}`
	session, err := responding(t, 200, body).client(t).CheckoutSessions.Get(t.Context(), "cs_01HX")
	if err != nil || session.Amount != 9223372036854775807 {
		t.Errorf("amount is %d, error %v", session.Amount, err)
	}
}
