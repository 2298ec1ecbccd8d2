// Package sandbox is a Plugipay on your own machine: the checkout-session API, in memory, for tests and for trying things out.
// It responds over real HTTP, and checks signatures, scopes and idempotency keys in the way that Plugipay documents. It checks
// every request against openapi.yaml, and also every response if [Options.OnContractBreach] is set.
//
// In a test, use [StartTest]. [Start] serves a sandbox to a program, and [New] returns one as an [http.Handler]. A sandbox
// stores nothing and forgets everything when it ends.
package sandbox

import (
	"cmp"
	"context"
	"crypto/x509"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/internal/validator"
	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox/internal/delivery"
)

// Sandbox is a Plugipay in memory. Make one with [New], [Start] or [StartTest]. Its methods are safe for concurrent
// use.
type Sandbox struct {
	contract       *validator.Validator
	directory      *directory
	realTime       func() time.Time
	clock          *clock // base of the workspaces' clocks
	rateLimit      RateLimit
	publicURL      string
	amounts        func(int64, plugipay.CurrencyCode) string
	strict         bool
	maxSessions    int
	bodyTimeout    time.Duration
	allowedHosts   []string
	onBreach       func(error)
	logger         *slog.Logger
	operations     http.Handler
	control        http.Handler
	routes         routeList
	faults         faultList
	deliveryFaults delivery.FaultList
	deliveryPolicy delivery.Policy
	deliveryClient *http.Client
	receiverCAs    []*x509.Certificate
	requests       requestLog
	activities     activityLog
	redactor       atomic.Pointer[strings.Replacer]
}

// New returns a Plugipay in memory. It panics only if the contract that is built into the program cannot be read.
// Close it if it has endpoints or a Logger.
func New(opts Options) *Sandbox { return newSandbox(opts, time.Now) }

const defaultMaxSessions = 100_000

// newSandbox is New with a clock to read the real time from.
func newSandbox(opts Options, realTime func() time.Time) *Sandbox {
	contract, err := loadContract()
	if err != nil {
		panic("sandbox: " + err.Error())
	}
	s := &Sandbox{
		contract:       contract,
		directory:      newDirectory(),
		realTime:       realTime,
		clock:          newClock(realTime),
		rateLimit:      opts.RateLimit,
		publicURL:      strings.TrimRight(opts.PublicURL, "/"),
		bodyTimeout:    defaultBodyTimeout,
		allowedHosts:   opts.allowedHosts(),
		onBreach:       opts.OnContractBreach,
		amounts:        opts.FormatAmount,
		strict:         opts.Strict,
		logger:         opts.Logger,
		maxSessions:    cmp.Or(opts.MaxSessions, defaultMaxSessions),
		deliveryPolicy: opts.deliveryPolicy(),
		receiverCAs:    slices.Clone(opts.ReceiverCAs),
		deliveryClient: newDeliveryClient(newDeliveryTransport(opts.ReceiverCAs...)),
	}
	s.operations = newOperations(s)
	s.control = newControl(s)
	s.addWorkspaces(opts)
	return s
}

// addWorkspaces adds the workspaces of the options.
func (s *Sandbox) addWorkspaces(opts Options) {
	workspaces := opts.Workspaces
	if len(workspaces) == 0 {
		workspaces = []Workspace{defaultWorkspace()}
	}
	now := s.clock.now()
	for i, in := range workspaces {
		if i == 0 {
			in.Endpoints = slices.Concat(opts.Endpoints, in.Endpoints)
		}
		in = in.completed(now)
		s.directory.add(s.newWorkspace(in), in.Keys)
	}
	s.redactor.Store(newRedactor(s.directory.secrets()))
}

// Advance moves the clock of all workspaces forward by d, so that sessions expire, idempotency keys are forgotten and
// deliveries are repeated without waiting. When it returns, all sessions that are due have expired, and their events are
// being delivered in the order of expiry. [Sandbox.WaitDelivered] waits for the deliveries. If several attempts of a delivery are
// due within d, they follow each other without waiting. Negative durations are ignored. The timestamps of signatures and the
// seconds of the rate limits use the real clock, so that clients and receivers continue to work.
func (s *Sandbox) Advance(d time.Duration) {
	s.clock.advance(d)
	for _, w := range s.directory.all() {
		w.clockMoved()
	}
}

// expireDue expires the sessions of all workspaces that are due.
func (s *Sandbox) expireDue() {
	for _, w := range s.directory.all() {
		w.expiries.expireDue()
	}
}

// call holds the state of a request while the sandbox processes it. Each step fills in its part.
type call struct {
	requestID  string
	begin      time.Time            // by the sandbox's clock
	realBegin  time.Time            // by the real clock
	baseURL    string               // of the hosted page
	operation  *validator.Operation // of the contract; nil if the request matches no operation
	route      string               // the pattern of a custom route; empty if the request matches no custom route
	pathValues map[string]string    // the parameters in the path, unescaped
	body       []byte               // as it was sent
	key        *accessKey
	workspace  *workspace
	data       *dataset
	rate       *rateState // nil until the key is known

	replayed bool      // the response is the stored response to an earlier request
	refused  error     // why a step refused the request; nil if no step refused it
	warnings []warning // about likely mistakes in the request

	// The effects of a fault on the call.
	injected   bool          // the response comes from the fault
	retryAfter time.Duration // Retry-After of the fault's response; zero means the value without a fault
	drop       bool          // send no response
	delayed    bool
}

type callContextKey struct{}

func callFrom(ctx context.Context) *call { return ctx.Value(callContextKey{}).(*call) }

// ServeHTTP responds to a request for the API or for a page, as Plugipay would. Programs in other languages control the sandbox
// with the paths under /_sandbox/, which need no key.
//
// A call with a [Fault] that has Drop ends in a panic with http.ErrAbortHandler, which makes package net/http cut the connection.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.limitBodyTime(w, r)
	if err := s.checkHost(r); err != nil {
		s.refuseHost(w, r, err)
		return
	}
	if isControl(r) {
		s.control.ServeHTTP(w, r)
		return
	}
	if s.servePage(w, r) {
		return
	}
	c := s.newCall(r)
	r = r.WithContext(context.WithValue(r.Context(), callContextKey{}, c)) // a copy: the steps below may change it
	a, err := s.process(w, r, c)
	if err != nil {
		a = s.refusal(c, err)
		c.refused = err
	}
	header := newResponseHeader(c, a)
	s.checkResponse(r, c, header, a)
	// Before the response is written, so that a client that has it finds the request in the console.
	s.recordRequest(r, c, header, a)
	if c.drop {
		panic(http.ErrAbortHandler) // makes package net/http cut the connection
	}
	a.write(w, header)
}

func (s *Sandbox) newCall(r *http.Request) *call {
	begin := s.clock.now()
	return &call{requestID: newID("req_", begin), begin: begin, realBegin: s.realTime(), baseURL: s.baseURL(r)}
}

// process performs all steps of a request. If a step refuses the request, the error is a *failure.
func (s *Sandbox) process(w http.ResponseWriter, r *http.Request, c *call) (response, error) {
	var err error
	if err = s.route(r, c); err != nil {
		return response{}, err
	}
	if c.body, err = readBody(w, r); err != nil {
		return response{}, err
	}
	if c.key, err = s.authenticate(r, c.body); err != nil {
		return response{}, err
	}
	c.workspace = c.key.home
	c.data = c.workspace.dataset(c.key.live)
	c.rate = s.currentRate(c.data, r.Method) // so that refusals by the next two steps have the rate limit headers
	if err := s.actOnBehalf(r.Header, c); err != nil {
		return response{}, err
	}
	if err := c.key.mayUse(r.Method); err != nil {
		return response{}, err
	}
	if c.rate, err = s.countRequest(c.data, r.Method); err != nil {
		return response{}, err
	}
	if err := s.applyFault(r.Context(), c); err != nil {
		return response{}, err
	}
	if c.operation == nil {
		return s.performOnce(r, c, func() response { return s.performRoute(r, c) })
	}
	if err := checkRequest(r, c); err != nil {
		return response{}, err
	}
	return s.performOnce(r, c, func() response { return s.perform(r) })
}

// route finds the contract's operation that a request matches, or else a route that the user has added.
func (s *Sandbox) route(r *http.Request, c *call) (err error) {
	if c.operation, c.pathValues, err = s.findOperation(r); err == nil {
		return nil
	}
	if c.route = s.routes.find(r); c.route != "" {
		return nil
	}
	return err
}

// operationName returns the name of the call that Fault.Operation is compared with.
func (c *call) operationName() string {
	if c.operation != nil {
		return c.operation.ID
	}
	return c.route
}

// perform calls the generated server, which decodes the request and calls the operation.
func (s *Sandbox) perform(r *http.Request) response {
	recorder := &responseRecorder{header: http.Header{}, status: http.StatusOK}
	s.operations.ServeHTTP(recorder, r)
	return response{status: recorder.status, body: recorder.body.Bytes()}
}

// checkResponse reports a response that the contract does not allow.
func (s *Sandbox) checkResponse(r *http.Request, c *call, header http.Header, a response) {
	if s.onBreach == nil || c.injected && a.contentType != "" || c.route != "" {
		return // the body of a fault and the response of a custom route are not checked
	}
	operation := c.operation
	if c.injected {
		operation = nil // a fault's response may be one that the operation does not have
	}
	if err := s.breachOf(r, operation, header, a); err != nil {
		s.onBreach(err)
	}
}

// actOnBehalf switches the call to the account that a platform administrator names in the header. It ignores an empty header,
// which the contract does not allow.
func (s *Sandbox) actOnBehalf(header http.Header, c *call) error {
	accountID := header.Get(onBehalfOfHeader)
	if accountID == "" || accountID == c.workspace.accountID {
		return nil
	}
	other, ok := s.directory.account(accountID)
	// The response is the same for both, so that a caller without the permission does not learn which accounts exist.
	if !ok || !c.key.platformAdmin {
		return fail(gen.ErrorCodeInsufficientScope, "the key may not act on behalf of this account")
	}
	c.workspace = other
	c.data = other.dataset(c.key.live)
	return nil
}

// baseURL returns the URL at which the buyer's browser reaches the sandbox.
func (s *Sandbox) baseURL(r *http.Request) string {
	if s.publicURL != "" {
		return s.publicURL
	}
	host := r.Host
	if host == "" { // HTTP/1.0
		host = "localhost"
	}
	if r.TLS != nil {
		return "https://" + host
	}
	return "http://" + host
}
