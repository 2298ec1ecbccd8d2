package inbox

import (
	"database/sql"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay/inbox"
	"github.com/plugipay/plugipay-go/tests/inbox/internal/databases"
)

// TestPgbouncer_TransactionModeSuffices checks the inbox with connections that change between transactions. The setting against
// frozen machines must apply only to the transactions of the inbox.
func TestPgbouncer_TransactionModeSuffices(t *testing.T) {
	t.Parallel()
	kind := databases.Kinds[1]
	s := openShop(t, ownServer(t, kind), inbox.Options{})
	bouncer, err := databases.StartBouncer(t.Context(), s.server)
	require(t, err)
	t.Cleanup(bouncer.Stop)
	db, err := sql.Open("pgx", bouncer.DSN())
	require(t, err)
	t.Cleanup(func() { _ = db.Close() })
	in := s.inbox(t, db, inbox.Options{Timeout: 2 * time.Second})

	atOnce(40, func(n int) {
		key := fmt.Sprint("evt_", n%10)
		if _, err := in.Once(t.Context(), key, s.ship(key)); err != nil {
			t.Error(err)
		}
	})
	for n := range 10 {
		s.wantShipped(t, fmt.Sprint("evt_", n), 1)
	}
	var idle string
	require(t, db.QueryRowContext(t.Context(), "SHOW idle_in_transaction_session_timeout").Scan(&idle))
	if idle != "0" {
		t.Errorf("outside of the inbox the setting is %s, want 0", idle)
	}

	child := s.childWith(t, "inside", "evt_frozen", bouncer.DSN())
	require(t, child.Signal(syscall.SIGSTOP))
	if ran, err := s.inbox(t, db, inbox.Options{}).Once(t.Context(), "evt_frozen", s.ship("evt_frozen")); !ran || err != nil {
		t.Errorf("Once ran: %t, error %v", ran, err)
	}
	s.wantShipped(t, "evt_frozen", 1)
}
