package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime"
	"reflect"
	"strconv"
	"strings"

	"github.com/plugipay/plugipay-go/gen"
)

// longestSpan is the longest duration that a control route accepts: a hundred years, in seconds.
const longestSpan = 100 * 365 * 24 * 60 * 60

func isJSONMediaType(contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	return err == nil && mediaType == jsonMediaType
}

// decodeControl decodes a JSON object into a struct, and refuses properties that the struct does not have.
func decodeControl(body []byte, into any) error {
	if !json.Valid(body) || !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) {
		return fail(gen.ErrorCodeValidationError, "the body is not a JSON object")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	var wrongType *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrongType):
		return invalid(wrongType.Field, "has the wrong type or is too large")
	}
	return fail(gen.ErrorCodeValidationError, "the body can have "+knownProperties(into))
}

// decodeOptional is decodeControl for a body that may be empty, which means {}.
func decodeOptional(body []byte, into any) error {
	if len(body) == 0 {
		return nil
	}
	return decodeControl(body, into)
}

// knownProperties returns the names of a struct's JSON properties, except keyId, which all routes have.
func knownProperties(of any) string {
	t := reflect.TypeOf(of).Elem()
	var names []string
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name != keyIDParameter {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "no properties"
	}
	return "these properties only: " + strings.Join(names, ", ")
}

func checkSpan(field string, value int64) error {
	if value < 0 || value > longestSpan {
		return invalid(field, "must be from 0 to "+strconv.FormatInt(longestSpan, 10))
	}
	return nil
}
