package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// redisServer is a Redis server for one test. It stores nothing on disk.
type redisServer struct {
	socket  string
	process *exec.Cmd
}

// startRedis starts a Redis server on a socket in a new folder. If Redis is not installed, the test is skipped. In CI it fails.
func startRedis(t *testing.T) *redisServer {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		skip(t, "redis-server is not on the path: install Redis")
	}
	folder, err := os.MkdirTemp("", "redis") // the path of t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	s := &redisServer{socket: filepath.Join(folder, "redis.sock")}
	s.process = exec.Command(program, "--port", "0", "--unixsocket", s.socket, "--save", "", "--appendonly", "no", "--dir", folder)
	output, err := s.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	var logged strings.Builder
	for lines := bufio.NewScanner(output); lines.Scan(); {
		logged.WriteString(lines.Text() + "\n")
		if strings.Contains(strings.ToLower(lines.Text()), "ready to accept connections") {
			return s
		}
	}
	t.Fatalf("redis-server does not start:\n%s", logged.String())
	return nil
}

// stop ends the server. Later calls do nothing.
func (s *redisServer) stop() {
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
}

// client returns a new client, as another process would use.
func (s *redisServer) client(t *testing.T) *redis.Client {
	t.Helper()
	client, err := openRedis("unix://" + s.socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// skip skips a test whose program is not installed. In CI it fails the test.
func skip(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}
