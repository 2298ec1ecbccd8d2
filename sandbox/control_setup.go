package sandbox

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
)

// endpointJSON is the JSON of an [Endpoint] at control routes.
type endpointJSON struct {
	URL         string               `json:"url"`
	Secret      string               `json:"secret,omitempty"`
	PlainEvents bool                 `json:"plainEvents"`
	Mode        string               `json:"mode,omitempty"`
	Events      []plugipay.EventName `json:"events,omitempty"`
	CA          string               `json:"ca,omitempty"` // PEM
	KeyID       string               `json:"keyId,omitempty"`
}

func (in endpointJSON) endpoint() (Endpoint, error) {
	e := Endpoint{URL: in.URL, Secret: in.Secret, PlainEvents: in.PlainEvents, Mode: in.Mode, Events: in.Events}
	if in.CA == "" {
		return e, e.check()
	}
	block, _ := pem.Decode([]byte(in.CA))
	if block == nil {
		return Endpoint{}, errors.New("ca must be a certificate in PEM")
	}
	var err error
	if e.CA, err = x509.ParseCertificate(block.Bytes); err != nil {
		return Endpoint{}, errors.New("ca must be a certificate in PEM")
	}
	return e, e.check()
}

// newEndpointJSON returns the JSON of an endpoint, without its secret.
func newEndpointJSON(e Endpoint) endpointJSON {
	return endpointJSON{URL: shownURL(e.URL), PlainEvents: e.PlainEvents, Mode: e.Mode, Events: e.Events}
}

func (s *Sandbox) controlAddEndpoint(r *http.Request, body []byte) (int, any, error) {
	var in endpointJSON
	if err := decodeControl(body, &in); err != nil {
		return 0, nil, err
	}
	key, err := s.keyNamed(keyIDOf(r, in.KeyID))
	if err != nil {
		return 0, nil, err
	}
	e, err := in.endpoint()
	if err != nil {
		return 0, nil, fail(gen.ErrorCodeValidationError, err.Error())
	}
	key.home.addEndpoint(e)
	return http.StatusCreated, newEndpointJSON(e), nil
}

func (s *Sandbox) controlEndpoints(r *http.Request, _ []byte) (int, any, error) {
	workspaces, _, err := s.selected(keyIDOf(r, ""))
	if err != nil {
		return 0, nil, err
	}
	found := []endpointJSON{}
	for _, w := range workspaces {
		for _, e := range w.feed.allEndpoints() {
			found = append(found, newEndpointJSON(e))
		}
	}
	return http.StatusOK, found, nil
}

func (s *Sandbox) controlAddWorkspace(_ *http.Request, body []byte) (int, any, error) {
	var in struct {
		AccountID string `json:"accountId"`
		Name      string `json:"name"`
		Mode      string `json:"mode"`
	}
	if err := decodeOptional(body, &in); err != nil {
		return 0, nil, err
	}
	if in.Mode == "" {
		in.Mode = ModeTest
	}
	if in.Mode != ModeTest && in.Mode != ModeLive {
		return 0, nil, invalid("mode", "must be test or live")
	}
	now := s.clock.now()
	signing := Key{ID: newID("pk_"+in.Mode+"_", now), Secret: newID("sk_"+in.Mode+"_", now)}
	dashboard := Key{ID: newID("pk_"+in.Mode+"_", now)}
	added, err := s.AddWorkspace(Workspace{AccountID: in.AccountID, Name: in.Name, Keys: []Key{signing, dashboard}})
	if err != nil {
		return 0, nil, fail(gen.ErrorCodeConflict, "the accountId is taken")
	}
	return http.StatusCreated, map[string]string{
		"accountId": added.AccountID, "keyId": signing.ID, "secret": signing.Secret, "apiKey": dashboard.ID,
	}, nil
}

func (s *Sandbox) controlTrigger(r *http.Request, body []byte) (int, any, error) {
	var in struct {
		Type       plugipay.EventName `json:"type"`
		Amount     int64              `json:"amount"`
		Currency   string             `json:"currency"`
		CustomerID string             `json:"customerId"`
		Metadata   map[string]string  `json:"metadata"`
		Object     json.RawMessage    `json:"object"`
		KeyID      string             `json:"keyId"`
	}
	if err := decodeControl(body, &in); err != nil {
		return 0, nil, err
	}
	key, err := s.keyNamed(keyIDOf(r, in.KeyID))
	if err != nil {
		return 0, nil, err
	}
	var object any = func(session *plugipay.CheckoutSession) {
		if in.Amount != 0 {
			session.Amount = in.Amount
		}
		if in.Currency != "" {
			session.Currency = plugipay.CurrencyCode(in.Currency)
		}
		if in.CustomerID != "" {
			session.CustomerID = &in.CustomerID
		}
		session.Metadata = in.Metadata
	}
	if len(in.Object) > 0 && string(in.Object) != "null" {
		object = in.Object
	}
	triggered, err := s.trigger(key.home, key.live, in.Type, object)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, newEventJSON(newEvent(triggered)), nil
}
