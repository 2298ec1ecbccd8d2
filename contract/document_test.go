package contract_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/plugipay/plugipay-go/contract"
)

func load(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(contract.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestOpenAPI_IsValidWithItsExamples(t *testing.T) {
	t.Parallel()
	if err := load(t).Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestOpenAPI_InvalidExampleIsFound(t *testing.T) {
	t.Parallel()
	broken := strings.Replace(string(contract.OpenAPI()), `"currency":"USD"`, `"currency":"XXX"`, 1)
	doc, err := openapi3.NewLoader().LoadFromData([]byte(broken))
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err == nil {
		t.Fatal("an example with an unknown currency is valid, so the examples are not checked")
	}
}

func TestOpenAPI_IsVersion31WithBothServers(t *testing.T) {
	t.Parallel()
	doc := load(t)
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("the version of OpenAPI is %s", doc.OpenAPI)
	}
	var servers []string
	for _, server := range doc.Servers {
		servers = append(servers, server.URL)
	}
	if want := []string{"https://plugipay.com", "http://127.0.0.1:4010"}; !slices.Equal(servers, want) {
		t.Errorf("servers are %v, want %v", servers, want)
	}
	if got := slices.Sorted(maps.Keys(doc.Components.SecuritySchemes)); !slices.Equal(got, []string{"BearerKey", "HmacSignature"}) {
		t.Errorf("security schemes are %v", got)
	}
}

func TestOpenAPI_HasEveryOperationAndEvent(t *testing.T) {
	t.Parallel()
	doc := load(t)
	var operations []string
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			operations = append(operations, method+" "+path)
		}
	}
	slices.Sort(operations)
	want := []string{
		"GET /api/v1/checkout-sessions",
		"GET /api/v1/checkout-sessions/{id}",
		"POST /api/v1/checkout-sessions",
		"POST /api/v1/checkout-sessions/{id}/cancel",
		"POST /api/v1/checkout-sessions/{id}/confirm",
	}
	if !slices.Equal(operations, want) {
		t.Errorf("the operations are %v", operations)
	}
	events := slices.Sorted(maps.Keys(doc.Webhooks))
	wantEvents := []string{
		"checkout_session.async_payment_failed", "checkout_session.async_payment_succeeded",
		"checkout_session.completed", "checkout_session.expired",
	}
	if !slices.Equal(events, wantEvents) {
		t.Errorf("the events are %v", events)
	}
	for _, name := range doc.Components.Schemas["EventName"].Value.Enum {
		if doc.Webhooks[name.(string)] == nil {
			t.Errorf("EventName has %s, but the contract has no such webhook", name)
		}
	}
	if named := len(doc.Components.Schemas["EventName"].Value.Enum); named != len(events) {
		t.Errorf("EventName has %d values, but the contract has %d webhooks", named, len(events))
	}
}

func TestOpenAPI_DescribesEveryPropertyAndItsNull(t *testing.T) {
	t.Parallel()
	for name, schema := range load(t).Components.Schemas {
		for property, ref := range schema.Value.Properties {
			where := name + "." + property
			description := strings.ToLower(ref.Value.Description)
			if description == "" {
				t.Errorf("%s has no description", where)
			}
			if mayBeNull(ref.Value) && !strings.Contains(description, "null") {
				t.Errorf("%s does not say what null means: %q", where, ref.Value.Description)
			}
			if !mayBeNull(ref.Value) && strings.Contains(description, "null") {
				t.Errorf("the description of %s mentions null, but its value cannot be null: %q", where, ref.Value.Description)
			}
		}
	}
}

// mayBeNull reports whether a schema allows null. A schema without types allows it.
func mayBeNull(schema *openapi3.Schema) bool {
	if schema.Type != nil {
		return schema.Type.Includes("null")
	}
	return len(schema.AnyOf) == 0 || slices.ContainsFunc(schema.AnyOf, func(ref *openapi3.SchemaRef) bool { return mayBeNull(ref.Value) })
}

func TestOpenAPI_EveryPropertyHasAnExample(t *testing.T) {
	t.Parallel()
	for name, schema := range load(t).Components.Schemas {
		for property, ref := range schema.Value.Properties {
			if ref.Ref == "" && ref.Value.Type.Slice() != nil && !ref.Value.Type.Is("null") && len(ref.Value.Examples) == 0 && ref.Value.Items == nil {
				t.Errorf("%s.%s has no example", name, property)
			}
		}
	}
}

func TestOpenAPI_EveryOperationAndEventHasExamples(t *testing.T) {
	t.Parallel()
	doc := load(t)
	check := func(where string, content openapi3.Content) {
		for mediaType, media := range content {
			if media.Example == nil && len(media.Examples) == 0 {
				t.Errorf("%s (%s) has no example", where, mediaType)
			}
		}
	}
	operation := func(where string, o *openapi3.Operation) {
		if o.RequestBody != nil {
			check(where+" body", o.RequestBody.Value.Content)
		}
		for status, response := range o.Responses.Map() {
			if response.Value.Description == nil || *response.Value.Description == "" {
				t.Errorf("%s %s has no description", where, status)
			}
			check(where+" "+status, response.Value.Content)
		}
		for _, parameter := range o.Parameters {
			if parameter.Value.Example == nil || parameter.Value.Description == "" {
				t.Errorf("%s parameter %s has no example or no description", where, parameter.Value.Name)
			}
		}
	}
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			operation(method+" "+path, o)
		}
	}
	for name, item := range doc.Webhooks {
		for method, o := range item.Operations() {
			operation(fmt.Sprint(method, " ", name), o)
		}
	}
}

func TestOpenAPI_EveryErrorCodeHasAnExample(t *testing.T) {
	t.Parallel()
	doc := load(t)
	shown := map[any]bool{}
	for _, example := range doc.Components.Examples {
		value, _ := example.Value.Value.(map[string]any)
		if detail, ok := value["error"].(map[string]any); ok {
			shown[detail["code"]] = true
		}
	}
	for _, code := range doc.Components.Schemas["ErrorCode"].Value.Enum {
		if !shown[code] {
			t.Errorf("no example shows the error %v", code)
		}
	}
}

func TestOpenAPI_EachOperationDocumentsItsStatuses(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"createCheckoutSession":  "201 400 401 403 409 422 429 500 502 503",
		"listCheckoutSessions":   "200 400 401 403 429 500 502 503",
		"getCheckoutSession":     "200 400 401 403 404 429 500 502 503",
		"cancelCheckoutSession":  "200 400 401 403 404 409 429 500 502 503",
		"confirmCheckoutSession": "200 400 401 403 404 409 429 500 502 503",
	}
	for _, item := range load(t).Paths.Map() {
		for _, o := range item.Operations() {
			statuses := strings.Join(slices.Sorted(maps.Keys(o.Responses.Map())), " ")
			if statuses != want[o.OperationID] {
				t.Errorf("%s documents %s, want %s", o.OperationID, statuses, want[o.OperationID])
			}
			for status, response := range o.Responses.Map() {
				headers := strings.Join(slices.Sorted(maps.Keys(response.Value.Headers)), " ")
				wantHeaders := "X-RateLimit-Limit X-RateLimit-Remaining X-RateLimit-Reset"
				switch status {
				case "401":
					wantHeaders = "" // the workspace is unknown
				case "429":
					wantHeaders = "Retry-After " + wantHeaders
				}
				if headers != wantHeaders {
					t.Errorf("%s %s documents the headers %q, want %q", o.OperationID, status, headers, wantHeaders)
				}
			}
		}
	}
}

func TestOpenAPI_EachEventRequiresItsSignature(t *testing.T) {
	t.Parallel()
	for name, item := range load(t).Webhooks {
		signature := item.Post.Parameters.GetByInAndName("header", "X-Plugipay-Signature")
		if signature == nil || !signature.Required {
			t.Errorf("%s does not require its signature", name)
		}
	}
}

func TestOpenAPI_StatesTheKnownConstraints(t *testing.T) {
	t.Parallel()
	schemas := load(t).Components.Schemas
	input := schemas["CheckoutSessionCreateInput"].Value
	if got := input.Required; !slices.Equal(got, []string{"amount", "currency", "methods", "successUrl", "cancelUrl"}) {
		t.Errorf("the required properties are %v", got)
	}
	if got := input.Properties["amount"].Value.Min; got == nil || *got != 1 {
		t.Errorf("the minimum amount is %v", got)
	}
	if got := fmt.Sprint(input.Properties["expiresInSec"].Value.Default); got != "86400" {
		t.Errorf("the default lifetime is %v", got)
	}
	for name, want := range map[string][]any{
		"CheckoutMethod":        {"qris", "va", "ewallet", "card", "retail", "paypal"},
		"CheckoutSessionStatus": {"open", "pending", "pending_review", "completed", "failed", "expired", "canceled"},
		"CheckoutAdapter":       {"xendit", "midtrans", "paypal", "manual"},
		"CurrencyCode":          {"IDR", "USD"},
	} {
		if got := schemas[name].Value.Enum; !slices.Equal(got, want) {
			t.Errorf("%s is %v", name, got)
		}
	}
	for name, want := range map[string][]string{
		"VersionedEvent": {"id", "type", "accountId", "occurredAt", "data"},
		"PlainEvent":     {"id", "type", "createdAt", "workspaceId", "data"},
	} {
		if got := schemas[name].Value.Required; !slices.Equal(got, want) {
			t.Errorf("%s requires %v", name, got)
		}
	}
	list := load(t).Paths.Value("/api/v1/checkout-sessions").Get
	limit := list.Parameters.GetByInAndName("query", "limit").Schema.Value
	if *limit.Min != 1 || *limit.Max != 100 || fmt.Sprint(limit.Default) != "50" {
		t.Errorf("limit is %v to %v with the default %v", *limit.Min, *limit.Max, limit.Default)
	}
	for _, filter := range []string{"limit", "cursor", "status", "customerId", "createdAfter", "createdBefore", "order"} {
		if list.Parameters.GetByInAndName("query", filter) == nil {
			t.Errorf("the list operation has no filter %s", filter)
		}
	}
}

func TestOpenAPI_HeadersOfEachOperation(t *testing.T) {
	t.Parallel()
	keys := map[string]string{
		"createCheckoutSession": "required", "cancelCheckoutSession": "required", "confirmCheckoutSession": "optional",
		"listCheckoutSessions": "none", "getCheckoutSession": "none",
	}
	for _, item := range load(t).Paths.Map() {
		for _, o := range item.Operations() {
			all := append(slices.Clone(item.Parameters), o.Parameters...)
			if got, want := presence(all, "Idempotency-Key"), keys[o.OperationID]; got != want {
				t.Errorf("the idempotency key of %s is %s, want %s", o.OperationID, got, want)
			}
			for _, name := range []string{"X-Plugipay-On-Behalf-Of", "X-Plugipay-Timestamp"} {
				if got := presence(all, name); got != "optional" {
					t.Errorf("%s of %s is %s, want optional", name, o.OperationID, got)
				}
			}
		}
	}
}

func presence(parameters openapi3.Parameters, header string) string {
	switch p := parameters.GetByInAndName("header", header); {
	case p == nil:
		return "none"
	case p.Required:
		return "required"
	}
	return "optional"
}

func TestOpenAPI_ResponsesMayHaveNewProperties(t *testing.T) {
	t.Parallel()
	schemas := load(t).Components.Schemas
	extended := map[string]any{"id": "cs_1", "accountId": "acc_1", "customerId": nil, "amount": 1.0, "currency": "SGD", "status": "on_hold",
		"methods": []any{"teleport"}, "adapter": "newpay", "lineItems": map[string]any{"any": "shape"},
		"successUrl": "https://a.example", "cancelUrl": "https://a.example", "hostedUrl": "https://a.example",
		"expiresAt": "2026-09-22T14:13:20.000Z", "completedAt": nil, "metadata": nil,
		"createdAt": "2026-09-22T14:13:20.000Z", "updatedAt": "2026-09-22T14:13:20.000Z", "new": true}
	if err := schemas["CheckoutSession"].Value.VisitJSON(extended, openapi3.EnableJSONSchema2020()); err != nil {
		t.Errorf("a session with a new property and new values breaks the contract: %v", err)
	}
	delete(extended, "hostedUrl")
	if err := schemas["CheckoutSession"].Value.VisitJSON(extended, openapi3.EnableJSONSchema2020()); err == nil {
		t.Error("a session without a hosted URL conforms to the contract")
	}
}
