package main

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
)

// postgres is a PostgreSQL server that belongs to the tests. It listens on a socket in its folder, so it needs no port.
type postgres struct {
	folder string
	owner  *syscall.Credential // the user that the server runs as. nil: the user of the tests
}

// sharedPostgres is the server of all tests that do not stop their server.
var sharedPostgres struct {
	once   sync.Once
	server *postgres
	err    error
}

// openPostgres returns the address of a new, empty database on a server that all tests share.
func openPostgres(t *testing.T) string {
	t.Helper()
	needPostgres(t)
	sharedPostgres.once.Do(func() {
		sharedPostgres.server, sharedPostgres.err = startPostgres()
	})
	if sharedPostgres.err != nil {
		t.Fatal(sharedPostgres.err)
	}
	return sharedPostgres.server.create(t)
}

// needPostgres skips the test if PostgreSQL is not installed. In CI it fails the test.
func needPostgres(t *testing.T) {
	t.Helper()
	if _, err := postgresProgram("initdb"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

// postgresProgram finds a program of PostgreSQL, in Debian's folder or on the path.
func postgresProgram(name string) (string, error) {
	found, err := filepath.Glob(filepath.Join("/usr/lib/postgresql", "*", "bin", name))
	if err != nil || len(found) == 0 {
		return exec.LookPath(name)
	}
	return found[len(found)-1], nil
}

// startPostgres creates a server in a new folder and starts it.
func startPostgres() (*postgres, error) {
	folder, err := os.MkdirTemp("", "pg")
	if err != nil {
		return nil, err
	}
	p := &postgres{folder: folder}
	if os.Geteuid() == 0 { // PostgreSQL refuses to run as root
		account, err := user.Lookup("postgres")
		if err != nil {
			return nil, err
		}
		uid, _ := strconv.Atoi(account.Uid)
		gid, _ := strconv.Atoi(account.Gid)
		p.owner = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(folder, uid, gid); err != nil {
			return nil, err
		}
	}
	if err := p.run("initdb", "-D", p.data(), "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"); err != nil {
		return nil, err
	}
	return p, p.start()
}

func (p *postgres) data() string { return filepath.Join(p.folder, "data") }

func (p *postgres) run(name string, args ...string) error {
	program, err := postgresProgram(name)
	if err != nil {
		return err
	}
	command := exec.Command(program, args...)
	command.Dir = p.folder
	command.SysProcAttr = &syscall.SysProcAttr{Credential: p.owner}
	// A file, not a pipe, because the server keeps it open.
	log, err := os.OpenFile(filepath.Join(p.folder, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	command.Stdout, command.Stderr = log, log
	if err := command.Run(); err != nil {
		text, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%s: %w\n%s", name, err, text)
	}
	return nil
}

// start starts the server. Without fsync, the server loses data if the machine fails, but not if the server is stopped at once.
func (p *postgres) start() error {
	return p.run("pg_ctl", "-D", p.data(), "-w", "-o",
		"-c listen_addresses='' -c fsync=off -c max_connections=300 -k "+p.folder, "start")
}

// stop stops the server at once, like a crash.
func (p *postgres) stop() error {
	return p.run("pg_ctl", "-D", p.data(), "-w", "-m", "immediate", "stop")
}

// remove stops the server and removes its folder.
func (p *postgres) remove() {
	_ = p.stop()
	_ = os.RemoveAll(p.folder)
}

var databases struct {
	mu    sync.Mutex
	count int
}

// create creates an empty database and returns its address.
func (p *postgres) create(t *testing.T) string {
	t.Helper()
	databases.mu.Lock()
	defer databases.mu.Unlock() // one at a time, because each copies the template
	databases.count++
	name := fmt.Sprintf("shop%d", databases.count)
	db, err := sql.Open("pgx", p.address("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	return p.address(name)
}

func (p *postgres) address(name string) string {
	return "postgres://postgres@/" + name + "?host=" + p.folder
}
