package inbox

import (
	"context"
	"database/sql"
	"net"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay/inbox"
	"github.com/plugipay/plugipay-go/tests/inbox/internal/databases"
)

// TestOnce_KilledProcessLosesNothing kills a process before, inside or after its transaction. The next delivery ships the order,
// unless the order is already shipped.
func TestOnce_KilledProcessLosesNothing(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		for step, again := range map[string]bool{"before": true, "inside": true, "after": false} {
			key := "evt_" + step
			child := s.child(t, step, key, "")
			if err := child.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			s.wantOnce(t, key, again)
			s.wantOnce(t, key, false)
			s.wantShipped(t, key, 1)
		}
	})
}

// TestOnce_FrozenProcessReleasesTheRow freezes a process, like a machine that stops without closing its connections. The database
// ends the transaction: PostgreSQL because of a setting of the inbox, MariaDB because of the documented wait_timeout. When the
// process continues, its commit fails. On SQLite the process is killed, because it keeps the lock of the file until it ends.
func TestOnce_FrozenProcessReleasesTheRow(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		options := map[inbox.Dialect]string{inbox.MySQL: "&wait_timeout=2"}[s.server.Kind.Dialect]
		child := s.child(t, "inside", "evt_1", options)
		if err := child.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		if s.server.Kind.Dialect == inbox.SQLite {
			if err := child.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
		s.wantOnce(t, "evt_1", true)
		_ = child.Signal(syscall.SIGCONT)
		if err := child.resume(); err == nil {
			t.Error("the commit of the frozen process succeeded")
		}
		s.wantOnce(t, "evt_1", false)
		s.wantShipped(t, "evt_1", 1)
	})
}

// TestOnce_CommitWithLostResponseIsFound loses the response to a commit that reaches the database. The caller gets an error in
// time, and the next delivery finds that the order was shipped.
func TestOnce_CommitWithLostResponseIsFound(t *testing.T) {
	t.Parallel()
	onEachServer(t, func(t *testing.T, s *shop) {
		in, proxy := s.throughProxy(t, time.Second)
		ran, err := in.Once(t.Context(), "evt_1", func(ctx context.Context, tx *sql.Tx) error {
			proxy.LoseCommits()
			return s.ship("evt_1")(ctx, tx)
		})
		if ran || err == nil {
			t.Errorf("Once ran: %t, error %v", ran, err)
		}
		s.wantOnce(t, "evt_1", false)
		s.wantShipped(t, "evt_1", 1)
	})
}

// TestOnce_SilentNetworkEndsInTime stops all traffic while the handler runs. Commit and rollback have no deadline in the
// drivers, so the inbox has one.
func TestOnce_SilentNetworkEndsInTime(t *testing.T) {
	t.Parallel()
	onEachServer(t, func(t *testing.T, s *shop) {
		in, proxy := s.throughProxy(t, time.Second)
		ended := make(chan error, 1)
		go func() {
			_, err := in.Once(t.Context(), "evt_1", func(ctx context.Context, tx *sql.Tx) error {
				err := s.ship("evt_1")(ctx, tx)
				proxy.Silence()
				return err
			})
			ended <- err
		}()
		select {
		case err := <-ended:
			if err == nil {
				t.Error("the commit did not reach the database, but Once returned no error")
			}
		case <-time.After(30 * time.Second):
			t.Fatal("Once does not return")
		}
		proxy.Close() // otherwise MariaDB keeps the row locked for its wait_timeout of eight hours
		s.wantOnce(t, "evt_1", true)
		s.wantShipped(t, "evt_1", 1)
	})
}

// onEachServer is onEachDatabase without SQLite, which has no network.
func onEachServer(t *testing.T, test func(t *testing.T, s *shop)) {
	t.Helper()
	on(t, inbox.PostgreSQL, test)
	on(t, inbox.MySQL, test)
}

// throughProxy returns an inbox of the shop whose connections use a proxy.
func (s *shop) throughProxy(t *testing.T, timeout time.Duration) (*inbox.Inbox, *databases.Proxy) {
	t.Helper()
	proxy, err := databases.StartProxy(net.JoinHostPort("127.0.0.1", strconv.Itoa(s.server.Port)))
	require(t, err)
	t.Cleanup(proxy.Close)
	return s.inbox(t, s.open(t, proxy.Port), inbox.Options{Timeout: timeout}), proxy
}

// TestOnce_KilledServerLosesNothing kills the server while a handler runs. Calls fail until the server is restarted. Then the
// order is shipped once.
func TestOnce_KilledServerLosesNothing(t *testing.T) {
	t.Parallel()
	for _, kind := range databases.Kinds {
		if kind.Dialect == inbox.SQLite || kind.Options != "" || kind.Driver == "postgres" {
			continue // one driver of each server
		}
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			server := ownServer(t, kind)
			s := openShop(t, server, inbox.Options{})
			s.wantOnce(t, "evt_0", true)
			ran, err := s.Once(t.Context(), "evt_1", func(ctx context.Context, tx *sql.Tx) error {
				err := s.ship("evt_1")(ctx, tx)
				server.Kill()
				return err
			})
			if ran || err == nil {
				t.Errorf("Once ran: %t, error %v", ran, err)
			}
			if ran, err := s.Once(t.Context(), "evt_1", s.ship("evt_1")); ran || err == nil {
				t.Errorf("without a server Once ran: %t, error %v", ran, err)
			}
			require(t, server.Restart(t.Context()))
			s.wantOnce(t, "evt_1", true)
			s.wantOnce(t, "evt_1", false)
			s.wantOnce(t, "evt_0", false)
			s.wantShipped(t, "evt_1", 1)
		})
	}
}
