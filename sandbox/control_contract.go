package sandbox

import (
	_ "embed"
	"net/http"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

// controlYAML is the handwritten contract of the routes under /_sandbox/.
//
//go:embed control.yaml
var controlYAML []byte

// loadControlContract returns the contract as JSON. A test makes sure that the contract can be decoded.
var loadControlContract = sync.OnceValues(func() ([]byte, error) {
	document, err := openapi3.NewLoader().LoadFromData(controlYAML)
	if err != nil {
		return nil, err
	}
	return document.MarshalJSON()
})

// serveControlContract serves the contract of the control routes. It is the only response under /_sandbox/ that is not an
// envelope.
func serveControlContract(w http.ResponseWriter, _ *http.Request) {
	document, err := loadControlContract()
	if err != nil {
		http.Error(w, "something went wrong on our side", http.StatusInternalServerError)
		return
	}
	response{status: http.StatusOK, body: document}.write(w, http.Header{"Content-Type": {jsonMediaType}})
}
