// Package inbox handles each event once, even if a process or the database crashes. The record that an event was handled and the
// effects of handling it are one commit in your database.
//
// Make an inbox with [New], create its table with [Inbox.CreateTable], and give [Inbox.Sessions] a function that marks the
// order. [Sessions.Handler] returns the webhook endpoint. [Sessions.Reconcile] handles the sessions that no event reported.
//
// Most shops use [Sessions]. [Inbox.Handler] handles events of every kind. [Inbox.Once] and [Inbox.Claim] are for
// anything else that has a key.
//
// # What a handler must do
//
// The handler gets a transaction. Its effects must go through this transaction. It must return every error of the
// transaction, and must not run DDL on MySQL, which commits. It may run again after a rollback, for example after a deadlock. Only
// one run commits. An effect that cannot be rolled back, such as sending mail, belongs after the commit: write a row in the
// transaction, and send the mail in another process.
//
// # The database
//
// The package works with PostgreSQL, MySQL, MariaDB and SQLite, through any driver of database/sql. For MySQL and MariaDB,
// put readTimeout and wait_timeout into the DSN, such as readTimeout=40s&wait_timeout=40. Both should be a little longer than
// Options.Timeout. Then a machine that vanishes does not keep its locks.
//
// On PostgreSQL the package sets idle_in_transaction_session_timeout for its own transactions. For SQLite, use WAL and a
// busy timeout.
package inbox

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

const (
	defaultTable   = "plugipay_inbox"
	defaultTimeout = 30 * time.Second

	maxConsumer = 64  // characters in the column
	maxKey      = 255 // characters in the column
)

// Options configures an [Inbox].
type Options struct {
	// Consumer is the name of the program that handles the events: 1 to 64 visible ASCII characters. Required. Each consumer of
	// a database has its own records, and its own webhook endpoint. A renamed consumer handles everything again.
	Consumer string
	// Dialect is the kind of the database. Required.
	Dialect Dialect
	// Table is the table with the records, name or schema.name, of letters, digits and underscores. Default:
	// "plugipay_inbox".
	Table string
	// Timeout is the time limit for handling one event. It applies even if the sender hangs up. Waiting for another delivery or for
	// the database may take the same time before. Default: 30s.
	Timeout time.Duration
}

// Inbox handles events once. Make one with [New] and share it: it is safe for concurrent use.
type Inbox struct {
	db       *sql.DB
	consumer string
	timeout  time.Duration
	sql      statements
	gate     *gate
}

// New returns an inbox in a database. It does not use the database; see [Inbox.CreateTable].
//
// With a limit of n connections (db.SetMaxOpenConns), the inbox uses at most n-1, so that handlers may use a second connection.
// Without a limit, it uses at most 16. Set the limit before calling New. With a limit of one connection, a handler must use only
// its transaction, because it would wait for itself. Each inbox on a *sql.DB counts separately.
//
// New fails with a [*plugipay.Error], code invalid_request, if db is nil or an option is invalid.
func New(db *sql.DB, opts Options) (*Inbox, error) {
	switch {
	case db == nil:
		return nil, invalid("New needs a *sql.DB, not nil")
	case opts.Timeout < 0:
		return nil, invalid("Options.Timeout is less than zero")
	}
	if err := checkText("Options.Consumer", opts.Consumer, maxConsumer); err != nil {
		return nil, err
	}
	if opts.Table == "" {
		opts.Table = defaultTable
	}
	if opts.Timeout == 0 {
		opts.Timeout = defaultTimeout
	}
	statements, err := newStatements(opts.Dialect, opts.Table, opts.Timeout)
	if err != nil {
		return nil, err
	}
	return &Inbox{
		db:       db,
		consumer: opts.Consumer,
		timeout:  opts.Timeout,
		sql:      statements,
		gate:     newGate(db.Stats().MaxOpenConnections),
	}, nil
}

// Schema returns the statements that create the table, each ended by a semicolon, for a migration. They do nothing if the
// table exists.
func (in *Inbox) Schema() string {
	var schema string
	for _, statement := range in.sql.create {
		schema += statement + ";\n"
	}
	return schema
}

// CreateTable creates the table of [Inbox.Schema] if it does not exist. Several processes may call it at once.
func (in *Inbox) CreateTable(ctx context.Context) error {
	for _, statement := range in.sql.create {
		err := in.retry(ctx, func(ctx context.Context) error {
			_, err := in.db.ExecContext(ctx, statement)
			return err
		})
		if err != nil {
			return fmt.Errorf("inbox: the table %s was not created: %w", in.sql.table, err)
		}
	}
	return nil
}

// Handler returns a webhook endpoint that verifies each delivery, as [plugipay.NewWebhookHandler] does, and handles each
// event once: handle runs as the do of [Inbox.Once] does. A delivery of an event that was handled gets 200. A delivery of
// an event that is being handled waits, and gets 503 only if Options.Timeout is over.
//
// The record's key is the event's id. With opts.SecretsFor it is the account and the id, because an account chooses the ids
// of the events that it signs. Plugipay may deliver an event again with a new id: key what must happen once per session by
// the session, as [Sessions] does.
//
// Handler fails with a [*plugipay.Error], code invalid_request, if handle is nil, if opts.Handle or opts.Timeout is set,
// or if the other options are invalid.
func (in *Inbox) Handler(
	opts plugipay.WebhookHandlerOptions, handle func(ctx context.Context, tx *sql.Tx, event *plugipay.WebhookEvent) error,
) (*plugipay.WebhookHandler, error) {
	if handle == nil {
		return nil, invalid("Inbox.Handler needs a handle function, not nil")
	}
	byAccount := opts.SecretsFor != nil
	return newWebhookHandler(opts, func(ctx context.Context, event *plugipay.WebhookEvent) error {
		key := event.ID
		if byAccount {
			key = event.AccountID + "/" + event.ID
		}
		_, err := in.Once(ctx, key, func(ctx context.Context, tx *sql.Tx) error { return handle(ctx, tx, event) })
		return err
	})
}

// newWebhookHandler returns a webhook handler that leaves the time and the memory to the inbox.
func newWebhookHandler(
	opts plugipay.WebhookHandlerOptions, handle func(context.Context, *plugipay.WebhookEvent) error,
) (*plugipay.WebhookHandler, error) {
	switch {
	case opts.Handle != nil:
		return nil, invalid("WebhookHandlerOptions.Handle is set: the inbox handles the events")
	case opts.Timeout != 0:
		return nil, invalid("WebhookHandlerOptions.Timeout is set: set Options.Timeout of the inbox")
	}
	opts.Handle = handle
	opts.Timeout = -1
	return plugipay.NewWebhookHandler(opts)
}

// checkText refuses text that a column would not keep as it is. The text is not shown, because it may hold anything.
func checkText(name, text string, longest int) error {
	if text == "" || len(text) > longest {
		return invalid(fmt.Sprintf("%s has %d characters: it must have 1 to %d", name, len(text), longest))
	}
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return invalid(fmt.Sprintf("%s has a character at %d that is not visible ASCII", name, i))
		}
	}
	return nil
}

func invalid(message string) error {
	return &plugipay.Error{Code: plugipay.ErrorCodeInvalidRequest, Message: message}
}
