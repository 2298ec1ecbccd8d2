package main

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/plugipay/inbox"
	"github.com/plugipay/plugipay-go/tests/inbox/internal/databases"
)

// The environment of a worker.
const (
	workerDriver  = "CRASH_DRIVER"
	workerDSN     = "CRASH_DSN"
	workerPort    = "CRASH_PORT" // of the database, for the proxy
	workerDialect = "CRASH_DIALECT"
	workerCrash   = "CRASH_HOW"
	workerSlow    = "CRASH_SLOW"  // true: handling takes a moment
	workerMarks   = "CRASH_MARKS" // a folder with a file for each failure that happened
)

const secret = "whsec_crash"

// workerTimeout is the Timeout of the worker's inbox. After it, PostgreSQL ends the transaction of a frozen worker.
const workerTimeout = 2 * time.Second

// work is a process of the shop: a webhook endpoint that ships orders.
func work() error {
	proxy, err := databases.StartProxy("127.0.0.1:" + os.Getenv(workerPort))
	if err != nil {
		return err
	}
	dsn := os.Getenv(workerDSN)
	if os.Getenv(workerCrash) == "lose" {
		dsn = strings.Replace(dsn, ":"+os.Getenv(workerPort), ":"+strconv.Itoa(proxy.Port), 1)
	}
	db, err := sql.Open(os.Getenv(workerDriver), dsn)
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(5)
	dialect, _ := strconv.Atoi(os.Getenv(workerDialect))
	in, err := inbox.New(db, inbox.Options{Consumer: "orders", Dialect: inbox.Dialect(dialect), Timeout: workerTimeout})
	if err != nil {
		return err
	}
	handler, err := in.Sessions(func(ctx context.Context, tx *sql.Tx, session *plugipay.CheckoutSession) error {
		if err := db.PingContext(ctx); err != nil { // a second connection
			return err
		}
		if os.Getenv(workerSlow) == "true" {
			time.Sleep(50 * time.Millisecond)
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO shipped (id) VALUES ('"+session.ID+"')")
		if err == nil {
			crash(session.ID, "inside", "freeze", "lose")(proxy)
		}
		return err
	}).Handler(plugipay.WebhookHandlerOptions{Secrets: []string{secret}, OnError: func(*http.Request, error) {}})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	return http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.URL.Query().Get("order")
		crash(id, "before")(proxy)
		handler.ServeHTTP(w, r)
		crash(id, "after")(proxy)
	}))
}

// crash returns the worker's failure if it belongs to one of the places. Every fourth order has one failure.
func crash(order string, places ...string) func(*databases.Proxy) {
	how := os.Getenv(workerCrash)
	n, _ := strconv.Atoi(strings.TrimPrefix(order, "cs_"))
	for _, place := range places {
		if place != how || n%4 != 1 {
			continue
		}
		mark, err := os.OpenFile(filepath.Join(os.Getenv(workerMarks), order), os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			continue // it has already happened
		}
		_ = mark.Close()
		switch how {
		case "freeze":
			return func(*databases.Proxy) { _ = syscall.Kill(os.Getpid(), syscall.SIGSTOP) }
		case "lose":
			return func(p *databases.Proxy) { p.LoseCommits() }
		}
		return func(*databases.Proxy) { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL); select {} }
	}
	return func(*databases.Proxy) {}
}
