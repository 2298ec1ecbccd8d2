package inbox

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"strconv"
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

// runChild is the main function of a child process: it ships an order with Once, says where it is, and stops there.
func runChild() {
	step := os.Getenv(childStep)
	stopAt := func(where string) {
		if where == step {
			fmt.Println("stopped", where)
			select {}
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

// child starts another process, which stops at the step, and returns it.
func (s *shop) child(t *testing.T, step, key, dsnOptions string) *os.Process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), self)
	command.Stderr = os.Stderr
	command.Env = append(os.Environ(),
		childStep+"="+step, childDriver+"="+s.server.Kind.Driver, childDSN+"="+s.server.DSN(s.server.Port)+dsnOptions,
		childDialect+"="+strconv.Itoa(int(s.server.Kind.Dialect)), childTable+"="+s.table, childShipped+"="+s.shipped, childKey+"="+key)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGKILL)
		_ = command.Wait()
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "stopped "+step+"\n" {
		t.Fatalf("the child says %q, error %v", line, err)
	}
	return command.Process
}
