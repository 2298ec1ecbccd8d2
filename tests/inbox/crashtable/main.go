// Crashtable shows what happens to orders when processes, servers and networks fail while webhook events are handled:
//
//	go run ./crashtable
//
// For each database and each failure it delivers events to a webhook endpoint with package inbox, in a separate process, and
// repeats each delivery until the response is 200, like Plugipay. Then it counts how many times each order was shipped.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/plugipay/plugipay-go/plugipay/inbox"
	"github.com/plugipay/plugipay-go/tests/inbox/internal/databases"
)

// failure describes a failure and the deliveries during it.
type failure struct {
	name    string
	events  int
	atOnce  int           // deliveries at the same time
	crash   string        // the worker's failure at every fourth event: see worker.go
	away    time.Duration // how long the killed database stays down. 0: it is not killed. Negative: it restarts at once
	network bool          // needs a network between worker and database
}

var failures = []failure{
	{name: "process killed before the transaction", events: 20, atOnce: 1, crash: "before"},
	{name: "process killed inside the transaction", events: 20, atOnce: 1, crash: "inside"},
	{name: "process killed after the transaction", events: 20, atOnce: 1, crash: "after"},
	{name: "server killed", events: 20, atOnce: 4, away: -1, network: true},
	{name: "database away for five seconds", events: 20, atOnce: 4, away: 5 * time.Second, network: true},
	{name: "machine frozen", events: 4, atOnce: 1, crash: "freeze"},
	{name: "commit's response lost", events: 4, atOnce: 1, crash: "lose", network: true},
	{name: "pool of five, each event twice", events: 50, atOnce: 100},
}

func main() {
	if os.Getenv(workerDSN) != "" {
		exitWith(work())
	}
	exitWith(table(context.Background()))
}

func exitWith(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// table prints a row for each database and failure.
func table(ctx context.Context) error {
	fmt.Println("| database | failure | events | shipped once | lost | twice | last after |")
	fmt.Println("|---|---|---|---|---|---|---|")
	wrong := false
	for _, kind := range []databases.Kind{databases.Kinds[0], databases.Kinds[1], databases.Kinds[3]} {
		for _, f := range failures {
			if f.network && kind.Program == "" {
				continue // a file has no server and no network
			}
			row, err := run(ctx, kind, f)
			if errors.Is(err, databases.ErrMissing) {
				fmt.Printf("| %s | %v | | | | | |\n", kind.Name, err)
				break
			}
			if err != nil {
				return fmt.Errorf("%s, %s: %w", kind.Name, f.name, err)
			}
			wrong = wrong || row.lost > 0 || row.twice > 0
			name := f.name
			if f.crash == "freeze" && kind.Program == "" {
				name += ", then killed" // the lock of a file ends only with the process
			}
			fmt.Printf("| %s | %s | %d | %d | %d | %d | %.1f s |\n",
				kind.Name, name, f.events, row.once, row.lost, row.twice, row.took.Seconds())
		}
	}
	if wrong {
		return errors.New("an order was lost or shipped twice")
	}
	return nil
}

// result counts the orders of a run.
type result struct {
	once, lost, twice int
	took              time.Duration
}

// run delivers the events of one failure.
func run(ctx context.Context, kind databases.Kind, f failure) (result, error) {
	server, err := databases.Start(ctx, kind)
	if err != nil {
		return result{}, err
	}
	defer server.Stop()
	db, err := sql.Open(kind.Driver, server.DSN(server.Port))
	if err != nil {
		return result{}, err
	}
	defer func() { _ = db.Close() }()
	db.SetMaxIdleConns(0) // so that no idle connection outlives a killed server
	if err := createTables(ctx, db, kind); err != nil {
		return result{}, err
	}
	pool := &workers{server: server, crash: f.crash}
	defer pool.stop()
	started := time.Now()
	var back sync.WaitGroup
	if f.away != 0 {
		pool.slow = true // so that handlers run when the server is killed
		pool.afterFive = func() {
			back.Go(func() {
				server.Kill()
				time.Sleep(max(f.away, 0))
				_ = server.Restart(ctx)
			})
		}
	}
	pool.deliverAll(f.events, f.atOnce)
	took := time.Since(started)
	back.Wait()
	pool.thaw()
	counted, err := count(ctx, db, f.events)
	counted.took = took
	return counted, err
}

func createTables(ctx context.Context, db *sql.DB, kind databases.Kind) error {
	in, err := inbox.New(db, inbox.Options{Consumer: "orders", Dialect: kind.Dialect})
	if err != nil {
		return err
	}
	if err := in.CreateTable(ctx); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "CREATE TABLE shipped (id varchar(64) NOT NULL)")
	return err
}

// count reads how many times each order was shipped.
func count(ctx context.Context, db *sql.DB, events int) (r result, err error) {
	for n := range events {
		var times int
		if err := db.QueryRowContext(ctx, "SELECT count(*) FROM shipped WHERE id = '"+orderOf(n)+"'").Scan(&times); err != nil {
			return r, err
		}
		switch times {
		case 0:
			r.lost++
		case 1:
			r.once++
		default:
			r.twice++
		}
	}
	return r, nil
}

func orderOf(n int) string { return fmt.Sprintf("cs_%03d", n) }
