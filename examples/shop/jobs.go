package main

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/smtp"
	"os"
	"strings"
	"time"

	"github.com/riverqueue/river"
)

// newJobs returns the queue of slow work, which all processes share: each job is worked by one of them, at least once.
func (s *shop) newJobs() (*river.Client[*sql.Tx], error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(s.mail))
	river.AddWorker(workers, river.WorkFunc(s.reconcile))
	// A run that fails is not repeated, because the next one comes soon.
	reconcile := func() (river.JobArgs, *river.InsertOpts) { return reconcileArgs{}, &river.InsertOpts{MaxAttempts: 1} }
	return river.NewClient(s.db.river, &river.Config{
		Queues:  map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 10}},
		Workers: workers,
		PeriodicJobs: []*river.PeriodicJob{
			river.NewPeriodicJob(river.PeriodicInterval(s.cfg.reconcileEvery), reconcile, &river.PeriodicJobOpts{RunOnStart: true}),
		},
		PollOnly:             true, // database/sql cannot listen
		JobTimeout:           20 * time.Second,
		RescueStuckJobsAfter: 30 * time.Second, // a job whose process was killed runs again after that
		Logger:               slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
}

// mailArgs is a mail to send. It is a job because mail cannot be rolled back: the transaction that settles the order writes
// the job, and a worker of any process sends the mail after the commit.
type mailArgs struct{ OrderID, Subject string }

// Kind names the job.
func (mailArgs) Kind() string { return "mail" }

func (s *shop) mailLater(ctx context.Context, tx *sql.Tx, orderID, subject string) error {
	_, err := s.jobs.InsertTx(ctx, tx, mailArgs{orderID, subject}, nil)
	return err
}

// mail works a job. If the process is killed before River knows that the mail was sent, the mail is sent again.
func (s *shop) mail(ctx context.Context, job *river.Job[mailArgs]) error {
	o, err := findOrder(ctx, s.db, "WHERE id = $1", job.Args.OrderID)
	if err != nil {
		return err
	}
	return s.send(o.Email, job.Args.Subject, s.orderURL(o))
}

// sendMail gives a mail to the mail server. Without one, it logs that there is a mail.
func (s *shop) sendMail(to, subject, text string) error {
	if s.cfg.smtpAddr == "" {
		slog.Info("mail is only logged, because SMTP_ADDR is not set", "subject", subject, "text", text)
		return nil
	}
	const from = "shop@example.com"
	message := fmt.Sprintf("From: %s\nTo: %s\nSubject: %s\n\n%s\n", from, to, subject, text)
	return smtp.SendMail(s.cfg.smtpAddr, nil, from, []string{to}, []byte(strings.ReplaceAll(message, "\n", "\r\n")))
}

// lookBack is how far the reconciliation looks back: the longest outage, the lifetime of a session, and the delay of a late
// payment together. It costs a request for each 100 sessions.
const lookBack = 3 * 24 * time.Hour

// reconcileArgs is a run of the reconciliation. It is a periodic job, so that one process at a time runs it.
type reconcileArgs struct{}

// Kind names the job.
func (reconcileArgs) Kind() string { return "reconcile" }

// reconcile settles the sessions that ended without an event that reached the shop.
func (s *shop) reconcile(ctx context.Context, _ *river.Job[reconcileArgs]) error {
	found, err := s.sessions.Reconcile(ctx, s.client, time.Now().Add(-lookBack))
	if found.Handled > 0 {
		slog.Info("sessions were settled that no event had reported", "count", found.Handled)
	}
	return err
}
