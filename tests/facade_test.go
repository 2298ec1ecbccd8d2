package tests

import (
	"context"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/plugipay/plugipay-go/contract"
	"github.com/plugipay/plugipay-go/plugipay"
)

// TestEachOperationHasItsMethod: an operation createCheckoutSession with the tag "Checkout sessions" is the method
// Client.CheckoutSessions.Create.
func TestEachOperationHasItsMethod(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(contract.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	operations := 0
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			operations++
			resource, name := facadeMethod(operation)
			if problem := lacks(resource, name); problem != "" {
				t.Errorf("%s %s (%s): Client.%s.%s %s", method, path, operation.OperationID, resource, name, problem)
			}
		}
	}
	if operations == 0 {
		t.Fatal("the contract has no operations")
	}
	if lacks("CheckoutSessions", "Refund") == "" || lacks("Refunds", "Create") == "" {
		t.Error("a method that does not exist is not missed")
	}
}

// facadeMethod returns the resource and the method that belong to an operation.
func facadeMethod(operation *openapi3.Operation) (resource, method string) {
	for word := range strings.FieldsSeq(strings.Join(operation.Tags, " ")) {
		resource += strings.ToUpper(word[:1]) + word[1:]
	}
	verb := verbOfOperation.FindString(operation.OperationID)
	return resource, strings.ToUpper(verb[:min(1, len(verb))]) + verb[min(1, len(verb)):]
}

var verbOfOperation = regexp.MustCompile(`^[a-z]+`)

// lacks says what is missing of a method of the facade; nothing if it is all there.
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
