// Shop is a small web shop that takes payments with Plugipay, written to be read and copied. No part of it loses an order
// or ships it twice if its process is killed.
//
//	go run .
//
// prints one URL and stays until it is interrupted. Without keys in the environment it starts a sandbox in its own process
// and keeps its data in a temporary file. Its environment variables are in config.go.
package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/riverqueue/river"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/plugipay/inbox"
	"github.com/plugipay/plugipay-go/sandbox"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cfg, err := configFromEnvironment()
	if err == nil {
		err = run(ctx, cfg, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "shop:", err)
		os.Exit(1)
	}
}

// run serves the shop until ctx ends. Without keys it starts a sandbox that sends its events to the shop.
func run(ctx context.Context, cfg config, out io.Writer) error {
	listener, err := net.Listen("tcp", cfg.addr)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	address := "http://" + listener.Addr().String()
	cfg.publicURL = cmp.Or(cfg.publicURL, address)
	var options plugipay.ClientOptions // empty: the client reads the environment
	if !cfg.hasKeys {
		endpoint := sandbox.Endpoint{URL: address + webhookPath, Secret: cfg.webhookSecret}
		box, err := sandbox.Start(sandbox.Options{Endpoints: []sandbox.Endpoint{endpoint}})
		if err != nil {
			return err
		}
		defer box.Close()
		options = box.ClientOptions()
	}
	client, err := plugipay.NewClient(options)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	s, err := newShop(ctx, cfg, client)
	if err != nil {
		return err
	}
	defer s.db.close()
	handler, err := s.handler()
	if err != nil {
		return err
	}
	if err := s.jobs.Start(context.WithoutCancel(ctx)); err != nil { // serve ends them
		return err
	}
	fmt.Fprintln(out, "The shop is at", cfg.publicURL)
	return s.serve(ctx, listener, handler)
}

// shop holds what requests and jobs share.
type shop struct {
	cfg      config
	db       *database
	client   *plugipay.Client
	sessions *inbox.Sessions
	jobs     *river.Client[*sql.Tx]
	send     func(to, subject, text string) error
}

// newShop opens the database and creates the tables that are missing.
func newShop(ctx context.Context, cfg config, client *plugipay.Client) (*shop, error) {
	db, err := openDatabase(cfg.databaseURL)
	if err != nil {
		return nil, err
	}
	s := &shop{cfg: cfg, db: db, client: client}
	s.send = s.sendMail
	events, err := inbox.New(db.DB, inbox.Options{Consumer: "orders", Dialect: db.dialect})
	if err == nil {
		err = db.migrate(ctx, events)
	}
	if err == nil {
		s.sessions = events.Sessions(s.settle)
		s.jobs, err = s.newJobs()
	}
	if err != nil {
		db.close()
	}
	return s, err
}

// serve responds to requests until ctx ends. Then it lets them and the jobs finish.
func (s *shop) serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	var err error
	select {
	case err = <-served:
	case <-ctx.Done():
		slog.Info("the shop stops")
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(patience), s.jobs.Stop(patience))
}
