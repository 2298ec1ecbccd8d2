package validator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/plugipay/plugipay-go/internal/validator"
)

// document returns an OpenAPI document with one operation. The arguments are the schemas of its body and its parameter q.
func document(body, q string) []byte {
	return fmt.Appendf(nil, `{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{"/things/{id}":{
		"parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],
		"put":{"operationId":"putThing",
			"parameters":[{"name":"q","in":"query","schema":%s}],
			"requestBody":{"content":{"application/json":{"schema":%s}}},
			"responses":{"204":{"description":"done"}}}}},
		"components":{"schemas":{"Named":{"type":"object","properties":{"kind":{"const":"card"}}}}}}`, q, body)
}

// check sends a request to the operation and returns the breach, or an empty string.
func check(t *testing.T, doc []byte, query, body string) string {
	t.Helper()
	v, err := validator.New(doc)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), "PUT", "https://example.com/things/1?"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	o, values, ok := v.Find(r.Method, r.URL.EscapedPath())
	if !ok || o.ID != "putThing" {
		t.Fatalf("the operation is %v, found: %t", o, ok)
	}
	if err := o.CheckRequest(r, values, []byte(body)); err != nil {
		return err.Error()
	}
	return ""
}

func TestCheckRequest_FindsABreachOfEachKeyword(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ schema, good, bad, want string }{
		"const": {`{"properties":{"kind":{"const":"card"}}}`, `{"kind":"card"}`, `{"kind":"cash"}`, "kind must be card"},
		"const in a referenced schema": {`{"properties":{"a":{"$ref":"#/components/schemas/Named"}}}`,
			`{"a":{"kind":"card"}}`, `{"a":{"kind":"cash"}}`, "a.kind must be card"},
		"if, then": {`{"if":{"properties":{"kind":{"const":"card"}},"required":["kind"]},"then":{"required":["number"]}}`,
			`{"kind":"cash"}`, `{"kind":"card"}`, "number is required"},
		"if, else": {`{"if":{"required":["kind"]},"else":{"required":["number"]}}`, `{"kind":1}`, `{}`, "number is required"},
		"dependentRequired": {`{"dependentRequired":{"number":["expiry"]}}`,
			`{"number":1,"expiry":2}`, `{"number":1}`, "expiry is required with number"},
		"type":     {`{"properties":{"a":{"type":["integer","null"]}}}`, `{"a":null}`, `{"a":"1"}`, "a must be null or a whole number"},
		"required": {`{"required":["b","a"]}`, `{"a":1,"b":1}`, `{}`, "a is required"},
		"enum":     {`{"properties":{"a":{"enum":["x","y"]}}}`, `{"a":"x"}`, `{"a":"z"}`, "a must be one of x, y"},
		"minimum":  {`{"properties":{"a":{"minimum":1.5}}}`, `{"a":2}`, `{"a":1}`, "a must be at least 3/2"},
		"maximum":  {`{"properties":{"a":{"maximum":9}}}`, `{"a":9}`, `{"a":10}`, "a must be at most 9"},
		"pattern":  {`{"properties":{"a":{"pattern":"^x"}}}`, `{"a":"x"}`, `{"a":"y"}`, "a must match the pattern ^x"},
		"items":    {`{"properties":{"a":{"items":{"type":"string"}}}}`, `{"a":["x"]}`, `{"a":["x",1]}`, "a.1 must be text"},
		"additionalProperties": {`{"properties":{"a":{}},"additionalProperties":false}`,
			`{"a":1}`, `{"a":1,"secret":1}`, "the body must have no other properties"},
		"uniqueItems": {`{"properties":{"a":{"uniqueItems":true}}}`, `{"a":[1]}`, `{"a":[1,1]}`, "a breaks the rule uniqueItems"},
		"not":         {`{"properties":{"a":{"not":{"type":"string"}}}}`, `{"a":1}`, `{"a":"x"}`, "a is not valid"},
		"anyOf, the best alternative": {`{"anyOf":[{"required":["x"]},{"properties":{"a":{"properties":{"b":{"type":"string"}}}},"required":["a"]}]}`,
			`{"a":{"b":"x"}}`, `{"a":{"b":1}}`, "a.b must be text"},
		"several breaches": {`{"properties":{"b":{"type":"string"},"a":{"type":"string"}}}`, `{}`, `{"a":1,"b":1}`, "a must be text"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := document(tt.schema, `{"type":"string"}`)
			if got := check(t, doc, "", tt.good); got != "" {
				t.Errorf("%s is refused: %s", tt.good, got)
			}
			if got := check(t, doc, "", tt.bad); got != tt.want {
				t.Errorf("the breach of %s is %q, want %q", tt.bad, got, tt.want)
			}
		})
	}
}

func TestCheckRequest_AssertsFormats(t *testing.T) {
	t.Parallel()
	for format, tt := range map[string]struct {
		good, bad []string
		want      string
	}{
		"date":      {[]string{"2026-02-28"}, []string{"2026-02-30", "28.2.2026", "2026-2-3"}, "must be a date such as 2026-09-01"},
		"date-time": {[]string{"2026-09-21T14:13:20.123Z", "2026-09-21T14:13:20+07:00"}, []string{"2026-09-21", "2026-09-21T14:13:20", "1790000000"}, "must be an ISO 8601 time such as 2026-09-01T00:00:00Z"},
		"uri":       {[]string{"https://a.example/b?c#d"}, []string{"/c/cs_1", "https://", "https://:443", "a.example", "mailto:ana@example.com"}, "must be an absolute URL"},
		"uuid":      {[]string{"7f8d1c9e-4a3b-4c56-9a0e-2f1b3c4d5e6f"}, []string{"7f8d1c9e", "{7f8d1c9e-4a3b-4c56-9a0e-2f1b3c4d5e6f}"}, "must have the format uuid"},
		"email":     {[]string{"ana@example.com"}, []string{"ana", "ana@", "Ana <ana@example.com>"}, "must have the format email"},
		"ipv4":      {[]string{"192.0.2.1"}, []string{"192.0.2", "::1", "192.0.2.256"}, "must have the format ipv4"},
	} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			schema := fmt.Sprintf(`{"type":"string","format":%q}`, format)
			doc := document(`{"properties":{"a":`+schema+`}}`, schema)
			for _, good := range tt.good {
				if got := check(t, doc, "q="+url.QueryEscape(good), body(t, good)); got != "" {
					t.Errorf("%s is refused: %s", good, got)
				}
			}
			for _, bad := range tt.bad {
				if got := check(t, doc, "", body(t, bad)); got != "a "+tt.want {
					t.Errorf("the breach of %s in a body is %q, want %q", bad, got, "a "+tt.want)
				}
				if got := check(t, doc, "q="+url.QueryEscape(bad), ""); got != "q "+tt.want {
					t.Errorf("the breach of %s in a parameter is %q, want %q", bad, got, "q "+tt.want)
				}
			}
		})
	}
}

func body(t *testing.T, a string) string {
	t.Helper()
	text, err := json.Marshal(map[string]string{"a": a})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestCheckRequest_ChecksParameters(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ schema, good, bad, want string }{
		"integer":   {`{"type":"integer"}`, "1", "x", "q must be a whole number"},
		"minimum":   {`{"type":"integer","minimum":1}`, "1", "0", "q must be at least 1"},
		"maximum":   {`{"type":"number","maximum":1.5}`, "1.5", "2", "q must be at most 1.5"},
		"boolean":   {`{"type":"boolean"}`, "true", "yes", "q must be true or false"},
		"enum":      {`{"type":"string","enum":["a","b"]}`, "a", "c", "q must be one of a, b"},
		"minLength": {`{"type":"string","minLength":2}`, "ab", "a", "q must have at least 2 characters"},
		"pattern":   {`{"type":"string","pattern":"^a"}`, "a", "b", "q must match the pattern ^a"},
		"const":     {`{"type":"string","const":"a"}`, "a", "b", ""},
		"list":      {`{"type":"array","items":{"type":"integer"}}`, "1&q=2", "1&q=x", "q must be a list"},
		"if":        {`{"type":"string","if":{"minLength":1},"then":{"pattern":"^a"}}`, "a", "b", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := document(`{}`, tt.schema)
			if got := check(t, doc, "q="+tt.good, ""); got != "" {
				t.Errorf("%s is refused: %s", tt.good, got)
			}
			got := check(t, doc, "q="+tt.bad, "")
			if got == "" || tt.want != "" && got != tt.want {
				t.Errorf("the breach of %s is %q, want %q", tt.bad, got, tt.want)
			}
		})
	}
}

func TestFind_MatchesThePathsOfTheDocument(t *testing.T) {
	t.Parallel()
	v, err := validator.New(document(`{}`, `{"type":"string"}`))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/things/1": "1", "/things/a%2Fb": "a/b", "/things": "", "/things/1/": "", "/things//1": "", "/things/../things/1": "",
		"/things/1/2": "", "/other/1": "", "/things/%zz": "",
	} {
		_, values, ok := v.Find("PUT", path)
		if ok != (want != "") || values["id"] != want {
			t.Errorf("%s: found %t, id %q, want %q", path, ok, values["id"], want)
		}
	}
	if _, _, ok := v.Find("GET", "/things/1"); ok {
		t.Error("Find accepts another method")
	}
}

func TestNew_RefusesUnusableDocuments(t *testing.T) {
	t.Parallel()
	for name, doc := range map[string]string{
		"not JSON":             "{",
		"an unknown reference": string(document(`{"$ref":"#/components/schemas/None"}`, `{"type":"string"}`)),
		"an invalid schema":    string(document(`{"properties":{"a":{"pattern":"("}}}`, `{"type":"string"}`)),
	} {
		if _, err := validator.New([]byte(doc)); err == nil {
			t.Errorf("New accepts %s", name)
		}
	}
}
