package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/plugipay/inbox"
)

// The moments at which a process kills itself with SIGKILL.
const (
	killBefore    = "before the transaction"
	killInside    = "inside the transaction"
	killAfter     = "after the commit, before the response"
	killReconcile = "inside the transaction, of a reconciliation"
	killCreated   = "after the session is created, before it is saved"
	killBeforeBuy = "before the session is created"
	killMailing   = "before the mail is sent"
	killMailed    = "after the mail is sent, before its job is done"
)

// TestMain runs the tests or, in a process that a test started, the shop.
func TestMain(m *testing.M) {
	if os.Getenv("SHOP_TEST_PROCESS") != "" {
		if err := processMain(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	_ = flag.Set("test.parallel", "16") // the tests wait most of the time
	status := m.Run()
	if sharedPostgres.server != nil {
		sharedPostgres.server.remove()
	}
	if sandboxProgram.folder != "" {
		_ = os.RemoveAll(sandboxProgram.folder)
	}
	os.Exit(status)
}

// processMain is the main function of the shop. The process kills itself at the moment of SHOP_TEST_KILL.
func processMain() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	cfg, err := configFromEnvironment()
	if err != nil {
		return err
	}
	cfg.reconcileEvery = 2 * time.Second
	moment := os.Getenv("SHOP_TEST_KILL")
	dieAt := func(here string) {
		if here == moment {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	client, err := plugipay.NewClient(plugipay.ClientOptions{HTTP: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		isCreate := r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/checkout-sessions")
		if isCreate {
			dieAt(killBeforeBuy)
		}
		response, err := http.DefaultTransport.RoundTrip(r)
		if isCreate && err == nil {
			dieAt(killCreated)
		}
		return response, err
	})}})
	if err != nil {
		return err
	}
	s, err := newShop(ctx, cfg, client)
	if err != nil {
		return err
	}
	defer s.db.close()
	events, err := inbox.New(s.db.DB, inbox.Options{Consumer: "orders", Dialect: s.db.dialect})
	if err != nil {
		return err
	}
	s.sessions = events.Sessions(func(ctx context.Context, tx *sql.Tx, session *plugipay.CheckoutSession) error {
		err := s.settle(ctx, tx, session)
		dieAt(killInside)
		dieAt(killReconcile) // of a shop that receives no events
		return err
	})
	s.send = func(to, subject, text string) error {
		dieAt(killMailing)
		err := s.sendMail(to, subject, text)
		dieAt(killMailed)
		return err
	}
	pages, err := s.handler()
	if err != nil {
		return err
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != webhookPath {
			pages.ServeHTTP(w, r)
			return
		}
		dieAt(killBefore)
		response := httptest.NewRecorder()
		pages.ServeHTTP(response, r)
		if response.Code == http.StatusOK {
			dieAt(killAfter)
		}
		w.WriteHeader(response.Code)
	})
	listener, err := net.Listen("tcp", cfg.addr)
	if err != nil {
		return err
	}
	if err := s.jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	fmt.Println("ready")
	return s.serve(ctx, listener, handler)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// sandboxProgram is cmd/plugipay-sandbox, built once.
var sandboxProgram struct {
	once   sync.Once
	folder string
	err    error
}

// street is a sandbox, shops, their database and a mail server. The sandbox and the shops are separate processes.
type street struct {
	t        *testing.T
	database string
	url      string // of the sandbox
	env      []string
	shops    []*shopProcess
	mail     *mailServer
	db       *database // of the shops, for the checks
}

// newStreet starts a sandbox and a mail server for a number of shops. It does not start the shops. With events, each shop
// receives every event. Otherwise the shops receive no events.
func newStreet(t *testing.T, databaseURL string, shops int, events bool) *street {
	t.Helper()
	st := &street{t: t, database: databaseURL, mail: newMailServer(t)}
	for range shops {
		st.shops = append(st.shops, &shopProcess{street: st, addr: freeAddress(t)})
	}
	st.startSandbox(events)
	db, err := openDatabase(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.close)
	st.db = db
	return st
}

// freeAddress returns an address that no program listens on. Its port is below the ephemeral ports, so that it stays free while
// the shop is down.
func freeAddress(t *testing.T) (address string) {
	t.Helper()
	eventually(t, "there is a free port", func() bool {
		listener, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", 20000+rand.IntN(10000)))
		if err != nil {
			return false
		}
		address = listener.Addr().String()
		return listener.Close() == nil
	})
	return address
}

func (st *street) startSandbox(events bool) {
	st.t.Helper()
	program := &sandboxProgram
	program.once.Do(func() {
		if program.folder, program.err = os.MkdirTemp("", "sandbox"); program.err == nil {
			program.err = exec.Command("go", "build", "-o", program.folder+"/", "github.com/plugipay/plugipay-go/cmd/plugipay-sandbox").Run()
		}
	})
	if program.err != nil {
		st.t.Fatal(program.err)
	}
	args := []string{"-addr", "127.0.0.1:0"}
	for _, s := range st.shops {
		if events {
			args = append(args, "-secret", testSecret, "-endpoint", "http://"+s.addr+webhookPath)
		}
	}
	command := exec.Command(filepath.Join(program.folder, "plugipay-sandbox"), args...)
	out, err := command.StdoutPipe()
	if err != nil {
		st.t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		st.t.Fatal(err)
	}
	command.Stderr = os.Stderr
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = command.Wait()
		if st.t.Context().Err() == nil {
			st.t.Errorf("the sandbox ended with %v", command.ProcessState)
		}
	}()
	st.t.Cleanup(func() { _ = command.Process.Kill(); <-ended })
	for lines := bufio.NewScanner(out); lines.Scan() && !strings.HasPrefix(lines.Text(), "Ctrl+C"); {
		if assignment, ok := strings.CutPrefix(lines.Text(), "export "); ok {
			st.env = append(st.env, assignment)
			if address, ok := strings.CutPrefix(assignment, "PLUGIPAY_BASE_URL="); ok {
				st.url = address
			}
		}
	}
	if st.url == "" {
		st.t.Fatal("the sandbox does not start")
	}
}

// control calls the control API of the sandbox and returns the data of the response.
func (st *street) control(method, path string, body any) json.RawMessage {
	st.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		st.t.Fatal(err)
	}
	request, err := http.NewRequest(method, st.url+"/_sandbox/"+path, bytes.NewReader(text))
	if err != nil {
		st.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		st.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		st.t.Fatalf("%s: %s %s %v", path, response.Status, content, err)
	}
	var envelope struct{ Data json.RawMessage }
	_ = json.Unmarshal(content, &envelope)
	return envelope.Data
}

// payAs pays a session with a method, like its buyer.
func (st *street) payAs(id string, method plugipay.CheckoutMethod) {
	st.t.Helper()
	st.control(http.MethodPost, "sessions/"+id+"/pay", map[string]any{"method": method})
}

// advance moves the sandbox's clock.
func (st *street) advance(d time.Duration) {
	st.t.Helper()
	st.control(http.MethodPost, "clock", map[string]any{"advanceSec": int(d.Seconds())})
}

// shopProcess is a shop in a separate process.
type shopProcess struct {
	street *street
	addr   string

	command *exec.Cmd
	ended   chan struct{} // closed when the process has ended
	mu      sync.Mutex
	log     bytes.Buffer
}

func (s *shopProcess) url() string { return "http://" + s.addr }

// Write collects the log of the process.
func (s *shopProcess) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(text)
}

// start starts the shop and waits until it is ready. If kill is not empty, the shop kills itself at that moment.
func (s *shopProcess) start(kill string) {
	t := s.street.t
	t.Helper()
	eventually(t, "the shop starts", func() bool { return s.tryToStart(kill) }) // another program may use the port for a moment
}

func (s *shopProcess) tryToStart(kill string) bool {
	t := s.street.t
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(append(os.Environ(), s.street.env...),
		"SHOP_TEST_PROCESS=1", "SHOP_TEST_KILL="+kill, "ADDR="+s.addr, "PUBLIC_URL="+s.street.shops[0].url(),
		"DATABASE_URL="+s.street.database, "SMTP_ADDR="+s.street.mail.addr, "ADMIN_PASSWORD=letmein",
		"PLUGIPAY_WEBHOOK_SECRET="+testSecret)
	command.Stderr = s
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	s.command, s.ended = command, ended
	line, _ := bufio.NewReader(out).ReadString('\n')
	go func() { _ = command.Wait(); close(ended) }()
	if line != "ready\n" {
		<-ended
		return false
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		<-ended
		if t.Failed() {
			s.mu.Lock()
			defer s.mu.Unlock()
			t.Logf("the shop at %s logged\n%s", s.addr, &s.log)
			s.log.Reset()
		}
	})
	return true
}

// kill ends the process with SIGKILL, as the kernel does when memory runs out.
func (s *shopProcess) kill() {
	_ = s.command.Process.Kill()
	<-s.ended
}

// waitKilled waits until the process has killed itself.
func (s *shopProcess) waitKilled() {
	s.street.t.Helper()
	select {
	case <-s.ended:
	case <-time.After(100 * time.Second):
		s.street.t.Fatal("the process was not killed")
	}
	if status, ok := s.command.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		s.street.t.Fatalf("the process was not ended by SIGKILL: %v", s.command.ProcessState)
	}
}

// mailServer counts the mails that it receives, by their text.
type mailServer struct {
	addr string

	mu       sync.Mutex
	received map[string]int
}

func newMailServer(t *testing.T) *mailServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	m := &mailServer{addr: listener.Addr().String(), received: map[string]int{}}
	go func() {
		for {
			conn, err := listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			go m.talk(conn)
		}
	}()
	return m
}

// talk implements the part of SMTP that is needed to receive a mail.
func (m *mailServer) talk(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	text := textproto.NewConn(conn)
	_ = text.PrintfLine("220 mail")
	for {
		line, err := text.ReadLine()
		switch {
		case err != nil:
			return
		case line == "QUIT":
			_ = text.PrintfLine("221 bye")
			return
		case line != "DATA":
			_ = text.PrintfLine("250 ok")
			continue
		}
		_ = text.PrintfLine("354 go on")
		mail, err := text.ReadDotBytes()
		if err != nil {
			return
		}
		m.mu.Lock()
		m.received[string(mail)]++
		m.mu.Unlock()
		_ = text.PrintfLine("250 received")
	}
}

// count returns the number of received mails about an order with a subject.
func (m *mailServer) count(subject, orderID string) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for text, times := range m.received {
		if strings.Contains(text, "Subject: "+subject) && strings.Contains(text, "/orders/"+orderID) {
			n += times
		}
	}
	return n
}
