package plugipay_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/plugipay/plugipay-go/contract"
	"github.com/plugipay/plugipay-go/plugipay"
)

// texts returns the values of a list as text.
func texts[T ~string](values []T) []string {
	var list []string
	for _, value := range values {
		list = append(list, string(value))
	}
	return list
}

// enumLists maps each enumeration of the contract to the function that lists its values.
var enumLists = map[string]func() []string{
	"CheckoutAdapter":       func() []string { return texts(plugipay.CheckoutAdapters()) },
	"CheckoutMethod":        func() []string { return texts(plugipay.CheckoutMethods()) },
	"CheckoutSessionStatus": func() []string { return texts(plugipay.CheckoutSessionStatuses()) },
	"CurrencyCode":          func() []string { return texts(plugipay.CurrencyCodes()) },
	"EventName":             func() []string { return texts(plugipay.EventNames()) },
	"ErrorCode":             func() []string { return texts(plugipay.ErrorCodes()) },
}

// TestLists_CoverEveryEnumerationOfTheContract skips ListOrder, which has no list function.
func TestLists_CoverEveryEnumerationOfTheContract(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(contract.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	for name, schema := range doc.Components.Schemas {
		if len(schema.Value.Enum) == 0 || name == "ListOrder" {
			continue
		}
		list := enumLists[name]
		if list == nil {
			t.Errorf("%s has no list: give it x-go-list, and add it to enumLists in plugipay/enums_test.go", name)
			continue
		}
		var want []string
		for _, value := range schema.Value.Enum {
			want = append(want, value.(string))
		}
		got := list()
		if name == "ErrorCode" { // the client's own codes follow the codes that Plugipay sends
			got = got[:min(len(want), len(got))]
		}
		if !slices.Equal(got, want) {
			t.Errorf("the list of %s is %v, want %v", name, got, want)
		}
	}
	for name := range enumLists {
		if doc.Components.Schemas[name] == nil {
			t.Errorf("the contract has no %s: remove it from enumLists", name)
		}
	}
}

func TestLists_ReturnANewSlice(t *testing.T) {
	t.Parallel()
	for _, list := range []any{
		plugipay.CheckoutAdapters, plugipay.CheckoutMethods, plugipay.CheckoutSessionStatuses, plugipay.CurrencyCodes,
		plugipay.EventNames, plugipay.ErrorCodes,
	} {
		get := reflect.ValueOf(list)
		first := get.Call(nil)[0]
		want := first.Index(0).String()
		first.Index(0).SetString("changed")
		if got := get.Call(nil)[0].Index(0).String(); got != want {
			t.Errorf("after a change of a list of %s the next one begins with %q", first.Type(), got)
		}
	}
}

// TestErrorCodes_HoldsEveryConstant finds a code that was added to the package but not to ErrorCodes.
func TestErrorCodes_HoldsEveryConstant(t *testing.T) {
	t.Parallel()
	constants := errorCodeConstants(t)
	for _, code := range constants {
		if !slices.Contains(plugipay.ErrorCodes(), code) {
			t.Errorf("ErrorCodes lacks %s", code)
		}
		if sentinels[code] == nil {
			t.Errorf("%s has no sentinel", code)
		}
	}
	codes := plugipay.ErrorCodes()
	slices.Sort(codes)
	if unique := slices.Compact(slices.Clone(codes)); len(unique) != len(codes) || len(codes) != len(constants) {
		t.Errorf("ErrorCodes has %d codes, %d of them different; there are %d constants", len(codes), len(unique), len(constants))
	}
}

// errorCodeConstants returns the values of the package's ErrorCode constants, from its source.
func errorCodeConstants(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			if group, ok := decl.(*ast.GenDecl); ok && group.Tok == token.CONST {
				values = append(values, errorCodesOf(t, group)...)
			}
		}
	}
	if len(values) == 0 {
		t.Fatal("no constants were found")
	}
	return values
}

func errorCodesOf(t *testing.T, group *ast.GenDecl) (values []string) {
	t.Helper()
	for _, spec := range group.Specs {
		constant := spec.(*ast.ValueSpec)
		if !strings.HasPrefix(constant.Names[0].Name, "ErrorCode") {
			continue
		}
		value, err := strconv.Unquote(constant.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
	}
	return values
}
