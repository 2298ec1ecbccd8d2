package sandbox

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// faultJSON is the JSON of a [Fault] at control routes.
type faultJSON struct {
	Operation     string          `json:"operation"`
	Times         int             `json:"times"`
	Status        int             `json:"status"`
	RetryAfterSec int64           `json:"retryAfterSec"`
	DelayMs       int64           `json:"delayMs"`
	Drop          bool            `json:"drop"`
	RateLimit     bool            `json:"rateLimit"`
	Body          json.RawMessage `json:"body,omitempty"` // the text of a JSON string, or the text of any other JSON
	ContentType   string          `json:"contentType,omitempty"`
	KeyID         string          `json:"keyId,omitempty"`
}

func (in faultJSON) fault() (Fault, error) {
	if err := checkSpan("retryAfterSec", in.RetryAfterSec); err != nil {
		return Fault{}, err
	}
	if err := checkSpan("delayMs", in.DelayMs); err != nil {
		return Fault{}, err
	}
	return Fault{
		Operation:   in.Operation,
		Times:       in.Times,
		Status:      in.Status,
		RetryAfter:  time.Duration(in.RetryAfterSec) * time.Second,
		Delay:       time.Duration(in.DelayMs) * time.Millisecond,
		Drop:        in.Drop,
		RateLimit:   in.RateLimit,
		Body:        bodyText(in.Body),
		ContentType: in.ContentType,
		KeyID:       in.KeyID,
	}, nil
}

func newFaultJSON(f Fault) faultJSON {
	out := faultJSON{
		Operation:     f.Operation,
		Times:         f.Times,
		Status:        f.Status,
		RetryAfterSec: int64(f.RetryAfter / time.Second),
		DelayMs:       f.Delay.Milliseconds(),
		Drop:          f.Drop,
		RateLimit:     f.RateLimit,
		ContentType:   f.ContentType,
		KeyID:         f.KeyID,
	}
	if f.Body != "" {
		out.Body, _ = marshal(f.Body) // cannot fail for a string
	}
	return out
}

// bodyText returns the text of a JSON string, and the JSON of any other value.
func bodyText(body json.RawMessage) string {
	var text string
	if json.Unmarshal(body, &text) == nil || bytes.Equal(body, []byte("null")) {
		return text
	}
	return string(body)
}

func (s *Sandbox) controlInject(r *http.Request, body []byte) (int, any, error) {
	var in faultJSON
	if err := decodeControl(body, &in); err != nil {
		return 0, nil, err
	}
	in.KeyID = keyIDOf(r, in.KeyID)
	f, err := in.fault()
	if err != nil {
		return 0, nil, err
	}
	if err := s.inject(f); err != nil {
		return 0, nil, fail(gen.ErrorCodeValidationError, err.Error())
	}
	if f.Times == 0 {
		f.Times = 1
	}
	return http.StatusCreated, newFaultJSON(f), nil
}

func (s *Sandbox) controlFaults(r *http.Request, _ []byte) (int, any, error) {
	_, account, err := s.selected(keyIDOf(r, ""))
	if err != nil {
		return 0, nil, err
	}
	left := []faultJSON{}
	for _, f := range s.faults.all() {
		if account == "" || f.account == account {
			left = append(left, newFaultJSON(f.Fault))
		}
	}
	return http.StatusOK, left, nil
}

func (s *Sandbox) controlClearFaults(r *http.Request, _ []byte) (int, any, error) {
	_, account, err := s.selected(keyIDOf(r, ""))
	if err != nil {
		return 0, nil, err
	}
	s.faults.clear(account)
	return http.StatusNoContent, nil, nil
}

// deliveryFaultJSON is the JSON of a [DeliveryFault] at control routes.
type deliveryFaultJSON struct {
	Kind    DeliveryFaultKind `json:"kind"`
	Times   int               `json:"times"`
	DelayMs int64             `json:"delayMs"`
	KeyID   string            `json:"keyId,omitempty"`
}

func (s *Sandbox) controlInjectDelivery(r *http.Request, body []byte) (int, any, error) {
	var in deliveryFaultJSON
	if err := decodeControl(body, &in); err != nil {
		return 0, nil, err
	}
	if err := checkSpan("delayMs", in.DelayMs); err != nil {
		return 0, nil, err
	}
	in.KeyID = keyIDOf(r, in.KeyID)
	err := s.injectDelivery(DeliveryFault{
		Kind: in.Kind, Times: in.Times, Delay: time.Duration(in.DelayMs) * time.Millisecond, KeyID: in.KeyID,
	})
	if err != nil {
		return 0, nil, fail(gen.ErrorCodeValidationError, err.Error())
	}
	if in.Times == 0 {
		in.Times = 1
	}
	return http.StatusCreated, in, nil
}

func (s *Sandbox) controlDeliveryFaults(r *http.Request, _ []byte) (int, any, error) {
	_, account, err := s.selected(keyIDOf(r, ""))
	if err != nil {
		return 0, nil, err
	}
	left := []deliveryFaultJSON{}
	for _, f := range s.deliveryFaults.All() {
		if account == "" || f.Account == account {
			left = append(left, deliveryFaultJSON{
				Kind: DeliveryFaultKind(f.Kind), Times: f.Times, DelayMs: f.Delay.Milliseconds(), KeyID: f.KeyID,
			})
		}
	}
	return http.StatusOK, left, nil
}

func (s *Sandbox) controlClearDeliveryFaults(r *http.Request, _ []byte) (int, any, error) {
	_, account, err := s.selected(keyIDOf(r, ""))
	if err != nil {
		return 0, nil, err
	}
	s.deliveryFaults.Clear(account)
	return http.StatusNoContent, nil, nil
}
