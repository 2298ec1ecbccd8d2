package validator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// formats lists the formats that are checked in bodies and in parameters.
var formats = []string{"date", "date-time", "uri", "uuid", "email", "ipv4"}

// schemas holds the compiled schemas of a document.
type schemas struct {
	byMedia map[*openapi3.MediaType]*jsonschema.Schema // of the JSON bodies
	byName  map[string]*jsonschema.Schema              // of the components
}

const (
	documentURL = "https://plugipay.com/openapi.json"
	bodiesKey   = "x-bodies" // the key of the bodies' schemas in the document
)

// compileSchemas compiles the schemas of the document's components and of the bodies.
func compileSchemas(document []byte, doc *openapi3.T, bodies []openapi3.Content) (*schemas, error) {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return nil, err
	}
	media, refs := jsonMedia(bodies)
	written, err := json.Marshal(refs)
	if err != nil {
		return nil, err
	}
	root := value.(map[string]any) // the loader has read it as an object
	if root[bodiesKey], err = jsonschema.UnmarshalJSON(bytes.NewReader(written)); err != nil {
		return nil, err
	}
	c := newCompiler()
	if err := c.AddResource(documentURL, root); err != nil {
		return nil, err
	}
	s := &schemas{byMedia: map[*openapi3.MediaType]*jsonschema.Schema{}, byName: map[string]*jsonschema.Schema{}}
	for i, m := range media {
		if s.byMedia[m], err = c.Compile(fmt.Sprintf("%s#/%s/%d", documentURL, bodiesKey, i)); err != nil {
			return nil, err
		}
	}
	if doc.Components == nil {
		return s, nil
	}
	for name := range doc.Components.Schemas {
		if s.byName[name], err = c.Compile(documentURL + "#/components/schemas/" + name); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// jsonMedia returns the JSON media types that have a schema, and their schemas.
func jsonMedia(bodies []openapi3.Content) (media []*openapi3.MediaType, refs []*openapi3.SchemaRef) {
	for _, content := range bodies {
		for name, m := range content {
			if m.Schema != nil && isJSON(name) {
				media, refs = append(media, m), append(refs, m.Schema)
			}
		}
	}
	return media, refs
}

func newCompiler() *jsonschema.Compiler {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	c.RegisterFormat(&jsonschema.Format{Name: "uri", Validate: checkURI})
	return c
}

// checkURI requires an absolute URL with a host, because a browser must be able to open it.
func checkURI(value any) error {
	text, ok := value.(string)
	if !ok {
		return nil
	}
	if u, err := url.Parse(text); err != nil || !u.IsAbs() || u.Hostname() == "" {
		return errors.New("not an absolute URL")
	}
	return nil
}

func isJSON(mediaType string) bool {
	return mediaType == "application/json" || strings.HasSuffix(mediaType, "+json")
}

func mediaTypes(content openapi3.Content) string {
	return strings.Join(slices.Sorted(maps.Keys(content)), " or ")
}
