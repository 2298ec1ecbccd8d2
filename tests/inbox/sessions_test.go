package inbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/plugipay/inbox"
)

// record is a handle function that ships an order under the session's id and status.
func (s *shop) record(ctx context.Context, tx *sql.Tx, session *plugipay.CheckoutSession) error {
	return s.ship(session.ID+"_"+session.Status)(ctx, tx)
}

// handled returns the statuses that record ran for, in alphabetical order.
func (s *shop) handled(t *testing.T, id string) (statuses []string) {
	t.Helper()
	rows, err := s.db.QueryContext(t.Context(), "SELECT id FROM "+s.shipped+" WHERE id LIKE '"+strings.ReplaceAll(id, "_", `\_`)+"%' ESCAPE '"+s.escape()+"' ORDER BY id")
	require(t, err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		require(t, rows.Scan(&name))
		statuses = append(statuses, strings.TrimPrefix(name, id+"_"))
	}
	require(t, rows.Err())
	return statuses
}

// TestSessions_PaidOnceUnpaidAtMostOnce reports statuses in several orders.
func TestSessions_PaidOnceUnpaidAtMostOnce(t *testing.T) {
	t.Parallel()
	const (
		open      = plugipay.CheckoutSessionStatusOpen
		pending   = plugipay.CheckoutSessionStatusPending
		completed = plugipay.CheckoutSessionStatusCompleted
		expired   = plugipay.CheckoutSessionStatusExpired
		canceled  = plugipay.CheckoutSessionStatusCanceled
		failed    = plugipay.CheckoutSessionStatusFailed
	)
	onEachDatabase(t, func(t *testing.T, s *shop) {
		sessions := s.Sessions(s.record)
		for n, test := range []struct{ reported, want []string }{
			{[]string{completed}, []string{completed}},
			{[]string{completed, completed}, []string{completed}},
			{[]string{completed, expired}, []string{completed}}, // a late event does not cancel a paid order
			{[]string{completed, canceled, failed, completed}, []string{completed}},
			{[]string{expired, completed}, []string{completed, expired}}, // a payment after the expiry is handled
			{[]string{expired, completed, expired, completed}, []string{completed, expired}},
			{[]string{expired, canceled, failed}, []string{expired}},
			{[]string{failed, expired, completed}, []string{completed, failed}},
			{[]string{open, pending, "pending_review", "a_new_status"}, nil},
			{[]string{open, completed, open}, []string{completed}},
		} {
			id := fmt.Sprintf("cs_%02d", n)
			for _, status := range test.reported {
				before := s.handled(t, id)
				ran, err := sessions.Ended(t.Context(), &plugipay.CheckoutSession{ID: id, Status: status})
				if err != nil || ran != (len(s.handled(t, id)) > len(before)) {
					t.Errorf("%v: %s ran: %t, error %v", test.reported, status, ran, err)
				}
			}
			if got := s.handled(t, id); !slices.Equal(got, test.want) {
				t.Errorf("%v: handled %v, want %v", test.reported, got, test.want)
			}
		}
	})
}

// escape returns the escape character of LIKE in a literal.
func (s *shop) escape() string {
	if s.server.Kind.Driver == "mysql" {
		return `\\`
	}
	return `\`
}

// TestSessions_CompletedAndExpiredAtOnce reports both statuses at the same time. Each status is handled at most once, and
// completed always.
func TestSessions_CompletedAndExpiredAtOnce(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		sessions := s.Sessions(s.record)
		other := s.inbox(t, s.open(t, s.server.Port), inbox.Options{}).Sessions(s.record) // like another process
		statuses := []string{plugipay.CheckoutSessionStatusCompleted, plugipay.CheckoutSessionStatusExpired}
		for round := range 10 {
			id := fmt.Sprintf("cs_%02d", round)
			atOnce(8, func(n int) {
				of := []*inbox.Sessions{sessions, other}[n/4]
				if _, err := of.Ended(t.Context(), &plugipay.CheckoutSession{ID: id, Status: statuses[n%2]}); err != nil {
					t.Error(err)
				}
			})
			got := s.handled(t, id)
			if !slices.Contains(got, statuses[0]) || len(got) > 2 || len(got) == 2 && got[0] == got[1] {
				t.Errorf("handled %v, want completed once and expired at most once", got)
			}
		}
	})
}

func TestSessions_FailureIsHandledAgain(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		failure := errors.New("no stock")
		fail := true
		sessions := s.Sessions(func(ctx context.Context, tx *sql.Tx, session *plugipay.CheckoutSession) error {
			if err := s.record(ctx, tx, session); err != nil || !fail {
				return err
			}
			return failure
		})
		paid := &plugipay.CheckoutSession{ID: "cs_1", Status: plugipay.CheckoutSessionStatusCompleted}
		if ran, err := sessions.Ended(t.Context(), paid); ran || !errors.Is(err, failure) {
			t.Errorf("Ended ran: %t, error %v", ran, err)
		}
		if got := s.handled(t, "cs_1"); got != nil {
			t.Errorf("after a failure, handled %v", got)
		}
		fail = false
		if ran, err := sessions.Ended(t.Context(), paid); !ran || err != nil {
			t.Errorf("Ended ran: %t, error %v", ran, err)
		}
	})
}

func TestSessions_RefusesNil(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		paid := &plugipay.CheckoutSession{ID: "cs_1", Status: plugipay.CheckoutSessionStatusCompleted}
		if _, err := s.Sessions(nil).Ended(t.Context(), paid); !errors.Is(err, plugipay.ErrInvalidRequest) {
			t.Errorf("without a handle: %v", err)
		}
		if _, err := s.Sessions(nil).Handler(plugipay.WebhookHandlerOptions{Secrets: []string{"whsec_1"}}); !errors.Is(err, plugipay.ErrInvalidRequest) {
			t.Errorf("a handler without a handle: %v", err)
		}
		if _, err := s.Sessions(s.record).Ended(t.Context(), nil); !errors.Is(err, plugipay.ErrInvalidRequest) {
			t.Errorf("without a session: %v", err)
		}
		noID := &plugipay.CheckoutSession{Status: plugipay.CheckoutSessionStatusCompleted}
		if _, err := s.Sessions(s.record).Ended(t.Context(), noID); !errors.Is(err, plugipay.ErrInvalidRequest) {
			t.Errorf("without an id: %v", err)
		}
	})
}
