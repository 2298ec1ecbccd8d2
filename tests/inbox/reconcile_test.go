package inbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/plugipay/inbox"
	"github.com/plugipay/plugipay-go/sandbox"
)

// market is a sandbox with a client.
type market struct {
	*plugipay.Client
	box *sandbox.Server
}

func openMarket(t *testing.T) market {
	t.Helper()
	box := sandbox.StartTest(t, sandbox.Options{})
	client, err := plugipay.NewClient(box.ClientOptions())
	require(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return market{client, box}
}

// session creates a session, changes it to a status and returns its id.
func (m market) session(t *testing.T, status plugipay.CheckoutSessionStatus) string {
	t.Helper()
	session, err := m.CheckoutSessions.Create(t.Context(), plugipay.CheckoutSessionCreateInput{
		Amount: 199_000_00, Currency: plugipay.CurrencyIDR, Methods: []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS},
		SuccessURL: "https://example.com/thank-you", CancelURL: "https://example.com/cart",
	})
	require(t, err)
	switch status {
	case plugipay.CheckoutSessionStatusCompleted:
		err = m.box.Confirm(session.ID)
	case plugipay.CheckoutSessionStatusExpired:
		err = m.box.Expire(session.ID)
	case plugipay.CheckoutSessionStatusCanceled:
		err = m.box.Cancel(session.ID)
	case plugipay.CheckoutSessionStatusFailed:
		err = m.box.FailSession(session.ID)
	}
	require(t, err)
	m.box.Advance(time.Second) // so that no two sessions are created at the same time
	return session.ID
}

// TestReconcile_FindsSessionsWithoutEvents checks that ended sessions are handled once, oldest first. OldestOpen is the creation
// time of the oldest session that has not ended.
func TestReconcile_FindsSessionsWithoutEvents(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		m := openMarket(t)
		var order []string
		sessions := s.Sessions(func(ctx context.Context, tx *sql.Tx, session *plugipay.CheckoutSession) error {
			order = append(order, session.ID)
			return s.record(ctx, tx, session)
		})
		var ended []string
		for _, status := range []string{"completed", "expired", "canceled", "failed"} {
			ended = append(ended, m.session(t, status))
		}
		open := m.session(t, "open")
		m.session(t, "open")
		ended = append(ended, m.session(t, "completed"))
		// An event reported one of them before.
		if _, err := sessions.Ended(t.Context(), &plugipay.CheckoutSession{ID: ended[0], Status: plugipay.CheckoutSessionStatusCompleted}); err != nil {
			t.Fatal(err)
		}
		order = nil
		found, err := sessions.Reconcile(t.Context(), m.Client, time.Time{})
		require(t, err)
		oldest, err := m.CheckoutSessions.Get(t.Context(), open)
		require(t, err)
		created, err := oldest.CreatedTime()
		require(t, err)
		if want := (inbox.Reconciled{Listed: 7, Ended: 5, Handled: 4, OldestOpen: created}); found != want {
			t.Errorf("found %+v, want %+v", found, want)
		}
		if !slices.Equal(order, ended[1:]) {
			t.Errorf("handled in the order %v, want %v", order, ended[1:])
		}
		if again, err := sessions.Reconcile(t.Context(), m.Client, found.OldestOpen); err != nil || again.Handled != 0 || again.Listed != 3 {
			t.Errorf("again: %+v, error %v", again, err)
		}
		require(t, m.box.Expire(open))
		if later, err := sessions.Reconcile(t.Context(), m.Client, found.OldestOpen); err != nil || later.Handled != 1 || !later.OldestOpen.After(found.OldestOpen) {
			t.Errorf("later: %+v, error %v", later, err)
		}
		// A payment that settles after the expiry also reaches the shop.
		require(t, m.box.SettleLate(open))
		if late, err := sessions.Reconcile(t.Context(), m.Client, found.OldestOpen); err != nil || late.Handled != 1 {
			t.Errorf("late: %+v, error %v", late, err)
		}
		if got := s.handled(t, open); !slices.Equal(got, []string{"completed", "expired"}) {
			t.Errorf("the late session was handled as %v", got)
		}
	})
}

// TestReconcile_ContinuesAfterFailures fails with a panic, a runtime.Goexit and errors. The error of Reconcile joins the first
// ten failures. The next call handles the failed sessions.
func TestReconcile_ContinuesAfterFailures(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		m := openMarket(t)
		for range 14 {
			m.session(t, "completed")
		}
		failure := errors.New("no stock")
		n, broken := 0, true
		sessions := s.Sessions(func(ctx context.Context, tx *sql.Tx, session *plugipay.CheckoutSession) error {
			if n++; broken && n <= 12 {
				switch n {
				case 1:
					panic(failure)
				case 2:
					runtime.Goexit()
				}
				return fmt.Errorf("order %d: %w", n, failure)
			}
			return s.record(ctx, tx, session)
		})
		found, err := sessions.Reconcile(t.Context(), m.Client, time.Time{})
		if want := (inbox.Reconciled{Listed: 14, Ended: 14, Handled: 2, Failed: 12}); found != want {
			t.Errorf("found %+v, want %+v", found, want)
		}
		if !errors.Is(err, failure) || strings.Count(err.Error(), "was not handled") != 10 {
			t.Errorf("error is %v", err)
		}
		broken = false
		if found, err := sessions.Reconcile(t.Context(), m.Client, time.Time{}); err != nil || found.Handled != 12 {
			t.Errorf("again: %+v, error %v", found, err)
		}
	})
}

// TestReconcile_ReadsPagesOfAHundred lists 250 sessions in three pages.
func TestReconcile_ReadsPagesOfAHundred(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		m := openMarket(t)
		m.box.Seed(250)
		sessions := s.Sessions(s.record)
		first, err := sessions.Reconcile(t.Context(), m.Client, time.Time{})
		require(t, err)
		if first.Listed != 250 || first.Handled != first.Ended || first.Ended == 0 {
			t.Errorf("found %+v", first)
		}
		pages := 0
		for _, request := range m.box.Requests() {
			if request.Method == "GET" {
				pages++
			}
		}
		if pages != 3 {
			t.Errorf("Reconcile listed %d pages, want 3", pages)
		}
		if again, err := sessions.Reconcile(t.Context(), m.Client, time.Time{}); err != nil || again.Handled != 0 || again.Ended != first.Ended {
			t.Errorf("again: %+v, error %v", again, err)
		}
	})
}

func TestReconcile_ReportsAListThatFails(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		m := openMarket(t)
		m.session(t, "completed")
		require(t, m.box.Inject(sandbox.Fault{Operation: "listCheckoutSessions", Status: 500, Times: 10}))
		found, err := s.Sessions(s.record).Reconcile(t.Context(), m.Client, time.Time{})
		if !errors.Is(err, plugipay.ErrInternal) || found != (inbox.Reconciled{}) {
			t.Errorf("found %+v, error %v", found, err)
		}
		if _, err := s.Sessions(s.record).Reconcile(t.Context(), nil, time.Time{}); !errors.Is(err, plugipay.ErrInvalidRequest) {
			t.Errorf("without a client: %v", err)
		}
		missing := s.inbox(t, s.db, inbox.Options{Table: "missing_" + s.table})
		m.box.ClearFaults()
		if _, err := missing.Sessions(s.record).Reconcile(t.Context(), m.Client, time.Time{}); err == nil || !strings.Contains(err.Error(), "CreateTable") {
			t.Errorf("without a table: %v", err)
		}
	})
}

func TestReconcile_StopsWithItsContext(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		m := openMarket(t)
		for range 3 {
			m.session(t, "completed")
		}
		ctx, cancel := context.WithCancel(t.Context())
		sessions := s.Sessions(func(ctx context.Context, tx *sql.Tx, session *plugipay.CheckoutSession) error {
			cancel() // Reconcile finishes this session and does not begin the next one
			return s.record(ctx, tx, session)
		})
		found, err := sessions.Reconcile(ctx, m.Client, time.Time{})
		if !errors.Is(err, context.Canceled) || found.Handled != 1 {
			t.Errorf("found %+v, error %v", found, err)
		}
		if found, err := s.Sessions(s.record).Reconcile(t.Context(), m.Client, time.Time{}); err != nil || found.Handled != 2 {
			t.Errorf("again: %+v, error %v", found, err)
		}
	})
}
