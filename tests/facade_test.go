package tests

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/plugipay/plugipay-go/contract"
	"github.com/plugipay/plugipay-go/plugipay"
)

// TestFacade_HasAMethodForEachOperation checks that each operation has its own method. For example, the operation
// createCheckoutSession with the tag "Checkout sessions" is the method Client.CheckoutSessions.Create.
func TestFacade_HasAMethodForEachOperation(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(contract.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	operations := 0
	taken := map[string]string{}
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			operations++
			resource, name := facadeMethod(operation)
			if other := taken[resource+"."+name]; other != "" {
				t.Errorf("%s and %s are both Client.%s.%s: change the operationId of one of them",
					other, operation.OperationID, resource, name)
			}
			taken[resource+"."+name] = operation.OperationID
			if problem := lacks(resource, name); problem != "" {
				t.Errorf("%s %s (%s): Client.%s.%s %s", method, path, operation.OperationID, resource, name, problem)
			}
		}
	}
	if operations == 0 {
		t.Fatal("the contract has no operations")
	}
	if lacks("CheckoutSessions", "DoNothing") == "" || lacks("Nothings", "Create") == "" {
		t.Error("a method that does not exist is not reported")
	}
}

// TestOperation_IsUsedByATest checks that the contract tests call each operation with success and set each of its filters.
func TestOperation_IsUsedByATest(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(contract.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	const file = "server_keeps_contract_test.go"
	tests, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range doc.Paths.Map() {
		for _, operation := range item.Operations() {
			for status := range operation.Responses.Map() {
				exchange := operation.OperationID + " " + status
				if status[0] == '2' && !strings.Contains(string(tests), `"`+exchange+`"`) {
					t.Errorf("no contract test has wantValidated(t, transport, %q): add one to tests/%s", exchange, file)
				}
			}
			for _, name := range filters(operation) {
				if !regexp.MustCompile(`\b` + name + `( =|:)`).Match(tests) {
					t.Errorf("no contract test sets the filter %s of %s: add one to tests/%s, and apply the filter in sandbox",
						name, operation.OperationID, file)
				}
			}
		}
	}
}

// filters returns the field names of the public type of an operation's filters.
func filters(operation *openapi3.Operation) (names []string) {
	paramsType, _ := operation.Extensions["x-go-params-type"].(string)
	if public := publicTypes[paramsType]; public != nil {
		for _, field := range reflect.VisibleFields(public) {
			names = append(names, field.Name)
		}
	}
	return names
}

// facadeMethod returns the resource and the method of an operation. The name of the method is the verb of the operation's
// id and the part after the resource's name: listCheckoutSessionPayments with the tag "Checkout sessions" is
// Client.CheckoutSessions.ListPayments.
func facadeMethod(operation *openapi3.Operation) (resource, method string) {
	for word := range strings.FieldsSeq(strings.Join(operation.Tags, " ")) {
		resource += strings.ToUpper(word[:1]) + word[1:]
	}
	verb := verbOfOperation.FindString(operation.OperationID)
	rest := operation.OperationID[len(verb):]
	if after, ok := strings.CutPrefix(rest, resource); ok {
		rest = after
	} else {
		rest = strings.TrimPrefix(rest, strings.TrimSuffix(resource, "s"))
	}
	return resource, strings.ToUpper(verb[:min(1, len(verb))]) + verb[min(1, len(verb)):] + rest
}

var verbOfOperation = regexp.MustCompile(`^[a-z]+`)

func TestFacadeMethod_SecondListHasAnotherName(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"listCheckoutSessions":        "List",
		"getCheckoutSession":          "Get",
		"listCheckoutSessionPayments": "ListPayments",
	} {
		if _, got := facadeMethod(&openapi3.Operation{OperationID: id, Tags: []string{"Checkout sessions"}}); got != want {
			t.Errorf("%s is the method %s, want %s", id, got, want)
		}
	}
}

// lacks says what is missing from a method of the facade. It returns "" if the method is complete.
func lacks(resource, name string) string {
	field, ok := reflect.TypeFor[plugipay.Client]().FieldByName(resource)
	if !ok {
		return "does not exist: the client has no such field"
	}
	method, ok := field.Type.MethodByName(name)
	if !ok {
		return "does not exist"
	}
	takes, returns := method.Type, method.Type
	if takes.NumIn() < 2 || takes.In(1) != reflect.TypeFor[context.Context]() {
		return "does not take a context first"
	}
	if returns.NumOut() != 2 || returns.Out(1) != reflect.TypeFor[error]() {
		return "does not return a result and an error"
	}
	return ""
}

// publicTypes maps names of schemas and of x-go-params-type in the contract to types of the facade. The types that methods
// take and return have the contract's name and are added by addTypes. The types listed here have another name.
var publicTypes = addTypes(map[string]reflect.Type{
	"ErrorDetail":        reflect.TypeFor[plugipay.Error](),
	"ListMeta":           reflect.TypeFor[plugipay.Page[plugipay.CheckoutSession]](),
	"Meta":               reflect.TypeFor[plugipay.ResponseInfo](),
	"PageInfo":           reflect.TypeFor[plugipay.Page[plugipay.CheckoutSession]](),
	"PlainEvent":         reflect.TypeFor[plugipay.WebhookEvent](),
	"VersionedEvent":     reflect.TypeFor[plugipay.WebhookEvent](),
	"VersionedEventData": reflect.TypeFor[plugipay.WebhookEventData](),
}, reflect.TypeFor[*plugipay.Client]())

// addTypes adds a type of the facade and the types of its fields and methods, recursively, by their names.
func addTypes(found map[string]reflect.Type, t reflect.Type) map[string]reflect.Type {
	for slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Map}, t.Kind()) {
		t = t.Elem()
	}
	if t.PkgPath() != reflect.TypeFor[plugipay.Client]().PkgPath() || found[t.Name()] != nil {
		return found
	}
	found[t.Name()] = t
	if t.Kind() == reflect.Struct {
		for i := range t.NumField() {
			addTypes(found, t.Field(i).Type)
		}
	}
	for i := range reflect.PointerTo(t).NumMethod() {
		method := reflect.PointerTo(t).Method(i).Type
		for in := range method.NumIn() {
			addTypes(found, method.In(in))
		}
		for out := range method.NumOut() {
			addTypes(found, method.Out(out))
		}
	}
	return found
}

// notPublic lists the parameters and properties that have no field with their name, and the reason.
var notPublic = map[string]string{
	"header Idempotency-Key":         "the client generates a key; WithIdempotencyKey sets one",
	"header X-Plugipay-On-Behalf-Of": "ClientOptions has it",
	"header X-Plugipay-Timestamp":    "the client signs with it",
	"path id":                        "it is an argument of the method",
	"ErrorDetail.param":              "Error.Field has it",
	"ListMeta.page":                  "Page.Cursor and Page.HasMore have it",
	"ListMeta.requestId":             "ResponseInfo.RequestID has it",
	"ListMeta.timestamp":             "ResponseInfo.Body has it",
	"Meta.timestamp":                 "ResponseInfo.Body has it",
	"PageInfo.limit":                 "it is what the caller asked for",
	"PageInfo.nextCursor":            "Page.Cursor has it",
	"PlainEvent.createdAt":           "WebhookEvent.OccurredAt has it",
	"PlainEvent.workspaceId":         "WebhookEvent.AccountID has it",
}

// TestFacade_HasWhatTheDocumentHas names each parameter and property that the facade lacks, and the place to add it.
func TestFacade_HasWhatTheDocumentHas(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(contract.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	missing, used := notInFacade(doc)
	for _, problem := range missing {
		t.Error(problem)
	}
	for name := range notPublic {
		if !used[name] {
			t.Errorf("notPublic has %s: remove it, because the contract lacks it or the facade has it", name)
		}
	}
}

// TestFacade_AdditionsAreReported checks that the test above reports additions in each place of the contract.
func TestFacade_AdditionsAreReported(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(contract.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	text := func() *openapi3.SchemaRef { return openapi3.NewSchemaRef("", openapi3.NewStringSchema()) }
	schemas := doc.Components.Schemas
	for _, name := range []string{
		"CheckoutSessionEnvelope", "ListMeta", "ErrorDetail", "VersionedEvent", "VersionedEventData", "CheckoutSessionCreateInput",
	} {
		schemas[name].Value.Properties["added"] = text()
	}
	schemas["Added"] = openapi3.NewSchemaRef("", openapi3.NewObjectSchema().WithProperty("id", openapi3.NewStringSchema()))
	item := doc.Paths.Find("/api/v1/checkout-sessions")
	header := openapi3.NewHeaderParameter("X-Added").WithSchema(openapi3.NewStringSchema())
	item.Parameters = append(item.Parameters, &openapi3.ParameterRef{Value: header})
	item.Get.AddParameter(openapi3.NewQueryParameter("added").WithSchema(openapi3.NewStringSchema()))
	missing, _ := notInFacade(doc)
	all := strings.Join(missing, "\n")
	for _, want := range []string{
		"createCheckoutSession: the header parameter X-Added",
		"listCheckoutSessions: the header parameter X-Added",
		"listCheckoutSessions: the query parameter added is not in plugipay.CheckoutSessionListParams",
		"CheckoutSessionEnvelope.added", "ListMeta.added", "ErrorDetail.added", "VersionedEvent.added", "VersionedEventData.added",
		"CheckoutSessionCreateInput.added", "the schema Added",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("%s is not reported; the report is:\n%s", want, all)
		}
	}
}

// notInFacade returns a sentence for each part of the contract that the facade lacks, and the names in notPublic that
// were used.
func notInFacade(doc *openapi3.T) (missing []string, used map[string]bool) {
	used = map[string]bool{}
	excused := func(name string) bool {
		_, ok := notPublic[name]
		used[name] = ok
		return ok
	}
	for _, item := range doc.Paths.Map() {
		for _, operation := range item.Operations() {
			for _, ref := range slices.Concat(item.Parameters, operation.Parameters) {
				if problem := lacksParameter(operation, ref.Value); problem != "" && !excused(ref.Value.In+" "+ref.Value.Name) {
					missing = append(missing, problem)
				}
			}
		}
	}
	for name, schema := range doc.Components.Schemas {
		for property := range schema.Value.Properties {
			if problem := lacksProperty(name, property); problem != "" && !excused(name+"."+property) {
				missing = append(missing, problem)
			}
		}
	}
	slices.Sort(missing)
	return slices.Compact(missing), used
}

func lacksParameter(operation *openapi3.Operation, parameter *openapi3.Parameter) string {
	paramsType, _ := operation.Extensions["x-go-params-type"].(string)
	public := publicTypes[paramsType]
	switch {
	case paramsType != "" && public == nil:
		return fmt.Sprintf("%s: the facade has no method that takes its filters, plugipay.%s", operation.OperationID, paramsType)
	case public != nil && hasField(public, strings.ReplaceAll(parameter.Name, "-", "")):
		return ""
	case parameter.In == "query" && public != nil:
		return fmt.Sprintf("%s: the query parameter %s is not in %s: run go generate ./...",
			operation.OperationID, parameter.Name, public)
	}
	return fmt.Sprintf("%s: the %s parameter %s is not in the facade: send it in the operation's method in plugipay, then add "+
		"it to notPublic in tests/facade_test.go", operation.OperationID, parameter.In, parameter.Name)
}

func lacksProperty(schema, property string) string {
	if strings.HasSuffix(schema, "Envelope") {
		if slices.Contains([]string{"data", "error", "meta"}, property) {
			return ""
		}
		return fmt.Sprintf("%s.%s is not in the facade: read it in plugipay/envelope.go, then add it to notPublic in "+
			"tests/facade_test.go", schema, property)
	}
	public := publicTypes[schema]
	switch {
	case public == nil:
		return fmt.Sprintf("the schema %s is not a type of the facade: add a method to plugipay that takes or returns it, or add "+
			"the type that has its properties to publicTypes in tests/facade_test.go", schema)
	case !hasField(public, property):
		return fmt.Sprintf("%s.%s is not in %s: add a field, or add the property to notPublic in tests/facade_test.go",
			schema, property, public)
	}
	return ""
}

// hasField reports whether a struct has an exported field with this name. It ignores case.
func hasField(structure reflect.Type, name string) bool {
	field, ok := structure.FieldByNameFunc(func(field string) bool { return strings.EqualFold(field, name) })
	return ok && field.IsExported()
}
