package inbox

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay/inbox"
)

// The environment of a child process.
const (
	childStep    = "INBOX_CHILD_STEP" // where it stops: before, inside or after the transaction
	childDriver  = "INBOX_CHILD_DRIVER"
	childDSN     = "INBOX_CHILD_DSN"
	childDialect = "INBOX_CHILD_DIALECT"
	childTable   = "INBOX_CHILD_TABLE"
	childShipped = "INBOX_CHILD_SHIPPED"
	childKey     = "INBOX_CHILD_KEY"
)

// runChild is the main function of a child process. It ships an order with Once, and stops at the step until the test continues
// it.
func runChild() {
	step := os.Getenv(childStep)
	stopAt := func(where string) {
		if where == step {
			fmt.Println("stopped", where)
			_, _ = os.Stdin.Read(make([]byte, 1)) // until the test closes stdin
		}
	}
	dialect, _ := strconv.Atoi(os.Getenv(childDialect))
	db, err := sql.Open(os.Getenv(childDriver), os.Getenv(childDSN))
	if err != nil {
		panic(err)
	}
	in, err := inbox.New(db, inbox.Options{
		Consumer: "orders", Dialect: inbox.Dialect(dialect), Table: os.Getenv(childTable), Timeout: childTimeout,
	})
	if err != nil {
		panic(err)
	}
	stopAt("before")
	_, err = in.Once(context.Background(), os.Getenv(childKey), func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO "+os.Getenv(childShipped)+" (id) VALUES ('"+os.Getenv(childKey)+"')")
		if err == nil {
			stopAt("inside")
		}
		return err
	})
	if err != nil {
		panic(err)
	}
	stopAt("after")
}

// childTimeout is the Timeout of the child's inbox. PostgreSQL ends the transaction of a frozen process after it.
const childTimeout = 2 * time.Second

// child is another process, which has stopped at a step.
type child struct {
	*os.Process
	stdin io.Closer
	exit  func() error
}

// resume continues the child and waits until it has ended.
func (c child) resume() error {
	_ = c.stdin.Close()
	return c.exit()
}

// child starts another process, which stops at the step.
func (s *shop) child(t *testing.T, step, key, dsnOptions string) child {
	t.Helper()
	return s.childWith(t, step, key, s.server.DSN(s.server.Port)+dsnOptions)
}

// childWith is child with another data source name.
func (s *shop) childWith(t *testing.T, step, key, dsn string) child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), self)
	var problems strings.Builder
	command.Stderr = &problems
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Env = append(os.Environ(),
		childStep+"="+step, childDriver+"="+s.server.Kind.Driver, childDSN+"="+dsn,
		childDialect+"="+strconv.Itoa(int(s.server.Kind.Dialect)), childTable+"="+s.table, childShipped+"="+s.shipped, childKey+"="+key)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	exit := sync.OnceValue(command.Wait)
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGKILL)
		_ = exit()
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "stopped "+step+"\n" {
		t.Fatalf("the child prints %q, error %v", line, err)
	}
	return child{command.Process, in, exit}
}
