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

// TestOnce_KilledProcessLosesNothing: a process is killed before, inside or after its transaction. The next delivery ships
// the order, unless it was shipped.
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

// TestOnce_FrozenProcessGivesTheRowBack: a machine that vanishes does not close its connections. The database ends the
// transaction then: PostgreSQL by a setting of the inbox, MariaDB by the documented wait_timeout. When the machine continues, its
// commit fails. A frozen process keeps the lock of a SQLite file until it is killed.
func TestOnce_FrozenProcessGivesTheRowBack(t *testing.T) {
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

// TestOnce_CommitWithoutAnAnswerIsFoundOut: the commit reaches the database and its response is lost. The caller gets an
// error in time, and the next delivery finds that the order was shipped.
func TestOnce_CommitWithoutAnAnswerIsFoundOut(t *testing.T) {
	t.Parallel()
	onEachServer(t, func(t *testing.T, s *shop) {
		in, proxy := s.throughProxy(t, time.Second)
		ran, err := in.Once(t.Context(), "evt_1", func(ctx context.Context, tx *sql.Tx) error {
			proxy.LoseCommits()
			return s.ship("evt_1")(ctx, tx)
		})
		if ran || err == nil {
			t.Errorf("it ran: %t, error %v", ran, err)
		}
		s.wantOnce(t, "evt_1", false)
		s.wantShipped(t, "evt_1", 1)
	})
}

// TestOnce_SilentNetworkEndsInTime: nothing arrives any more while the handler runs. Commit and rollback have no deadline
// in the drivers, so the inbox has one.
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
				t.Error("the commit did not reach the database, and there is no error")
			}
		case <-time.After(30 * time.Second):
			t.Fatal("Once does not return")
		}
		proxy.Close() // or MariaDB keeps the row for its wait_timeout of eight hours
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

// throughProxy returns an inbox of the shop whose connections pass a proxy.
func (s *shop) throughProxy(t *testing.T, timeout time.Duration) (*inbox.Inbox, *databases.Proxy) {
	t.Helper()
	proxy, err := databases.StartProxy(net.JoinHostPort("127.0.0.1", strconv.Itoa(s.server.Port)))
	require(t, err)
	t.Cleanup(proxy.Close)
	return s.inbox(t, s.open(t, proxy.Port), inbox.Options{Timeout: timeout}), proxy
}

// TestOnce_KilledServerLosesNothing: the server is killed while a handler runs, and stays away. Calls fail in the
// meantime. Once it is back, the order is shipped once.
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
				t.Errorf("it ran: %t, error %v", ran, err)
			}
			if ran, err := s.Once(t.Context(), "evt_1", s.ship("evt_1")); ran || err == nil {
				t.Errorf("without a server it ran: %t, error %v", ran, err)
			}
			require(t, server.Restart(t.Context()))
			s.wantOnce(t, "evt_1", true)
			s.wantOnce(t, "evt_1", false)
			s.wantOnce(t, "evt_0", false)
			s.wantShipped(t, "evt_1", 1)
		})
	}
}
