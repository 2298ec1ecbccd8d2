package plugipay

import (
	"net/http"
	"time"
)

// ClientOptions configures a [Client].
type ClientOptions struct {
	KeyID      string
	Secret     string
	APIKey     string
	BaseURL    string
	OnBehalfOf string
	Timeout    time.Duration
	HTTP       *http.Client
}
