package sandbox

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/plugipay/plugipay-go/gen"
)

// controlSessions lists the sessions of the workspaces, newest first.
func (s *Sandbox) controlSessions(r *http.Request, _ []byte) (int, any, error) {
	workspaces, _, err := s.selected(keyIDOf(r, ""))
	if err != nil {
		return 0, nil, err
	}
	limit, err := numberIn(r, "limit", defaultControlLimit, 1, maxControlLimit)
	if err != nil {
		return 0, nil, err
	}
	query := listQuery{Status: r.URL.Query().Get("status"), CustomerID: r.URL.Query().Get("customerId")}
	found := []gen.CheckoutSession{}
	for _, w := range workspaces {
		w.expiries.expireDue()
		for _, data := range []*dataset{w.test, w.live} {
			sessions, _ := data.sessions.page(query, limit, w.clock.now())
			found = append(found, sessions...)
		}
	}
	slices.SortStableFunc(found, func(a, b gen.CheckoutSession) int { return cmp.Compare(b.CreatedAt, a.CreatedAt) })
	return http.StatusOK, found[:min(len(found), limit)], nil
}

func (s *Sandbox) controlPay(r *http.Request, body []byte) (int, any, error) {
	var in struct {
		Method gen.CheckoutMethod `json:"method"`
	}
	if err := decodeControl(body, &in); err != nil {
		return 0, nil, err
	}
	session, err := s.pay(r.PathValue("id"), in.Method)
	return http.StatusOK, session, err
}

func (s *Sandbox) controlSettle(r *http.Request, body []byte) (int, any, error) {
	var in struct {
		Late bool `json:"late"`
	}
	if err := decodeOptional(body, &in); err != nil {
		return 0, nil, err
	}
	settle := s.settle
	if in.Late {
		settle = s.settleLate
	}
	session, err := settle(r.PathValue("id"))
	return http.StatusOK, session, err
}

func (s *Sandbox) controlFail(r *http.Request, body []byte) (int, any, error) {
	var in struct {
		Final bool `json:"final"`
	}
	if err := decodeOptional(body, &in); err != nil {
		return 0, nil, err
	}
	failed := s.failPayment
	if in.Final {
		failed = s.failSession
	}
	session, err := failed(r.PathValue("id"))
	return http.StatusOK, session, err
}

// withoutBody returns a route that needs only the session's id. The body may be empty or {}.
func withoutBody(drive func(id string) (gen.CheckoutSession, error)) controlRoute {
	return func(r *http.Request, body []byte) (int, any, error) {
		if err := decodeOptional(body, &struct{}{}); err != nil {
			return 0, nil, err
		}
		session, err := drive(r.PathValue("id"))
		return http.StatusOK, session, err
	}
}
