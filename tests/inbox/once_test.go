package inbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/plugipay/inbox"
)

func TestOnce_RunsOncePerConsumerAndKey(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		s.wantOnce(t, "evt_1", true)
		s.wantOnce(t, "evt_1", false)
		s.wantOnce(t, "evt_2", true)
		other := s.inbox(t, s.db, inbox.Options{Consumer: "mail"})
		if ran, err := other.Once(t.Context(), "evt_1", s.ship("evt_1")); !ran || err != nil {
			t.Errorf("the other consumer ran: %t, error %v", ran, err)
		}
		s.wantShipped(t, "evt_1", 2)
		s.wantShipped(t, "evt_2", 1)
	})
}

// TestOnce_KeysAreComparedByteByByte checks that every database distinguishes case and the last bytes of a key.
func TestOnce_KeysAreComparedByteByByte(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		long := strings.Repeat("k", 254)
		for _, key := range []string{"evt_A", "evt_a", "evt_1", "evt_10", "evt_%", "evt__", "evt_'", `evt_\`, long + "1", long + "2"} {
			for _, want := range []bool{true, false} {
				ran, err := s.Once(t.Context(), key, func(context.Context, *sql.Tx) error { return nil })
				if ran != want || err != nil {
					t.Errorf("Once of %.20q ran: %t, error %v, want %t", key, ran, err, want)
				}
			}
		}
	})
}

func TestOnce_RefusesKeysThatAColumnWouldChange(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		for _, key := range []string{"", "evt_1 ", " evt_1", "evt\n", "evt_é", "evt_\x00", strings.Repeat("k", 256)} {
			ran, err := s.Once(t.Context(), key, func(context.Context, *sql.Tx) error { t.Error("do ran"); return nil })
			if ran || !errors.Is(err, plugipay.ErrInvalidRequest) || key != "" && strings.Contains(err.Error(), key) {
				t.Errorf("Once of %.20q ran: %t, error %v", key, ran, err)
			}
			if _, err := s.Claim(t.Context(), s.db, key); !errors.Is(err, plugipay.ErrInvalidRequest) {
				t.Errorf("Claim of %.20q: error %v", key, err)
			}
		}
	})
}

// TestOnce_FailureLeavesNothing checks that after an error, a panic or a runtime.Goexit of do, neither the record nor the effect
// remains. The next call runs do.
func TestOnce_FailureLeavesNothing(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		failure := errors.New("no stock")
		for name, fail := range map[string]func() error{
			"error":  func() error { return failure },
			"panic":  func() error { panic(failure) },
			"goexit": func() error { runtime.Goexit(); return nil },
		} {
			done := make(chan error, 1)
			go func() {
				err := errors.New("Once did not return")
				defer func() {
					if recovered := recover(); recovered != nil {
						err = recovered.(error)
					}
					done <- err
				}()
				_, err = s.Once(t.Context(), name, func(ctx context.Context, tx *sql.Tx) error {
					if err := s.ship(name)(ctx, tx); err != nil {
						t.Error(err)
					}
					return fail()
				})
			}()
			if err := <-done; name != "goexit" && !errors.Is(err, failure) {
				t.Errorf("%s: error %v", name, err)
			}
			s.wantShipped(t, name, 0)
			s.wantOnce(t, name, true)
			s.wantOnce(t, name, false)
			s.wantShipped(t, name, 1)
		}
	})
}

// TestOnce_DuplicatesWaitInMemory has fifty deliveries of one event, a pool of five connections, and a handler that uses a second
// connection.
func TestOnce_DuplicatesWaitInMemory(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		var ran atomic.Int64
		atOnce(50, func(int) {
			did, err := s.Once(t.Context(), "evt_1", func(ctx context.Context, tx *sql.Tx) error {
				if err := s.lookAround(ctx); err != nil {
					return err
				}
				return s.ship("evt_1")(ctx, tx)
			})
			if err != nil {
				t.Error(err)
			}
			if did {
				ran.Add(1)
			}
		})
		if ran.Load() != 1 {
			t.Errorf("do ran %d times, want 1", ran.Load())
		}
		s.wantShipped(t, "evt_1", 1)
	})
}

// TestOnce_ManyEventsShareAPoolOfFive has handlers that use a second connection. The inbox must leave connections free for them.
func TestOnce_ManyEventsShareAPoolOfFive(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		atOnce(50, func(n int) {
			key := fmt.Sprint("evt_", n)
			ran, err := s.Once(t.Context(), key, func(ctx context.Context, tx *sql.Tx) error {
				if err := s.lookAround(ctx); err != nil {
					return err
				}
				return s.ship(key)(ctx, tx)
			})
			if !ran || err != nil {
				t.Errorf("%s ran: %t, error %v", key, ran, err)
			}
		})
		var all int
		require(t, s.db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+s.shipped).Scan(&all))
		if all != 50 {
			t.Errorf("%d orders were shipped, want 50", all)
		}
	})
}

// TestOnce_PoolOfOneNeedsNoSecondConnection has handlers that use only their transaction.
func TestOnce_PoolOfOneNeedsNoSecondConnection(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		one := s.open(t, s.server.Port)
		one.SetMaxOpenConns(1)
		in := s.inbox(t, one, inbox.Options{})
		atOnce(8, func(n int) {
			key := fmt.Sprint("evt_", n%4)
			if _, err := in.Once(t.Context(), key, s.ship(key)); err != nil {
				t.Error(err)
			}
		})
		for n := range 4 {
			s.wantShipped(t, fmt.Sprint("evt_", n), 1)
		}
	})
}

// lookAround uses a second connection.
func (s *shop) lookAround(ctx context.Context) error {
	var n int
	return s.db.QueryRowContext(ctx, "SELECT 1").Scan(&n)
}

// atOnce runs n functions at once and waits for them.
func atOnce(n int, run func(n int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { run(i) })
	}
	all.Wait()
}

func TestOnce_InsideOnceIsRefused(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		ran, err := s.Once(t.Context(), "evt_1", func(ctx context.Context, tx *sql.Tx) error {
			_, err := s.Once(ctx, "evt_2", s.ship("evt_2"))
			if !errors.Is(err, plugipay.ErrInvalidRequest) || !strings.Contains(err.Error(), "Claim") {
				t.Errorf("the inner error is %v", err)
			}
			first, err := s.Claim(ctx, tx, "evt_2")
			if !first || err != nil {
				t.Errorf("Claim inside: first %t, error %v", first, err)
			}
			return s.ship("evt_1")(ctx, tx)
		})
		if !ran || err != nil {
			t.Errorf("Once ran: %t, error %v", ran, err)
		}
		s.wantOnce(t, "evt_2", false)
	})
}

// TestOnce_CancelEndsTheWaitNotTheWork checks that the caller's context matters only until do begins.
func TestOnce_CancelEndsTheWaitNotTheWork(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		caller, cancel := context.WithCancel(t.Context())
		began, finish := make(chan struct{}), make(chan struct{})
		worked := make(chan error, 1)
		go func() {
			_, err := s.Once(caller, "evt_1", func(ctx context.Context, tx *sql.Tx) error {
				close(began)
				<-finish
				if ctx.Err() != nil {
					return ctx.Err()
				}
				return s.ship("evt_1")(ctx, tx)
			})
			worked <- err
		}()
		<-began
		waiting := make(chan error, 1)
		go func() {
			_, err := s.Once(caller, "evt_1", func(context.Context, *sql.Tx) error { t.Error("the second do ran"); return nil })
			waiting <- err
		}()
		cancel()
		var failed *plugipay.Error
		if err := <-waiting; !errors.Is(err, context.Canceled) || !errors.As(err, &failed) || failed.Status != 503 {
			t.Errorf("the wait ends with %v", err)
		}
		close(finish)
		if err := <-worked; err != nil {
			t.Errorf("the work ends with %v", err)
		}
		s.wantShipped(t, "evt_1", 1)
	})
}

// TestOnce_TimeoutEndsTheWork checks that nothing is committed after the timeout, even if the handler ignores its context.
func TestOnce_TimeoutEndsTheWork(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		in := s.inbox(t, s.db, inbox.Options{Timeout: 500 * time.Millisecond})
		for name, wait := range map[string]func(context.Context) error{
			"obeys":   func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
			"ignores": func(ctx context.Context) error { <-ctx.Done(); return nil },
		} {
			ran, err := in.Once(t.Context(), name, func(ctx context.Context, tx *sql.Tx) error {
				if err := s.ship(name)(ctx, tx); err != nil {
					return err
				}
				return wait(ctx)
			})
			if ran || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: Once ran: %t, error %v", name, ran, err)
			}
			s.wantShipped(t, name, 0)
			s.wantOnce(t, name, true)
		}
	})
}

// TestOnce_WaitsNoLongerThanTimeout waits for another process that holds the row.
func TestOnce_WaitsNoLongerThanTimeout(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		s.child(t, "inside", "evt_1", "")
		in := s.inbox(t, s.open(t, s.server.Port), inbox.Options{Timeout: 300 * time.Millisecond})
		ran, err := in.Once(t.Context(), "evt_1", s.ship("evt_1"))
		var failed *plugipay.Error
		if ran || !errors.As(err, &failed) || failed.Status != 503 {
			t.Errorf("Once ran: %t, error %v", ran, err)
		}
	})
}

func TestOnce_MissingTableNamesCreateTable(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		in := s.inbox(t, s.db, inbox.Options{Table: "missing_" + s.table})
		_, err := in.Once(t.Context(), "evt_1", s.ship("evt_1"))
		if err == nil || !strings.Contains(err.Error(), "CreateTable") || !strings.Contains(err.Error(), "missing_"+s.table) {
			t.Errorf("the error of Once is %v", err)
		}
		if _, err := in.Prune(t.Context(), time.Hour); err == nil || !strings.Contains(err.Error(), "CreateTable") {
			t.Errorf("the error of Prune is %v", err)
		}
	})
}
