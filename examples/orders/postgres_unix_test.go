//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// startPostgreSQL starts a PostgreSQL server on a free port and returns its URL. If PostgreSQL is not installed, the test is
// skipped. In CI it fails.
func startPostgreSQL(t *testing.T) (url string) {
	t.Helper()
	programs, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if found, err := exec.LookPath("initdb"); err == nil {
		programs = append(programs, found)
	}
	if len(programs) == 0 && os.Getenv("CI") == "" {
		t.Skip("PostgreSQL is not installed")
	} else if len(programs) == 0 {
		t.Fatal("PostgreSQL is not installed")
	}
	bin := filepath.Dir(programs[0])
	dir, err := os.MkdirTemp("", "orders") // not t.TempDir, whose path may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	owner := unprivileged(t, dir)

	initialize := exec.CommandContext(t.Context(), filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", "shop", "-A", "trust")
	initialize.SysProcAttr = owner
	initialize.Dir = dir
	if out, err := initialize.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	port := freePort(t)
	server := exec.Command(filepath.Join(bin, "postgres"), "-D", filepath.Join(dir, "data"), "-p", port, "-k", dir, "-h", "127.0.0.1", "-F")
	server.SysProcAttr = owner
	server.Dir = dir
	var log bytes.Buffer
	server.Stderr = &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(os.Interrupt) // a fast shutdown
		_ = server.Wait()
	})
	url = fmt.Sprintf("postgres://shop@127.0.0.1:%s/postgres?sslmode=disable", port)
	waitUntilReady(t, url, &log)
	return url
}

// unprivileged gives the folder to the user postgres and returns this user, because PostgreSQL refuses to run as root. It returns
// nil if the tests do not run as root.
func unprivileged(t *testing.T, dir string) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(account.Uid)
	gid, _ := strconv.Atoi(account.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return port
}

func waitUntilReady(t *testing.T, url string, log *bytes.Buffer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for pool.Ping(ctx) != nil {
		if ctx.Err() != nil {
			t.Fatalf("PostgreSQL did not start:\n%s", log)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
