package inbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay/inbox"
	"github.com/plugipay/plugipay-go/tests/inbox/internal/databases"
)

// servers are the databases that the tests share, by program. Each test has its own tables.
var servers = map[string]func() (*databases.Server, error){}

func TestMain(m *testing.M) {
	if os.Getenv(childStep) != "" {
		runChild()
		return
	}
	var started []*databases.Server
	var mu sync.Mutex
	for _, kind := range databases.Kinds {
		if servers[kind.Program] != nil {
			continue
		}
		servers[kind.Program] = sync.OnceValues(func() (*databases.Server, error) {
			server, err := databases.Start(context.Background(), kind)
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				started = append(started, server)
			}
			return server, err
		})
	}
	code := m.Run()
	for _, server := range started {
		server.Stop()
	}
	os.Exit(code)
}

// shop is an inbox, its database, and a table of what was shipped.
type shop struct {
	*inbox.Inbox
	db      *sql.DB
	server  *databases.Server
	table   string // of the inbox
	shipped string // the table with a row for each effect
}

// onEachDatabase runs a test with a shop on each database.
func onEachDatabase(t *testing.T, test func(t *testing.T, s *shop)) {
	t.Helper()
	for _, kind := range databases.Kinds {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			test(t, openShop(t, sharedServer(t, kind), inbox.Options{}))
		})
	}
}

// on runs a test with a shop on each database of a dialect.
func on(t *testing.T, dialect inbox.Dialect, test func(t *testing.T, s *shop)) {
	t.Helper()
	for _, kind := range databases.Kinds {
		if kind.Dialect == dialect {
			t.Run(kind.Name, func(t *testing.T) {
				t.Parallel()
				test(t, openShop(t, sharedServer(t, kind), inbox.Options{}))
			})
		}
	}
}

// sharedServer returns the server that the tests share.
func sharedServer(t *testing.T, kind databases.Kind) *databases.Server {
	t.Helper()
	server, err := servers[kind.Program]()
	require(t, err)
	return server.As(kind)
}

// ownServer starts a server that the test may kill.
func ownServer(t *testing.T, kind databases.Kind) *databases.Server {
	t.Helper()
	server, err := databases.Start(t.Context(), kind)
	require(t, err)
	t.Cleanup(server.Stop)
	return server
}

// require ends the test if there is an error. If a server is not installed, the test is skipped, but not in CI.
func require(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, databases.ErrMissing) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

var tables atomic.Int64

// openShop creates the tables of a shop.
func openShop(t *testing.T, server *databases.Server, opts inbox.Options) *shop {
	t.Helper()
	n := tables.Add(1)
	s := &shop{server: server, table: fmt.Sprint("inbox_", n), shipped: fmt.Sprint("shipped_", n)}
	s.db = s.open(t, server.Port)
	s.Inbox = s.inbox(t, s.db, opts)
	require(t, s.CreateTable(t.Context()))
	s.exec(t, "CREATE TABLE "+s.shipped+" (id varchar(64) NOT NULL)")
	return s
}

// open returns a pool of five connections to a port: the server's or a proxy's.
func (s *shop) open(t *testing.T, port int) *sql.DB {
	t.Helper()
	db, err := sql.Open(s.server.Kind.Driver, s.server.DSN(port))
	require(t, err)
	db.SetMaxOpenConns(5)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// inbox returns an inbox with the shop's table.
func (s *shop) inbox(t *testing.T, db *sql.DB, opts inbox.Options) *inbox.Inbox {
	t.Helper()
	if opts.Consumer == "" {
		opts.Consumer = "orders"
	}
	if opts.Table == "" {
		opts.Table = s.table
	}
	if opts.Timeout == 0 {
		opts.Timeout = 20 * time.Second
	}
	opts.Dialect = s.server.Kind.Dialect
	in, err := inbox.New(db, opts)
	require(t, err)
	return in
}

func (s *shop) exec(t *testing.T, statement string, args ...any) {
	t.Helper()
	if _, err := s.db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// ship returns a function for Once that ships an order.
func (s *shop) ship(id string) func(context.Context, *sql.Tx) error {
	return func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO "+s.shipped+" (id) VALUES ('"+id+"')")
		return err
	}
}

// count returns how often an order was shipped.
func (s *shop) count(t *testing.T, id string) (n int) {
	t.Helper()
	require(t, s.db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+s.shipped+" WHERE id = '"+id+"'").Scan(&n))
	return n
}

// wantShipped checks how often an order was shipped.
func (s *shop) wantShipped(t *testing.T, id string, want int) {
	t.Helper()
	if got := s.count(t, id); got != want {
		t.Errorf("%s was shipped %d times, want %d", id, got, want)
	}
}

// wantOnce calls Once with the key. do ships an order whose id is the key. wantOnce checks whether do ran.
func (s *shop) wantOnce(t *testing.T, key string, want bool) {
	t.Helper()
	ran, err := s.Once(t.Context(), key, s.ship(key))
	if ran != want || err != nil {
		t.Errorf("Once of %s ran: %t, error %v, want %t", key, ran, err, want)
	}
}
