package databases

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// Bouncer is a pgbouncer in front of a PostgreSQL server. It assigns a connection to each transaction.
type Bouncer struct {
	Port    int
	command *exec.Cmd
}

// StartBouncer starts a pgbouncer with two connections to the server. Call Stop at the end. The error is ErrMissing if
// pgbouncer is not installed.
func StartBouncer(ctx context.Context, server *Server) (*Bouncer, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	config := filepath.Join(server.folder, "pgbouncer.ini")
	text := fmt.Sprintf(`[databases]
postgres = host=127.0.0.1 port=%d user=shop pool_size=2
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
`, server.Port, port)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return nil, err
	}
	command, err := server.program(context.WithoutCancel(ctx), "pgbouncer", config)
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	b := &Bouncer{port, command}
	if err := b.wait(ctx); err != nil {
		b.Stop()
		return nil, err
	}
	return b, nil
}

// DSN returns the data source name for pgx. It turns off prepared statements, because they belong to a connection.
func (b *Bouncer) DSN() string {
	return "postgres://shop@127.0.0.1:" + strconv.Itoa(b.Port) + "/postgres?sslmode=disable&default_query_exec_mode=exec"
}

// wait returns when the pgbouncer accepts queries.
func (b *Bouncer) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	db, err := sql.Open("pgx", b.DSN())
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	for {
		err := db.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("pgbouncer does not start: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Stop ends the pgbouncer.
func (b *Bouncer) Stop() {
	_ = b.command.Process.Kill()
	_ = b.command.Wait()
}
