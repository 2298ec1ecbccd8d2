// Package databases starts the database servers that the inbox is tested with.
package databases

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"   // driver mysql
	_ "github.com/jackc/pgx/v5/stdlib" // driver pgx
	_ "github.com/lib/pq"              // driver postgres
	_ "modernc.org/sqlite"             // driver sqlite

	"github.com/plugipay/plugipay-go/plugipay/inbox"
)

// The driver logs each lost connection, and the tests cause many of them.
func init() { _ = mysql.SetLogger(&mysql.NopLogger{}) }

// ErrMissing is the error of a server that is not installed.
var ErrMissing = errors.New("is not installed")

// Kind is a database with its driver.
type Kind struct {
	Name    string
	Driver  string
	Dialect inbox.Dialect
	// Options are added to the DSN.
	Options string
	// Program is the server's program. It is empty if the database has no server.
	Program string
}

// Kinds are the databases that every test runs on.
var Kinds = []Kind{
	{"SQLite", "sqlite", inbox.SQLite, "", ""},
	{"PostgreSQL with pgx", "pgx", inbox.PostgreSQL, "", "postgres"},
	{"PostgreSQL with lib-pq", "postgres", inbox.PostgreSQL, "", "postgres"},
	{"MariaDB", "mysql", inbox.MySQL, "", "mariadbd"},
	{"MariaDB with clientFoundRows", "mysql", inbox.MySQL, "&clientFoundRows=true", "mariadbd"},
}

// Server is a database that a test owns.
type Server struct {
	Kind Kind
	Port int // 0 for SQLite

	folder  string
	command *exec.Cmd
	exited  chan struct{}
}

// Start starts a database in a new folder. Call Stop at the end. The error is ErrMissing if the server is not installed.
func Start(ctx context.Context, kind Kind) (*Server, error) {
	folder, err := os.MkdirTemp("", "inbox")
	if err != nil {
		return nil, err
	}
	s := &Server{Kind: kind, folder: folder}
	if err := s.prepare(ctx); err != nil {
		s.Stop()
		return nil, err
	}
	if err := s.Restart(ctx); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// prepare makes the folder of the server's data.
func (s *Server) prepare(ctx context.Context) (err error) {
	if s.Kind.Program == "" {
		return nil
	}
	if s.Port, err = freePort(); err != nil {
		return err
	}
	if owner, err := s.owner(); err != nil {
		return err
	} else if owner != nil {
		if err := os.Chown(s.folder, int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
	}
	var install *exec.Cmd
	if s.Kind.Program == "postgres" {
		install, err = s.program(ctx, "initdb", "-D", s.data(), "-U", "shop", "-A", "trust", "--no-sync", "-E", "UTF8")
	} else {
		install, err = s.program(ctx, "mariadb-install-db", "--no-defaults", "--datadir="+s.data(), "--auth-root-authentication-method=normal",
			"--skip-test-db", "--innodb-log-file-size=16M")
	}
	if err != nil {
		return err
	}
	if out, err := install.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", install.Path, err, out)
	}
	return nil
}

// Restart starts the server again after Kill, on the same port and with the same data.
func (s *Server) Restart(ctx context.Context) (err error) {
	port := strconv.Itoa(s.Port)
	switch s.Kind.Program {
	case "":
		return nil
	case "postgres":
		s.command, err = s.program(context.WithoutCancel(ctx), "postgres", "-D", s.data(), "-p", port, "-k", s.folder, "-h", "127.0.0.1",
			"-c", "fsync=off", "-c", "max_connections=200", "-c", "deadlock_timeout=100ms")
	case "mariadbd":
		s.command, err = s.program(context.WithoutCancel(ctx), "mariadbd", "--no-defaults", "--datadir="+s.data(), "--port="+port,
			"--socket="+filepath.Join(s.folder, "socket"), "--bind-address=127.0.0.1", "--skip-name-resolve", "--max-connections=300",
			"--innodb-log-file-size=16M", "--innodb-flush-log-at-trx-commit=2", "--pid-file="+filepath.Join(s.folder, "pid"))
	}
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(s.folder, "log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	s.command.Stdout, s.command.Stderr = log, log
	if err := s.command.Start(); err != nil {
		return err
	}
	s.exited = make(chan struct{})
	go func(command *exec.Cmd, exited chan struct{}) {
		_ = command.Wait()
		close(exited)
	}(s.command, s.exited)
	return s.wait(ctx)
}

// wait returns when the server accepts queries.
func (s *Server) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	dsn := s.DSN(s.Port)
	if s.Kind.Program == "mariadbd" {
		dsn = fmt.Sprintf("root@tcp(127.0.0.1:%d)/", s.Port)
	}
	db, err := sql.Open(s.Kind.Driver, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	for {
		err := db.PingContext(ctx)
		if err == nil && s.Kind.Program == "mariadbd" {
			_, err = db.ExecContext(ctx, "CREATE DATABASE IF NOT EXISTS shop")
		}
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not start: %w\n%s", s.Kind.Program, err, s.Log())
		case <-s.exited:
			return fmt.Errorf("%s ended: %w\n%s", s.Kind.Program, err, s.Log())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// DSN returns the data source name of the database at a port: the server's or a proxy's.
func (s *Server) DSN(port int) string {
	switch s.Kind.Program {
	case "postgres":
		return fmt.Sprintf("postgres://shop@127.0.0.1:%d/postgres?sslmode=disable%s", port, s.Kind.Options)
	case "mariadbd":
		return fmt.Sprintf("root@tcp(127.0.0.1:%d)/shop?parseTime=true%s", port, s.Kind.Options)
	}
	return "file:" + filepath.Join(s.folder, "shop.db") + "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)&_txlock=immediate" + s.Kind.Options
}

// As returns the same server for another driver or other options.
func (s *Server) As(kind Kind) *Server {
	other := *s
	other.Kind = kind
	return &other
}

// Log returns the server's log since its last start.
func (s *Server) Log() string {
	text, _ := os.ReadFile(filepath.Join(s.folder, "log"))
	return string(text)
}

// Kill ends the server with SIGKILL. It does nothing for SQLite.
func (s *Server) Kill() {
	if s.command == nil || s.command.Process == nil {
		return
	}
	// PostgreSQL has a process for each connection. These processes would outlive the first process.
	pid := s.command.Process.Pid
	_ = syscall.Kill(pid, syscall.SIGSTOP) // it cannot start more processes
	all := append(children(pid), pid)
	for _, pid := range all {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	<-s.exited
	for _, pid := range all {
		for runs(pid) {
			time.Sleep(time.Millisecond)
		}
	}
}

// runs reports whether a process has not ended. A process that its parent has not waited for has ended.
func runs(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, state, _ := strings.Cut(string(text), ") ")
	return err == nil && !strings.HasPrefix(state, "Z")
}

// children returns the ids of the processes that a process started.
func children(pid int) (found []int) {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, file := range files {
		text, _ := os.ReadFile(file)
		for _, field := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				found = append(found, child)
			}
		}
	}
	return found
}

// Stop ends the server and removes its data.
func (s *Server) Stop() {
	s.Kill()
	_ = os.RemoveAll(s.folder)
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

// program returns the command of a database's program. If the tests run as root, the program runs as the database's own user,
// because the servers refuse to run as root.
func (s *Server) program(ctx context.Context, name string, args ...string) (*exec.Cmd, error) {
	path, err := find(name)
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, path, args...)
	command.Dir = s.folder
	command.Env = append(os.Environ(), "TMPDIR="+s.folder) // servers that share a temporary folder disturb each other
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.SysProcAttr.Credential, err = s.owner()
	return command, err
}

// owner returns the user that the server runs as, or nil for the current user.
func (s *Server) owner() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	name := map[string]string{"postgres": "postgres", "mariadbd": "mysql"}[s.Kind.Program]
	account, err := user.Lookup(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, ErrMissing)
	}
	uid, _ := strconv.ParseUint(account.Uid, 10, 32)
	gid, _ := strconv.ParseUint(account.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// find returns the path of a program. Debian keeps PostgreSQL's programs out of PATH.
func find(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin/", "/usr/sbin/"} {
		if found, _ := filepath.Glob(pattern + name); len(found) > 0 {
			return found[len(found)-1], nil
		}
	}
	return "", fmt.Errorf("%s %w", name, ErrMissing)
}

// freePort returns a port that is free now.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
