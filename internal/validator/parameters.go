package validator

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// parameter is a parameter of an operation, and the route that kin-openapi needs to check it.
type parameter struct {
	spec  *openapi3.Parameter
	route *routers.Route
}

// newParameters returns the parameters of an operation. A parameter of the operation replaces a parameter of its path with the
// same name and place.
func newParameters(route *routers.Route) (parameters []parameter) {
	all := append(openapi3.Parameters{}, route.Operation.Parameters...)
	for _, ref := range route.PathItem.Parameters {
		if route.Operation.Parameters.GetByInAndName(ref.Value.In, ref.Value.Name) == nil {
			all = append(all, ref)
		}
	}
	for _, ref := range all {
		p := parameter{spec: ref.Value, route: route}
		if isPlain(ref.Value.Schema) {
			p.route = asPlain(route)
		}
		parameters = append(parameters, p)
	}
	return parameters
}

// asPlain returns a copy of the route that declares OpenAPI 3.0. It is for plain schemas. For 3.1, kin-openapi compiles the schema
// on every call, which takes ten times as long as everything else.
func asPlain(route *routers.Route) *routers.Route {
	doc := *route.Spec
	doc.OpenAPI = "3.0.3"
	plain := *route
	plain.Spec = &doc
	return &plain
}

// isPlain reports whether a schema has the same meaning in OpenAPI 3.0 and 3.1.
func isPlain(schema *openapi3.SchemaRef) bool {
	if schema == nil {
		return false
	}
	text, err := json.Marshal(schema.Value)
	if err != nil {
		return false
	}
	var keywords map[string]any
	if json.Unmarshal(text, &keywords) != nil {
		return false
	}
	for keyword, value := range keywords {
		switch keyword {
		case "type":
			if _, one := value.(string); !one {
				return false
			}
		case "items":
			if !isPlain(schema.Value.Items) {
				return false
			}
		case "format", "enum", "minimum", "maximum", "minLength", "maxLength", "pattern", "default",
			"title", "description", "example", "examples":
		default:
			if !strings.HasPrefix(keyword, "x-") {
				return false
			}
		}
	}
	return true
}

// filterOptions returns the options for kin-openapi, with the same formats as the compiled schemas.
func filterOptions() (*openapi3filter.Options, error) {
	options := &openapi3filter.Options{SkipSettingDefaults: true, IncludeResponseStatus: true, ExcludeResponseBody: true}
	for _, format := range formats {
		c := newCompiler()
		if err := c.AddResource(documentURL, map[string]any{"format": format}); err != nil {
			return nil, err
		}
		schema, err := c.Compile(documentURL)
		if err != nil {
			return nil, err
		}
		validate := openapi3.NewCallbackValidator(func(value string) error { return schema.Validate(value) })
		options.SchemaValidationOptions = append(options.SchemaValidationOptions, openapi3.WithStringFormatValidator(format, validate))
	}
	return options, nil
}

func (o *Operation) checkParameters(r *http.Request, pathValues map[string]string) error {
	input := openapi3filter.RequestValidationInput{Request: r, PathParams: pathValues, Options: o.options}
	for _, p := range o.parameters {
		input.Route = p.route
		if err := openapi3filter.ValidateParameter(r.Context(), &input, p.spec); err != nil {
			return parameterBreach(p.spec, err)
		}
	}
	return nil
}

func parameterBreach(spec *openapi3.Parameter, err error) *Breach {
	breach := &Breach{Property: spec.Name, Rule: "is not valid"}
	var broken *openapi3.SchemaError
	switch {
	case errors.Is(err, openapi3filter.ErrInvalidRequired):
		breach.Rule = "is required"
	case errors.Is(err, openapi3filter.ErrInvalidEmptyValue):
		breach.Rule = "must not be empty"
	case errors.As(err, &broken):
		breach.Rule = ruleOfKeyword(broken.Schema, broken.SchemaField)
	case spec.Schema != nil:
		breach.Rule = ruleOfKeyword(spec.Schema.Value, "type")
	}
	return breach
}

// headerRoutes returns the route to give to kin-openapi for the headers of each response.
func headerRoutes(route *routers.Route) map[*openapi3.Response]*routers.Route {
	routes := map[*openapi3.Response]*routers.Route{}
	plain := asPlain(route)
	for _, ref := range route.Operation.Responses.Map() {
		routes[ref.Value] = plain
		if slices.ContainsFunc(slices.Collect(maps.Values(ref.Value.Headers)), isNotPlain) {
			routes[ref.Value] = route
		}
	}
	return routes
}

// checkHeaders checks the headers of a response.
func (o *Operation) checkHeaders(r *http.Request, status int, header http.Header) error {
	spec := o.response(status)
	route := o.headers[spec]
	err := openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, Route: route, Options: o.options},
		Status:                 status,
		Header:                 header,
		Options:                o.options,
	})
	if err != nil {
		return headerBreach(spec.Headers, header, err)
	}
	return nil
}

func isNotPlain(ref *openapi3.HeaderRef) bool { return !isPlain(ref.Value.Schema) }

// headerBreach returns the breach of a response header. It finds the header in the text of kin-openapi's error.
func headerBreach(specs openapi3.Headers, header http.Header, err error) *Breach {
	var response *openapi3filter.ResponseError
	if !errors.As(err, &response) {
		return &Breach{Property: "the header", Rule: "is not valid"}
	}
	for name, ref := range specs {
		if !strings.Contains(response.Reason, strconv.Quote(name)) {
			continue
		}
		breach := &Breach{Property: name, Rule: "is not valid"}
		var broken *openapi3.SchemaError
		switch {
		case len(header.Values(name)) == 0:
			breach.Rule = "is required"
		case errors.As(err, &broken):
			breach.Rule = ruleOfKeyword(broken.Schema, broken.SchemaField)
		case ref.Value.Schema != nil:
			breach.Rule = ruleOfKeyword(ref.Value.Schema.Value, "type")
		}
		return breach
	}
	return &Breach{Property: "a header", Rule: "is not valid"}
}
