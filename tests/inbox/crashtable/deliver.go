package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/plugipay/inbox"
	"github.com/plugipay/plugipay-go/tests/inbox/internal/databases"
)

// patience is how long the sender waits for a response.
const patience = 3 * time.Second

// workers starts a new process of the shop when the current one has ended or does not respond.
type workers struct {
	server *databases.Server
	crash  string
	slow   bool
	// afterFive is called when five events are delivered. It may be nil.
	afterFive func()

	delivered atomic.Int64
	mu        sync.Mutex
	current   *worker
	all       []*worker
	marks     string
}

type worker struct {
	command *exec.Cmd
	address string
}

// deliverAll delivers events until the response to each is 200.
func (w *workers) deliverAll(events, atOnce int) {
	turns := make(chan int)
	var senders sync.WaitGroup
	for range atOnce {
		senders.Go(func() {
			for n := range turns {
				w.deliver(n)
			}
		})
	}
	for range max(1, atOnce/events) { // with more senders than events, each event is delivered more than once
		for n := range events {
			turns <- n
		}
	}
	close(turns)
	senders.Wait()
}

// deliver repeats the delivery of an event until the response is 200.
func (w *workers) deliver(n int) {
	body := fmt.Appendf(nil, `{"id":"evt_%d","type":"plugipay.checkout_session.completed.v1","accountId":"acc_1","data":{"object":`+
		`{"id":%q,"accountId":"acc_1","status":"completed","amount":19900000,"currency":"IDR"}}}`, n, orderOf(n))
	client := http.Client{Timeout: patience}
	for {
		worker, err := w.running()
		if err != nil {
			continue
		}
		request, _ := http.NewRequest(http.MethodPost, "http://"+worker.address+"/?order="+orderOf(n), bytes.NewReader(body))
		request.Header.Set("X-Plugipay-Signature", plugipay.SignWebhook(body, secret, time.Now()))
		response, err := client.Do(request)
		if err != nil {
			w.replace(worker)
			continue
		}
		_ = response.Body.Close()
		if response.StatusCode == http.StatusOK {
			if w.delivered.Add(1) == 5 && w.afterFive != nil {
				w.afterFive()
			}
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// running returns the current worker. It starts a worker if there is no current one.
func (w *workers) running() (*worker, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.current != nil {
		return w.current, nil
	}
	if w.marks == "" {
		w.marks, _ = os.MkdirTemp("", "crashes")
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	kind := w.server.Kind
	dsn := w.server.DSN(w.server.Port)
	if kind.Dialect == inbox.MySQL {
		dsn += "&readTimeout=4s&wait_timeout=3" // as the documentation of the inbox requires for a Timeout of two seconds
	}
	command := exec.Command(self)
	command.Env = append(os.Environ(), workerDriver+"="+kind.Driver, workerDSN+"="+dsn, workerPort+"="+strconv.Itoa(w.server.Port),
		workerDialect+"="+strconv.Itoa(int(kind.Dialect)), workerCrash+"="+w.crash, workerMarks+"="+w.marks,
		workerSlow+"="+strconv.FormatBool(w.slow))
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	started := &worker{command, strings.TrimSpace(address)}
	w.all = append(w.all, started)
	if err == nil {
		w.current = started
	}
	return started, err
}

// replace removes a worker that does not respond. A frozen worker stays frozen. On SQLite it is killed, because the lock of the
// file ends only with the process.
func (w *workers) replace(old *worker) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.current == old {
		w.current = nil
		if w.server.Kind.Program == "" {
			_ = old.command.Process.Kill()
		}
	}
}

// thaw continues the frozen workers, and waits a second, so that they can try to commit.
func (w *workers) thaw() {
	for _, old := range w.all {
		_ = old.command.Process.Signal(syscall.SIGCONT)
	}
	if w.crash == "freeze" {
		time.Sleep(time.Second)
	}
}

func (w *workers) stop() {
	for _, old := range w.all {
		_ = old.command.Process.Kill()
		_ = old.command.Wait()
	}
	_ = os.RemoveAll(w.marks)
}
