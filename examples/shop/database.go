package main

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	_ "modernc.org/sqlite" // the driver sqlite

	"github.com/plugipay/plugipay-go/plugipay/inbox"
)

// schema is the shop's own tables, in SQL that PostgreSQL and SQLite share. Times are Unix seconds.
const schema = `
CREATE TABLE IF NOT EXISTS orders (
  id text PRIMARY KEY, cart_id text NOT NULL, attempt bigint NOT NULL, email text NOT NULL,
  items text NOT NULL, amount bigint NOT NULL, state text NOT NULL,
  session_id text UNIQUE, account_id text, mode text, created_at bigint NOT NULL, UNIQUE (cart_id, attempt));
CREATE TABLE IF NOT EXISTS shipments (order_id text NOT NULL, requested_at bigint NOT NULL)`

// database is the shop's database, with its dialect.
type database struct {
	*sql.DB
	dialect inbox.Dialect
	river   riverdriver.Driver[*sql.Tx]
	remove  func() error // removes a temporary database
}

func (db *database) close() { _ = errors.Join(db.Close(), db.remove()) }

// openDatabase opens a PostgreSQL database, a SQLite file or, if the URL is empty, a temporary SQLite file.
func openDatabase(databaseURL string) (*database, error) {
	remove := func() error { return nil }
	if strings.Contains(databaseURL, "://") {
		db, err := sql.Open("pgx", databaseURL)
		if err != nil {
			return nil, errors.New("DATABASE_URL cannot be read") // the error may show the password
		}
		db.SetMaxOpenConns(20)
		return &database{db, inbox.PostgreSQL, riverdatabasesql.New(db), remove}, nil
	}
	if databaseURL == "" {
		folder, err := os.MkdirTemp("", "shop")
		if err != nil {
			return nil, err
		}
		databaseURL, remove = filepath.Join(folder, "shop.db"), func() error { return os.RemoveAll(folder) }
	}
	file := url.URL{Path: databaseURL, RawQuery: "_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)"}
	db, err := sql.Open("sqlite", "file:"+file.String())
	if err != nil {
		return nil, errors.Join(err, remove())
	}
	db.SetMaxOpenConns(1) // SQLite has one writer, and River asks for it
	return &database{db, inbox.SQLite, riversqlite.New(db), remove}, nil
}

// migrate creates the tables that are missing. On PostgreSQL, processes that start together wait for each other.
func (db *database) migrate(ctx context.Context, events *inbox.Inbox) error {
	if db.dialect == inbox.PostgreSQL {
		lock, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = lock.Rollback() }()
		if _, err := lock.ExecContext(ctx, "SELECT pg_advisory_xact_lock(7405)"); err != nil {
			return err
		}
	}
	for statement := range strings.SplitSeq(schema, ";") {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	migrator, err := rivermigrate.New(db.river, nil)
	if err == nil {
		_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	}
	return errors.Join(err, events.CreateTable(ctx))
}
