package main

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/smtp"
	"strings"

	"github.com/riverqueue/river"
)

// mailArgs is a mail to send. It is a job because mail cannot be rolled back: the transaction that settles the order writes
// the job, and a worker of any process sends the mail after the commit.
type mailArgs struct {
	OrderID string `json:"order_id"`
	Subject string `json:"subject"`
}

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
