package inbox

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

const (
	pageSize       = 100 // the maximum of Plugipay
	reportedErrors = 10

	// listTime is how times are sent to Plugipay.
	listTime = "2006-01-02T15:04:05.000Z"
)

// Reconciled is the result of [Sessions.Reconcile].
type Reconciled struct {
	// Listed is the number of sessions created since the given time. Ended is the number of them that have ended. Handled is
	// the number that were handled by this call. Failed is the number that could not be handled.
	Listed, Ended, Handled, Failed int
	// OldestOpen is the creation time of the oldest listed session that has not ended. It is zero if all have ended. The since
	// of the next call must not be later.
	OldestOpen time.Time
}

// Reconcile lists the sessions that were created since the given time, oldest first. It handles the sessions that have ended and
// were not handled before, such as sessions whose events did not arrive. Run it every few minutes, in one process at a time. It
// sends one request for each 100 sessions.
//
// since must reach back far enough: add up the longest lifetime of a session, the longest outage and the delay of a provider. It
// must not be later than the OldestOpen of the last call. It must not be earlier than the consumer's first day, because sessions
// that were handled by other means would be handled again. A zero since lists all sessions.
//
// If a session fails, Reconcile continues with the next one. Its error joins the first ten failures. Reconcile stops when ctx
// ends, when a page cannot be listed, or when the records cannot be read. After an error, pass the same since again.
func (s *Sessions) Reconcile(ctx context.Context, client *plugipay.Client, since time.Time) (Reconciled, error) {
	switch {
	case s.handle == nil:
		return Reconciled{}, errNoHandle
	case client == nil:
		return Reconciled{}, invalid("Reconcile needs a client, not nil")
	}
	r := reconciliation{sessions: s, since: since}
	for page, err := range plugipay.Pages(r.list(ctx, client)) {
		if err == nil {
			err = r.page(ctx, page.Data)
		}
		if err != nil {
			r.errs = append(r.errs, err)
			break
		}
	}
	return r.found, errors.Join(r.errs...)
}

// reconciliation is a call of Reconcile.
type reconciliation struct {
	sessions *Sessions
	since    time.Time
	found    Reconciled
	errs     []error
}

// list returns how to list a page.
func (r *reconciliation) list(
	ctx context.Context, client *plugipay.Client,
) func(cursor *string) (plugipay.Page[plugipay.CheckoutSession], error) {
	params := plugipay.CheckoutSessionListParams{Limit: plugipay.Ptr(pageSize), Order: plugipay.Ptr("asc")}
	if !r.since.IsZero() {
		// A list may exclude the time itself.
		params.CreatedAfter = plugipay.Ptr(r.since.UTC().Add(-time.Millisecond).Format(listTime))
	}
	return func(cursor *string) (plugipay.Page[plugipay.CheckoutSession], error) {
		ofPage := params
		ofPage.Cursor = cursor
		return client.CheckoutSessions.List(ctx, ofPage)
	}
}

// page handles the sessions of a page. An error ends the reconciliation.
func (r *reconciliation) page(ctx context.Context, sessions []plugipay.CheckoutSession) error {
	var ended []*plugipay.CheckoutSession
	for i := range sessions {
		r.found.Listed++
		if sessions[i].HasEnded() {
			ended = append(ended, &sessions[i])
		} else {
			r.open(&sessions[i])
		}
	}
	r.found.Ended += len(ended)
	handled, err := r.sessions.inbox.handled(ctx, ended)
	if err != nil {
		return err
	}
	for _, session := range ended {
		if handled[handledAs(session)] {
			continue
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("inbox: the reconciliation did not end: %w", err)
		}
		r.handle(ctx, session)
	}
	return nil
}

// open records a session that has not ended. If it does not say when it was created, it may be the oldest that was listed.
func (r *reconciliation) open(session *plugipay.CheckoutSession) {
	created, err := session.CreatedTime()
	if err != nil {
		created = r.since
	}
	if r.found.OldestOpen.IsZero() || created.Before(r.found.OldestOpen) {
		r.found.OldestOpen = created
	}
}

// handle handles a session that may not have been handled.
func (r *reconciliation) handle(ctx context.Context, session *plugipay.CheckoutSession) {
	ran, err := guarded(func() (bool, error) { return r.sessions.Ended(ctx, session) })
	switch {
	case err != nil:
		r.found.Failed++
		if len(r.errs) < reportedErrors {
			r.errs = append(r.errs, fmt.Errorf("inbox: the session %.64q was not handled: %w", session.ID, err))
		}
	case ran:
		r.found.Handled++
	}
}

// recordKey names a record about a session.
type recordKey struct {
	kind kind
	id   string
}

// handledAs returns the record that a session has if it was handled.
func handledAs(session *plugipay.CheckoutSession) recordKey {
	if isPaid(session) {
		return recordKey{kindPaid, session.ID}
	}
	return recordKey{kindUnpaid, session.ID}
}

// handled returns which records about the sessions exist.
func (in *Inbox) handled(ctx context.Context, sessions []*plugipay.CheckoutSession) (map[recordKey]bool, error) {
	found := map[recordKey]bool{}
	if len(sessions) == 0 {
		return found, nil
	}
	args := []any{in.consumer}
	for _, session := range sessions {
		args = append(args, session.ID)
	}
	err := in.retry(ctx, func(ctx context.Context) error {
		rows, err := in.db.QueryContext(ctx, in.sql.sessions(len(sessions)), args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var key recordKey
			if err := rows.Scan(&key.kind, &key.id); err != nil {
				return err
			}
			found[key] = true
		}
		return rows.Err()
	})
	if err != nil {
		return nil, in.sql.explain(err)
	}
	return found, nil
}

// guarded calls a function in a new goroutine, so that a panic or a runtime.Goexit becomes an error.
func guarded(call func() (bool, error)) (ran bool, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if reason := recover(); reason != nil {
				err = fmt.Errorf("panic: %v\n\n%s", reason, debug.Stack())
			}
		}()
		err = errors.New("the goroutine was ended by runtime.Goexit, as t.FailNow does")
		ran, err = call()
	}()
	<-done
	return ran, err
}
