package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

var manyOrders = flag.Int("orders", 40, "number of orders that are placed while processes are killed")

// variant is a kind of database, and the number of shops that share it.
type variant struct {
	name  string
	shops int
	open  func(t *testing.T) string
}

var variants = []variant{
	{"SQLite", 1, func(t *testing.T) string { return filepath.Join(t.TempDir(), "shop.db") }},
	{"PostgreSQL", 2, openPostgres},
}

// table collects the results of a test for the log.
type table struct {
	mu   sync.Mutex
	rows []string
}

func (tb *table) add(cells ...any) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	tb.rows = append(tb.rows, strings.TrimSuffix(fmt.Sprintln(cells...), "\n"))
}

func (tb *table) log(t *testing.T, head string) {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\n"+head)
	slices.Sort(tb.rows)
	for _, row := range tb.rows {
		fmt.Fprintln(w, row)
	}
	_ = w.Flush()
	t.Log(text.String())
}

// payAnywhere presses "Pay" at one shop after the other, like a load balancer, until a shop redirects to a page. It returns the
// address of the redirect.
func (st *street) payAnywhere(b *buyer, kopi string) (location string) {
	st.t.Helper()
	turn := rand.IntN(len(st.shops))
	eventually(st.t, "a buyer can pay", func() bool {
		turn++
		status, to, err := b.tryToPay(st.shops[turn%len(st.shops)].url(), kopi)
		location = to
		return err == nil && status == http.StatusSeeOther
	})
	return location
}

// visitAnywhere returns a new buyer with a cart.
func (st *street) visitAnywhere() *buyer {
	b := newBuyer(st.t, "")
	turn := rand.IntN(len(st.shops))
	eventually(st.t, "a shop shows its catalog", func() bool {
		turn++
		response, err := b.http.Get(st.shops[turn%len(st.shops)].url() + "/")
		if err == nil {
			_ = response.Body.Close()
		}
		return err == nil && response.StatusCode == http.StatusOK
	})
	return b
}

// order returns the order of a session.
func (st *street) order(sessionID string) *order {
	st.t.Helper()
	var o *order
	eventually(st.t, "the database can be read", func() (found bool) {
		var err error
		o, err = findOrder(context.WithoutCancel(st.t.Context()), st.db, "WHERE session_id = $1", sessionID)
		return err == nil
	})
	return o
}

// wantShipped waits until the order of a session is shipped and mailed, and checks that it was shipped once. It returns the
// number of mails.
func (st *street) wantShipped(sessionID string) (mails int) {
	st.t.Helper()
	id := st.order(sessionID).ID
	const subject = "Your order is on its way"
	eventually(st.t, "the order is shipped and mailed", func() bool {
		return st.order(sessionID).State == stateShipped && st.mail.count(subject, id) > 0
	})
	if n := number(st.t, st.db, "SELECT count(*) FROM shipments WHERE order_id = $1", id); n != 1 {
		st.t.Errorf("the order was shipped %d times", n)
	}
	return st.mail.count(subject, id)
}

// redeliverAll delivers all events again, and waits until all are delivered.
func (st *street) redeliverAll() {
	st.t.Helper()
	var events []struct{ ID string }
	if err := json.Unmarshal(st.control(http.MethodGet, "events", nil), &events); err != nil {
		st.t.Fatal(err)
	}
	var all sync.WaitGroup
	for _, event := range events {
		all.Go(func() { st.control(http.MethodPost, "events/"+event.ID+"/redeliver", struct{}{}) })
	}
	all.Wait()
	eventually(st.t, "all events are delivered", func() bool {
		st.advance(time.Minute)
		var left struct{ Pending, Failed []json.RawMessage }
		if err := json.Unmarshal(st.control(http.MethodPost, "deliveries/wait", map[string]any{"timeoutMs": 500}), &left); err != nil {
			st.t.Fatal(err)
		}
		return len(left.Pending)+len(left.Failed) == 0
	})
}

// TestCrash_KilledProcess kills a process at each moment. If two processes share a database, the other process continues.
func TestCrash_KilledProcess(t *testing.T) {
	t.Parallel()
	var results table
	t.Run("at", func(t *testing.T) {
		for _, v := range variants {
			for _, moment := range []string{
				killBeforeBuy, killCreated, killBefore, killInside, killAfter, killReconcile, killMailing, killMailed,
			} {
				t.Run(v.name+" "+moment, func(t *testing.T) {
					t.Parallel()
					st := newStreet(t, v.open(t), v.shops, moment != killReconcile)
					dying := st.shops[0]
					dying.start(moment)
					// The other shop must not do the work during which this shop is to be killed.
					isLate := moment == killInside || moment == killReconcile || moment == killMailing || moment == killMailed
					startOthers := func() {
						for _, s := range st.shops[1:] {
							s.start("")
						}
					}
					if !isLate {
						startOthers()
					}
					ana := newBuyer(t, dying.url()).visit()
					if moment == killBeforeBuy || moment == killCreated {
						if _, _, err := ana.tryToPay(dying.url(), "1"); err == nil {
							t.Fatal("the shop responded")
						}
						dying.waitKilled()
						if len(st.shops) == 1 {
							dying.start("")
						}
					}
					location := st.payAnywhere(ana, "1")
					id := sessionID(location)
					st.payAs(id, plugipay.CheckoutMethodQRIS)
					if moment != killBeforeBuy && moment != killCreated {
						dying.waitKilled()
					}
					if isLate {
						startOthers()
					}
					if len(st.shops) == 1 && moment != killBeforeBuy && moment != killCreated {
						dying.start("")
					}
					mails := st.wantShipped(id) // while one of two processes is dead
					if len(st.shops) == 2 {
						dying.start("")
					}
					if moment != killReconcile {
						st.redeliverAll()
					}
					eventually(t, "the job of the mail is done", func() bool {
						return number(t, st.db, "SELECT count(*) FROM river_job WHERE kind = 'mail' AND state = 'completed'") == 1
					})
					mails = max(mails, st.wantShipped(id))
					var sessions []json.RawMessage
					if err := json.Unmarshal(st.control(http.MethodGet, "sessions", nil), &sessions); err != nil || len(sessions) != 1 {
						t.Errorf("%d sessions exist, want 1, error %v", len(sessions), err)
					}
					results.add(v.name, "\t", moment, "\t", number(t, st.db, "SELECT count(*) FROM shipments"), "\t", mails, "\t", len(sessions))
				})
			}
		}
	})
	results.log(t, "variant\tkilled\tshipped\tmails\tsessions")
}

// TestDuplicates_AtOnceToAllProcesses sends many clicks at the same time, and then delivers the event several times to all
// processes.
func TestDuplicates_AtOnceToAllProcesses(t *testing.T) {
	t.Parallel()
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			st := newStreet(t, v.open(t), v.shops, true)
			for _, s := range st.shops {
				s.start("")
			}
			ana := st.visitAnywhere()
			locations := make([]string, 8)
			var clicks sync.WaitGroup
			for i := range locations { // at all processes
				clicks.Go(func() { locations[i] = st.payAnywhere(ana, "1") })
			}
			clicks.Wait()
			for _, location := range locations {
				if location != locations[0] {
					t.Errorf("the clicks lead to %v", locations)
				}
			}
			id := sessionID(locations[0])
			st.payAs(id, plugipay.CheckoutMethodQRIS)
			for range 5 {
				st.redeliverAll()
			}
			if mails := st.wantShipped(id); mails != 1 {
				t.Errorf("%d mails were sent, want 1, because no process was killed", mails)
			}
		})
	}
}

// TestOutOfOrder_ExpiryAfterLatePayment delays the event of the expiry until after the event of the late payment.
func TestOutOfOrder_ExpiryAfterLatePayment(t *testing.T) {
	t.Parallel()
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			st := newStreet(t, v.open(t), v.shops, true)
			for _, s := range st.shops {
				s.start("")
			}
			id := sessionID(st.payAnywhere(st.visitAnywhere(), "1"))
			for range st.shops {
				st.control(http.MethodPost, "delivery-faults", map[string]any{"kind": "out_of_order", "delayMs": 600_000})
			}
			st.control(http.MethodPost, "sessions/"+id+"/expire", struct{}{})
			st.control(http.MethodPost, "sessions/"+id+"/settle", map[string]any{"late": true})
			st.redeliverAll()
			// The reconciliation may have seen the session while it was expired. Then the payment is refunded.
			o := st.order(id)
			shipments := number(t, st.db, "SELECT count(*) FROM shipments")
			if o.State != stateShipped && o.State != stateRefund || (o.State == stateShipped) != (shipments == 1) {
				t.Errorf("the order is %s and was shipped %d times", o.State, shipments)
			}
			st.redeliverAll()
			if again := st.order(id); again.State != o.State {
				t.Errorf("the order was %s and is now %s", o.State, again.State)
			}
		})
	}
}

// TestOutage_DatabaseIsAwayForFiveSeconds pays an order while the database does not respond.
func TestOutage_DatabaseIsAwayForFiveSeconds(t *testing.T) {
	t.Parallel()
	const away = 5 * time.Second
	for name, outage := range map[string]func(t *testing.T) (database string, shops int, leave, comeBack func(st *street) error){
		"SQLite": func(t *testing.T) (string, int, func(*street) error, func(*street) error) {
			// Another program holds the file.
			exec := func(statement string) func(st *street) error {
				return func(st *street) error { _, err := st.db.ExecContext(t.Context(), statement); return err }
			}
			return filepath.Join(t.TempDir(), "shop.db"), 1, exec("BEGIN EXCLUSIVE"), exec("COMMIT")
		},
		"PostgreSQL": func(t *testing.T) (string, int, func(*street) error, func(*street) error) {
			needPostgres(t)
			server, err := startPostgres()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(server.remove)
			return server.create(t), 2, func(*street) error { return server.stop() }, func(*street) error { return server.start() }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database, shops, leave, comeBack := outage(t)
			st := newStreet(t, database, shops, true)
			for _, s := range st.shops {
				s.start("")
			}
			before := sessionID(st.payAnywhere(st.visitAnywhere(), "1"))
			if err := leave(st); err != nil {
				t.Fatal(err)
			}
			st.payAs(before, plugipay.CheckoutMethodQRIS)
			buyer := newBuyer(t, st.shops[0].url()).visit() // the catalog needs no database
			during := make(chan string, 1)
			go func() { during <- st.payAnywhere(buyer, "2") }() // retries until a shop redirects
			<-time.After(away)
			if err := comeBack(st); err != nil {
				t.Fatal(err)
			}
			st.wantShipped(before)
			after := sessionID(<-during)
			st.payAs(after, plugipay.CheckoutMethodCard)
			st.wantShipped(after)
			st.redeliverAll()
			st.wantShipped(before)
		})
	}
}

// TestOutage_EndpointIsDownForAnHour checks that the reconciliation alone finds a payment. The next attempt of the delivery would
// be an hour later.
func TestOutage_EndpointIsDownForAnHour(t *testing.T) {
	t.Parallel()
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			st := newStreet(t, v.open(t), v.shops, true)
			for _, s := range st.shops {
				s.start("")
			}
			paid := sessionID(st.payAnywhere(st.visitAnywhere(), "1"))
			canceled := sessionID(st.payAnywhere(st.visitAnywhere(), "2"))
			for _, s := range st.shops {
				s.kill()
			}
			st.payAs(paid, plugipay.CheckoutMethodQRIS)
			st.control(http.MethodPost, "sessions/"+canceled+"/cancel", struct{}{})
			st.advance(time.Hour)
			for _, s := range st.shops {
				s.start("")
			}
			st.wantShipped(paid)
			eventually(t, "the other order is canceled", func() bool { return st.order(canceled).State == stateCanceled })
			var deliveries []struct{ State string }
			if err := json.Unmarshal(st.control(http.MethodGet, "deliveries", nil), &deliveries); err != nil {
				t.Fatal(err)
			}
			for _, d := range deliveries {
				if d.State == "delivered" {
					t.Error("an event was delivered, so the test does not show that the reconciliation works")
				}
			}
		})
	}
}

// TestCrash_ManyOrders kills a random process every second while orders are placed, changed and paid.
func TestCrash_ManyOrders(t *testing.T) {
	t.Parallel()
	var results table
	t.Run("on", func(t *testing.T) {
		for _, v := range variants {
			t.Run(v.name, func(t *testing.T) {
				t.Parallel()
				st := newStreet(t, v.open(t), v.shops, true)
				for _, s := range st.shops {
					s.start("")
				}
				begun, done, kills := time.Now(), make(chan struct{}), make(chan int)
				go func() { kills <- st.killEverySecond(done) }()
				paid, canceled := st.placeOrders(*manyOrders)
				close(done)
				killed := <-kills
				st.redeliverAll()
				mails := 0
				for _, id := range paid {
					mails += st.wantShipped(id)
				}
				for _, id := range canceled {
					eventually(t, "the order is canceled", func() bool { return st.order(id).State == stateCanceled })
				}
				st.wantNothingElse(len(paid))
				results.add(v.name, "\t", *manyOrders, "\t", killed, "\t", len(paid), "\t", mails, "\t", len(canceled), "\t",
					time.Since(begun).Round(time.Second))
			})
		}
	})
	results.log(t, "variant\torders\tkilled\tshipped once\tmails\tcanceled\ttime")
}

// killEverySecond kills a random process every second, and starts it again.
func (st *street) killEverySecond(done <-chan struct{}) (killed int) {
	for second := time.NewTicker(time.Second); ; killed++ {
		select {
		case <-done:
			second.Stop()
			return killed
		case <-second.C:
		}
		s := st.shops[rand.IntN(len(st.shops))]
		s.kill()
		if !s.tryToStart("") {
			st.t.Error("a shop did not start again")
			return killed
		}
	}
}

// placeOrders makes four buyers at a time place orders, and pay or cancel them. It returns the ids of the sessions.
func (st *street) placeOrders(count int) (paid, canceled []string) {
	var mu sync.Mutex
	var next atomic.Int64
	var buyers sync.WaitGroup
	for range 4 {
		buyers.Go(func() {
			for next.Add(1) <= int64(count) {
				ana := st.visitAnywhere()
				if rand.IntN(4) == 0 {
					st.payAnywhere(ana, "1") // and changes the cart below
				}
				id := sessionID(st.payAnywhere(ana, "2"))
				list := &paid
				switch rand.IntN(8) {
				case 0:
					st.control(http.MethodPost, "sessions/"+id+"/cancel", struct{}{}) // no event reports it
					list = &canceled
				case 1, 2, 3:
					st.payAs(id, plugipay.CheckoutMethodVA)
					st.control(http.MethodPost, "sessions/"+id+"/settle", struct{}{})
				default:
					st.payAs(id, plugipay.CheckoutMethodQRIS)
				}
				mu.Lock()
				*list = append(*list, id)
				mu.Unlock()
				<-time.After(rand.N(800 * time.Millisecond)) // so that there is time for some kills
			}
		})
	}
	buyers.Wait()
	return paid, canceled
}

// wantNothingElse checks that only the paid orders were shipped, that no payment must be refunded, and that no other session
// was paid.
func (st *street) wantNothingElse(paid int) {
	st.t.Helper()
	for what, want := range map[string]int{
		"SELECT count(*) FROM shipments":                                   paid,
		"SELECT count(*) FROM orders WHERE state = '" + stateShipped + "'": paid,
		"SELECT count(*) FROM orders WHERE state = '" + stateRefund + "'":  0,
	} {
		if got := number(st.t, st.db, what); got != int64(want) {
			st.t.Errorf("%s: %d, want %d", what, got, want)
		}
	}
	var sessions []plugipay.CheckoutSession
	if err := json.Unmarshal(st.control(http.MethodGet, "sessions?limit=1000", nil), &sessions); err != nil {
		st.t.Fatal(err)
	}
	completed := 0
	for _, s := range sessions {
		if s.Status == plugipay.CheckoutSessionStatusCompleted {
			completed++
		}
	}
	if completed != paid {
		st.t.Errorf("%d sessions are paid, want %d", completed, paid)
	}
}
