package inbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay/inbox"
)

// stock creates a table with two rows that handlers lock.
func (s *shop) stock(t *testing.T) string {
	t.Helper()
	table := "stock_" + s.table
	s.exec(t, "CREATE TABLE "+table+" (id int PRIMARY KEY, left_over int NOT NULL)")
	s.exec(t, "INSERT INTO "+table+" (id, left_over) VALUES (1, 100), (2, 100)")
	return table
}

func take(ctx context.Context, tx *sql.Tx, stock string, id int) error {
	_, err := tx.ExecContext(ctx, fmt.Sprintf("UPDATE %s SET left_over = left_over - 1 WHERE id = %d", stock, id))
	return err
}

// TestOnce_DeadlocksAreRetried has two handlers that lock two rows in opposite order. The database ends one of them, and the
// inbox runs it again. SQLite is left out, because only one transaction writes at a time.
func TestOnce_DeadlocksAreRetried(t *testing.T) {
	t.Parallel()
	onEachServer(t, func(t *testing.T, s *shop) {
		stock := s.stock(t)
		var both sync.WaitGroup // the first attempts hold their first rows, so that there is a deadlock
		both.Add(2)
		runs := make([]int, 2)
		atOnce(2, func(n int) {
			ran, err := s.Once(t.Context(), fmt.Sprint("evt_", n), func(ctx context.Context, tx *sql.Tx) error {
				if err := take(ctx, tx, stock, 1+n); err != nil {
					return err
				}
				if runs[n]++; runs[n] == 1 {
					both.Done()
					both.Wait()
				}
				return take(ctx, tx, stock, 2-n)
			})
			if !ran || err != nil {
				t.Errorf("handler %d ran: %t, error %v", n, ran, err)
			}
		})
		if runs[0]+runs[1] != 3 {
			t.Errorf("the handlers ran %v times, so there was no deadlock", runs)
		}
		for id := 1; id <= 2; id++ {
			var left int
			require(t, s.db.QueryRowContext(t.Context(), fmt.Sprintf("SELECT left_over FROM %s WHERE id = %d", stock, id)).Scan(&left))
			if left != 98 {
				t.Errorf("%d of item %d are left, want 98", left, id)
			}
		}
	})
}

// TestOnce_AboveReadCommittedDuplicatesAreRetried uses isolation levels at which PostgreSQL refuses the second of two inserts.
func TestOnce_AboveReadCommittedDuplicatesAreRetried(t *testing.T) {
	t.Parallel()
	for _, level := range []string{"repeatable read", "serializable"} {
		on(t, inbox.PostgreSQL, func(t *testing.T, s *shop) {
			s.db.SetMaxOpenConns(1) // so that the setting reaches each connection
			s.exec(t, "SET default_transaction_isolation TO '"+level+"'")
			other := s.open(t, s.server.Port)
			other.SetMaxOpenConns(1)
			_, err := other.ExecContext(t.Context(), "SET default_transaction_isolation TO '"+level+"'")
			require(t, err)
			inboxes := []*inbox.Inbox{s.Inbox, s.inbox(t, other, inbox.Options{})} // like two processes
			for n := range 20 {
				key := fmt.Sprint("evt_", n)
				atOnce(2, func(of int) {
					if _, err := inboxes[of].Once(t.Context(), key, s.ship(key)); err != nil {
						t.Errorf("%s: %v", level, err)
					}
				})
				s.wantShipped(t, key, 1)
			}
		})
	}
}

// TestOnce_TwoPoolsShareADatabase has two pools, like two processes. SQLite is busy for one of them.
func TestOnce_TwoPoolsShareADatabase(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		inboxes := []*inbox.Inbox{s.Inbox, s.inbox(t, s.open(t, s.server.Port), inbox.Options{})}
		atOnce(40, func(n int) {
			key := fmt.Sprint("evt_", n%10)
			if _, err := inboxes[n/10%2].Once(t.Context(), key, s.ship(key)); err != nil {
				t.Error(err)
			}
		})
		for n := range 10 {
			s.wantShipped(t, fmt.Sprint("evt_", n), 1)
		}
	})
}

// TestOnce_SwallowedDeadlockIsAnError has a handler that ignores the error of a deadlock. MariaDB has ended the transaction, so
// the handler's other effects are lost or committed separately. Without the savepoint, Once would report success.
func TestOnce_SwallowedDeadlockIsAnError(t *testing.T) {
	t.Parallel()
	on(t, inbox.MySQL, func(t *testing.T, s *shop) {
		stock := s.stock(t)
		ran, err := s.Once(t.Context(), "evt_1", func(ctx context.Context, tx *sql.Tx) error {
			if err := take(ctx, tx, stock, 1); err != nil {
				return err
			}
			swallowed := s.deadlock(t, tx, stock)
			if swallowed == nil || !strings.Contains(swallowed.Error(), "1213") {
				t.Fatalf("the handler is not the victim of the deadlock: %v", swallowed)
			}
			return nil
		})
		if ran || err == nil || !strings.Contains(err.Error(), "must return every error") {
			t.Errorf("Once ran: %t, error %v", ran, err)
		}
		s.wantOnce(t, "evt_1", true)
	})
}

// deadlock makes tx, which holds the first row, the victim of a deadlock, and returns its error. MariaDB ends the transaction
// that has changed less.
func (s *shop) deadlock(t *testing.T, tx *sql.Tx, stock string) error {
	t.Helper()
	heavy, err := s.db.BeginTx(t.Context(), nil)
	require(t, err)
	defer func() { _ = heavy.Rollback() }()
	for range 20 {
		require(t, s.ship("heavy")(t.Context(), heavy))
	}
	require(t, take(t.Context(), heavy, stock, 2))
	waited := make(chan error, 1)
	go func() { waited <- take(t.Context(), heavy, stock, 1) }()
	err = take(t.Context(), tx, stock, 2)
	if other := <-waited; other != nil {
		err = errors.Join(err, other)
	}
	return err
}

// TestOnce_DDLInTheHandlerIsAnError uses MariaDB, because it commits before DDL.
func TestOnce_DDLInTheHandlerIsAnError(t *testing.T) {
	t.Parallel()
	on(t, inbox.MySQL, func(t *testing.T, s *shop) {
		_, err := s.Once(t.Context(), "evt_1", func(ctx context.Context, tx *sql.Tx) error {
			if err := s.ship("evt_1")(ctx, tx); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, "CREATE TABLE ddl_"+s.table+" (id int)")
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "DDL") {
			t.Errorf("error is %v", err)
		}
		s.wantOnce(t, "evt_1", false) // the DDL committed the record and the effects before it
		s.wantShipped(t, "evt_1", 1)
	})
}

// TestOnce_SwallowedErrorRollsBack has a handler that ignores an error. PostgreSQL refuses every statement after the error, and
// turns the commit into a rollback.
func TestOnce_SwallowedErrorRollsBack(t *testing.T) {
	t.Parallel()
	on(t, inbox.PostgreSQL, func(t *testing.T, s *shop) {
		ran, err := s.Once(t.Context(), "evt_1", func(ctx context.Context, tx *sql.Tx) error {
			if err := s.ship("evt_1")(ctx, tx); err != nil {
				return err
			}
			_, _ = tx.ExecContext(ctx, "SELECT 1 / 0")
			return nil
		})
		if ran || err == nil {
			t.Errorf("Once ran: %t, error %v", ran, err)
		}
		s.wantShipped(t, "evt_1", 0)
		s.wantOnce(t, "evt_1", true)
	})
}
