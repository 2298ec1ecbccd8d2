// Package validator checks requests and responses against an OpenAPI document. It checks bodies with JSON schemas that it
// compiles once, and parameters and headers with kin-openapi.
package validator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Validator holds the operations of a document. It is safe for concurrent use.
type Validator struct {
	operations []*Operation
	schemas    *schemas
}

// Operation is an operation of the document.
type Operation struct {
	// ID is the operation's operationId.
	ID string
	// Spec is the operation in the document.
	Spec *openapi3.Operation

	route      *routers.Route
	segments   []string // of the path's template
	parameters []parameter
	headers    map[*openapi3.Response]*routers.Route // to give to kin-openapi for the headers of a response
	schemas    *schemas
	options    *openapi3filter.Options
}

// New returns a validator for an OpenAPI document, as JSON.
func New(document []byte) (*Validator, error) {
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		return nil, fmt.Errorf("the OpenAPI document cannot be read: %w", err)
	}
	operations, bodies := operationsOf(doc)
	compiled, err := compileSchemas(document, doc, bodies)
	if err != nil {
		return nil, fmt.Errorf("a schema of the OpenAPI document cannot be compiled: %w", err)
	}
	options, err := filterOptions()
	if err != nil {
		return nil, err
	}
	for _, o := range operations {
		o.schemas, o.options = compiled, options
	}
	return &Validator{operations: operations, schemas: compiled}, nil
}

// operationsOf returns the operations of a document in matching order, and their bodies.
func operationsOf(doc *openapi3.T) (operations []*Operation, bodies []openapi3.Content) {
	for _, template := range doc.Paths.InMatchingOrder() {
		item := doc.Paths.Value(template)
		for method, spec := range item.Operations() {
			route := &routers.Route{Spec: doc, Path: template, PathItem: item, Method: method, Operation: spec}
			operations = append(operations, &Operation{
				ID: spec.OperationID, Spec: spec,
				route: route, segments: strings.Split(template, "/"), parameters: newParameters(route),
				headers: headerRoutes(route),
			})
			if spec.RequestBody != nil {
				bodies = append(bodies, spec.RequestBody.Value.Content)
			}
			for _, response := range spec.Responses.Map() {
				bodies = append(bodies, response.Value.Content)
			}
		}
	}
	return operations, bodies
}

// Find returns the operation for a method and an escaped path, and the values of the path's parameters. The segments of
// the path are unescaped one by one, so an id may contain an escaped slash.
func (v *Validator) Find(method, escapedPath string) (o *Operation, pathValues map[string]string, ok bool) {
	if path.Clean(escapedPath) != escapedPath {
		return nil, nil, false
	}
	segments := strings.Split(escapedPath, "/")
	for _, o := range v.operations {
		if values, ok := o.match(segments); ok && o.route.Method == method {
			return o, values, true
		}
	}
	return nil, nil, false
}

func (o *Operation) match(segments []string) (values map[string]string, ok bool) {
	if len(segments) != len(o.segments) {
		return nil, false
	}
	values = map[string]string{}
	for i, pattern := range o.segments {
		value, err := url.PathUnescape(segments[i])
		if err != nil {
			return nil, false
		}
		if name, isParameter := strings.CutPrefix(pattern, "{"); isParameter {
			values[strings.TrimSuffix(name, "}")] = value
		} else if value != pattern {
			return nil, false
		}
	}
	return values, true
}

// OperationIDs returns the ids of the operations in alphabetical order.
func (v *Validator) OperationIDs() []string {
	ids := make([]string, 0, len(v.operations))
	for _, o := range v.operations {
		ids = append(ids, o.ID)
	}
	slices.Sort(ids)
	return ids
}

// CheckRequest returns a *Breach if the request does not match the operation. It checks body instead of r.Body, which it does
// not read. pathValues are the values that Find returned.
func (o *Operation) CheckRequest(r *http.Request, pathValues map[string]string, body []byte) error {
	if err := o.checkParameters(r, pathValues); err != nil {
		return err
	}
	if o.Spec.RequestBody == nil {
		return nil
	}
	spec := o.Spec.RequestBody.Value
	if len(body) == 0 {
		if spec.Required {
			return &Breach{Rule: "is required"}
		}
		return nil
	}
	return o.checkBody(spec.Content, r.Header.Get("Content-Type"), body)
}

// CheckResponse returns a *Breach if the response does not match the operation.
func (o *Operation) CheckResponse(r *http.Request, status int, header http.Header, body []byte) error {
	spec := o.response(status)
	if spec == nil {
		return &Breach{Property: "status", Rule: "is not documented"}
	}
	if err := o.checkHeaders(r, status, header); err != nil {
		return err
	}
	if len(spec.Content) == 0 || r.Method == http.MethodHead {
		return nil
	}
	return o.checkBody(spec.Content, header.Get("Content-Type"), body)
}

func (o *Operation) response(status int) *openapi3.Response {
	for _, ref := range []*openapi3.ResponseRef{o.Spec.Responses.Status(status), o.Spec.Responses.Default()} {
		if ref != nil {
			return ref.Value
		}
	}
	return nil
}

func (o *Operation) checkBody(content openapi3.Content, contentType string, body []byte) error {
	media := content.Get(contentType)
	if media == nil {
		return &Breach{Property: "Content-Type", Rule: "must be " + mediaTypes(content)}
	}
	if schema := o.schemas.byMedia[media]; schema != nil {
		return check(schema, body)
	}
	return nil
}

// CheckBody returns a *Breach if a body does not match the schema of a component of the document.
func (v *Validator) CheckBody(component string, body []byte) error {
	schema, ok := v.schemas.byName[component]
	if !ok {
		return fmt.Errorf("the OpenAPI document has no schema %s", component)
	}
	return check(schema, body)
}

func check(schema *jsonschema.Schema, body []byte) error {
	value, err := Decode(body)
	if err != nil {
		return &Breach{Rule: "is not JSON"}
	}
	if err := schema.Validate(value); err != nil {
		return breachOf(err)
	}
	return nil
}

// Decode decodes JSON without rounding its numbers. It fails if anything follows the JSON.
func Decode(body []byte) (any, error) {
	if !json.Valid(body) {
		return nil, fmt.Errorf("not JSON")
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(body))
}
