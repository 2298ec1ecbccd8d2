package inbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// Execer is the caller's transaction for [Inbox.Claim]: a *sql.Tx, a *sqlx.Tx, gorm's ConnPool, or a pgx.Tx with a
// method around its Exec.
type Execer interface {
	// ExecContext executes a statement in the transaction. It has the signature of [sql.Tx.ExecContext].
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// Once runs do if it was not done before for this consumer and key. The effects of do in tx and the record are one commit: after a
// crash both are there or neither is. ran reports whether do ran. If err is not nil, ignore ran.
//
// A key has 1 to 255 visible ASCII characters. Calls with the same key wait for each other, in this process in memory and
// between processes in the database. The wait ends with ctx and after Options.Timeout; the error is then an
// [*plugipay.Error] with the status 503. When do begins, ctx no longer counts: do gets a context with the values of ctx
// that ends after Options.Timeout.
//
// If do returns an error, panics or ends its goroutine, the transaction is rolled back. do must return every error of tx.
// After a deadlock, a serialization failure or a busy database, do runs again, within the same Timeout. Only
// one run commits. If the commit fails, the transaction may be committed nevertheless. Call Once again with the key: do runs
// only if it was not committed.
//
// A call of Once within do is refused if both inboxes use the same database, because it would wait for itself. Use [Inbox.Claim]
// with tx.
func (in *Inbox) Once(ctx context.Context, key string, do func(ctx context.Context, tx *sql.Tx) error) (ran bool, err error) {
	if do == nil {
		return false, invalid("Once needs a do function, not nil")
	}
	if err := checkText("the key", key, maxKey); err != nil {
		return false, err
	}
	return in.once(ctx, "key/"+key, records{key, []kind{kindKey}}, do)
}

// Claim records key in a transaction that the caller has, and reports whether it was not recorded before. If first is
// false, the work was done: do nothing. The record exists after the caller has committed. Claim shares its keys with
// [Inbox.Once].
//
// On PostgreSQL above READ COMMITTED, Claim may fail with a serialization failure: roll back and begin again. After an
// error, roll back.
func (in *Inbox) Claim(ctx context.Context, tx Execer, key string) (first bool, err error) {
	if tx == nil {
		return false, invalid("Claim needs a transaction, not nil")
	}
	if err := checkText("the key", key, maxKey); err != nil {
		return false, err
	}
	return in.record(ctx, tx, in.sql.claim, kindKey, key)
}

// records are what a call inserts before it runs do: a row of each kind. do runs if the last one was not there.
type records struct {
	id    string
	kinds []kind
}

// once runs do unless the records are there.
func (in *Inbox) once(ctx context.Context, turn string, r records, do func(context.Context, *sql.Tx) error) (ran bool, err error) {
	if ctx.Value(inside{in.db}) != nil {
		return false, invalid("Once was called by the do of another Once on the same database, and would wait for itself: use Claim with tx")
	}
	c := in.newCall(ctx)
	defer c.end()
	leave, err := in.gate.enter(c.ctx, turn)
	if err != nil {
		return false, c.explain(err)
	}
	defer leave()
	for {
		ran, err = in.attempt(c, r, do)
		if err == nil || !isTransient(err) || !pause(c.ctx) {
			return ran, c.explain(err)
		}
	}
}

// attempt is one transaction.
func (in *Inbox) attempt(c *call, r records, do func(context.Context, *sql.Tx) error) (ran bool, err error) {
	tx, err := in.db.BeginTx(c.ctx, nil)
	if err != nil {
		return false, fmt.Errorf("inbox: no transaction was begun: %w", err)
	}
	committing := false
	defer func() { // also if do panics or ends the goroutine
		if !committing {
			_ = in.bounded("rollback", tx.Rollback)
		}
	}()
	first := false
	for _, kind := range r.kinds {
		if first, err = in.record(c.ctx, tx, in.sql.insert, kind, r.id); err != nil {
			return false, err
		}
	}
	if !first {
		return false, nil
	}
	if err := in.savepoint(c, tx, "SAVEPOINT plugipay_inbox"); err != nil {
		return false, err
	}
	if err := c.begin(); err != nil {
		return false, err
	}
	if err := do(context.WithValue(c.ctx, inside{in.db}, true), tx); err != nil {
		return false, err
	}
	if err := c.ctx.Err(); err != nil { // do may have ignored it, and the transaction's own cancel may still be on its way
		return false, err
	}
	if err := in.savepoint(c, tx, "RELEASE SAVEPOINT plugipay_inbox"); err != nil {
		return false, err
	}
	committing = true
	if err := in.bounded("commit", tx.Commit); err != nil {
		return false, fmt.Errorf("inbox: the commit failed, or its result is not known: %w", err)
	}
	return true, nil
}

// record inserts a row and reports whether it was not there before.
func (in *Inbox) record(ctx context.Context, tx Execer, insert string, kind kind, id string) (first bool, err error) {
	result, err := tx.ExecContext(ctx, insert, in.consumer, string(kind), id)
	if isDuplicate(err) {
		return false, nil
	}
	if err != nil {
		return false, in.sql.explain(err)
	}
	rows, err := result.RowsAffected()
	if err != nil {
		return false, in.sql.explain(err)
	}
	return rows == 1, nil
}

// savepoint runs a statement about the savepoint, where the database may end a transaction unseen. MySQL does so at a
// deadlock and at DDL: if do goes on, its effects and the record are no longer one commit. The savepoint is gone then.
func (in *Inbox) savepoint(c *call, tx *sql.Tx, statement string) error {
	if !in.sql.whole {
		return nil
	}
	_, err := tx.ExecContext(c.ctx, statement)
	if hasMySQLNumber(err, 1305) {
		return fmt.Errorf("inbox: the database ended the transaction while the handler ran, so the effects may be incomplete: "+
			"the handler must return every error of its transaction, such as a deadlock, and must not run DDL: %w", err)
	}
	return err
}

// bounded runs a commit or a rollback for no longer than the timeout. Drivers wait for minutes if the network is silent.
func (in *Inbox) bounded(name string, run func() error) error {
	result := make(chan error, 1)
	go func() { result <- run() }()
	timer := time.NewTimer(in.timeout)
	defer timer.Stop()
	select {
	case err := <-result:
		return err
	case <-timer.C:
		return fmt.Errorf("the %s did not end within %s: %w", name, in.timeout, context.DeadlineExceeded)
	}
}

// inside marks the context of a do, by database.
type inside struct{ db *sql.DB }

// call is the time that a call has: its caller's context and the timeout until do begins, then only the timeout, counted
// again.
type call struct {
	ctx     context.Context
	timeout time.Duration
	waiting bool
	cancel  context.CancelCauseFunc // ends everything
	caller  func() bool             // stops listening to the caller; false if the caller gave up
	timer   *time.Timer             // of the wait
	work    context.CancelFunc      // of do's context
}

func (in *Inbox) newCall(caller context.Context) *call {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(caller))
	return &call{
		ctx:     ctx,
		timeout: in.timeout,
		waiting: true,
		cancel:  cancel,
		caller:  context.AfterFunc(caller, func() { cancel(context.Cause(caller)) }),
		timer:   time.AfterFunc(in.timeout, func() { cancel(context.DeadlineExceeded) }),
		work:    func() {},
	}
}

// begin ends the wait. It fails if the time of the wait is over or the caller has given up.
func (c *call) begin() error {
	if !c.waiting {
		return c.ctx.Err()
	}
	c.timer.Stop()
	if !c.caller() || c.ctx.Err() != nil {
		return context.Canceled
	}
	c.waiting = false
	all, cancel := c.ctx, c.cancel
	c.ctx, c.work = context.WithTimeout(all, c.timeout)
	work := c.ctx
	context.AfterFunc(work, func() { cancel(context.Cause(work)) }) // the transaction ends, too
	return nil
}

func (c *call) end() {
	c.timer.Stop()
	c.caller()
	c.work()
	c.cancel(context.Canceled)
}

// explain adds why the wait or the work ended, if it was its time.
func (c *call) explain(err error) error {
	if err == nil || c.ctx.Err() == nil {
		return err
	}
	cause := context.Cause(c.ctx)
	if !c.waiting {
		return fmt.Errorf("inbox: the handler took longer than %s: %w", c.timeout, errors.Join(err, cause))
	}
	return fmt.Errorf("%w: %w", &plugipay.Error{
		Status:  http.StatusServiceUnavailable,
		Code:    plugipay.ErrorCodeServiceUnavailable,
		Message: "the inbox waited for the database or for another delivery, and its time is over",
	}, errors.Join(err, cause))
}

// retry runs a statement outside of a transaction again until it goes well, within the timeout.
func (in *Inbox) retry(ctx context.Context, run func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, in.timeout)
	defer cancel()
	for {
		err := run(ctx)
		if err == nil || !isTransient(err) && !isCreationRace(err) || !pause(ctx) {
			return err
		}
	}
}

// pause waits for a random moment, so that transactions that collided do not collide again. It reports whether ctx has not
// ended.
func pause(ctx context.Context) bool {
	timer := time.NewTimer(time.Millisecond + rand.N(50*time.Millisecond))
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
