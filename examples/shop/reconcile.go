package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
)

// lookBack is how far the reconciliation looks back: the longest outage, the lifetime of a session, and the delay of a late
// payment together. It costs a request for each 100 sessions.
const lookBack = 3 * 24 * time.Hour

// reconcileArgs is a run of the reconciliation. It is a periodic job, so that one process at a time runs it.
type reconcileArgs struct{}

// Kind names the job.
func (reconcileArgs) Kind() string { return "reconcile" }

// reconcilePeriodically returns the periodic job. A run that fails is not repeated, because the next one comes soon.
func (s *shop) reconcilePeriodically() *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(s.cfg.reconcileEvery),
		func() (river.JobArgs, *river.InsertOpts) { return reconcileArgs{}, &river.InsertOpts{MaxAttempts: 1} },
		&river.PeriodicJobOpts{RunOnStart: true})
}

// reconcile settles the sessions that ended without an event that reached the shop.
func (s *shop) reconcile(ctx context.Context, _ *river.Job[reconcileArgs]) error {
	found, err := s.sessions.Reconcile(ctx, s.client, time.Now().Add(-lookBack))
	if found.Handled > 0 {
		slog.Info("sessions were settled that no event had reported", "count", found.Handled)
	}
	return err
}
