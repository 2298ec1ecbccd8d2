package sandbox_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// headerScript is a receiver that keeps the headers of deliveries and responds as a webhook handler does.
type headerScript struct {
	mu      sync.Mutex
	headers []http.Header
	errors  []string // the error code of each delivery; empty: the signature was valid
}

func (s *headerScript) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	signature := strings.Join(r.Header.Values("X-Plugipay-Signature"), ",")
	status, code := 200, ""
	if _, err := plugipay.VerifyWebhook(body, signature, endpointSecret, nil); err != nil {
		status, code = 401, err.(*plugipay.Error).Code
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.headers = append(s.headers, r.Header)
	s.errors = append(s.errors, code)
	return &http.Response{StatusCode: status, Body: http.NoBody}, nil
}

func TestDeliveryFaults_ChangeOneAttempt(t *testing.T) {
	t.Parallel()
	tests := map[sandbox.DeliveryFaultKind]struct {
		errors []string // one for each attempt
		first  func(h http.Header) bool
	}{
		sandbox.FaultTwice:        {[]string{"", ""}, nil},
		sandbox.FaultDropped:      {[]string{"", ""}, nil},
		sandbox.FaultBadSignature: {[]string{"signature_invalid", ""}, nil},
		sandbox.FaultStale:        {[]string{"signature_stale", ""}, nil},
		sandbox.FaultOtherHeader: {[]string{"signature_missing", ""}, func(h http.Header) bool {
			return strings.HasPrefix(h.Get("Plugipay-Signature"), "t=")
		}},
		sandbox.FaultTwoSignatures: {[]string{""}, func(h http.Header) bool {
			return strings.Count(h.Get("X-Plugipay-Signature"), "v1=") == 2
		}},
		sandbox.FaultSplitHeader: {[]string{""}, func(h http.Header) bool {
			return len(h.Values("X-Plugipay-Signature")) == 2
		}},
	}
	for kind, tt := range tests {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			inBubbleWith(t, sandbox.Options{}, always(200), func(t *testing.T, box *sandbox.Sandbox, c client, _ *script) {
				s := &headerScript{}
				sandbox.SetDeliveryTransport(box, s)
				must(t, box.InjectDelivery(sandbox.DeliveryFault{Kind: kind}))
				must(t, box.Pay(c.create().ID, plugipay.CheckoutMethodCard))
				synctest.Wait()
				box.Advance(time.Hour)
				must(t, box.WaitDelivered(t.Context()))
				if !slices.Equal(s.errors, tt.errors) {
					t.Errorf("the receiver's errors are %q, want %q", s.errors, tt.errors)
				}
				if tt.first != nil && !tt.first(s.headers[0]) {
					t.Errorf("headers = %v", s.headers[0])
				}
				attempts := box.Deliveries()[0].Attempts
				if len(attempts) != len(tt.errors) || attempts[0].Fault != kind || len(attempts) > 1 && attempts[1].Fault != "" {
					t.Errorf("attempts = %+v", attempts)
				}
				must(t, box.Pay(c.create().ID, plugipay.CheckoutMethodCard)) // the fault is over
				must(t, box.WaitDelivered(t.Context()))
				if got := s.errors[len(tt.errors):]; !slices.Equal(got, []string{""}) {
					t.Errorf("the next event has the errors %q", got)
				}
			})
		})
	}
}

func TestDeliveryFaults_LateDelaysAnEvent(t *testing.T) {
	t.Parallel()
	inBubbleWith(t, sandbox.Options{}, always(200), func(t *testing.T, box *sandbox.Sandbox, c client, s *script) {
		must(t, box.InjectDelivery(sandbox.DeliveryFault{Kind: sandbox.FaultLate, Delay: time.Minute}))
		must(t, box.Pay(c.create().ID, plugipay.CheckoutMethodCard))
		must(t, box.Pay(c.create().ID, plugipay.CheckoutMethodCard))
		synctest.Wait()
		if d := box.Deliveries()[1]; d.State != sandbox.DeliveryPending || !d.Next.Equal(time.Now().Add(time.Minute)) {
			t.Errorf("the delivery is %+v", d)
		}
		time.Sleep(time.Hour)
		if got := s.times(); !slices.Equal(got, seconds(0, 60)) {
			t.Errorf("attempts at %v", got)
		}
		must(t, box.InjectDelivery(sandbox.DeliveryFault{Kind: sandbox.FaultLate, Delay: time.Hour}))
		must(t, box.Pay(c.create().ID, plugipay.CheckoutMethodCard))
		box.Advance(time.Hour) // the delay follows the sandbox's clock
		must(t, box.WaitDelivered(t.Context()))
	})
}

func TestDeliveryFaults_OutOfOrderSendsTheNextEventFirst(t *testing.T) {
	t.Parallel()
	names := func(s *script) (names []string) {
		for _, a := range s.all() {
			_, after, _ := strings.Cut(a.body, "plugipay.checkout_session.")
			name, _, _ := strings.Cut(after, ".v1")
			names = append(names, name)
		}
		return names
	}
	fault := sandbox.DeliveryFault{Kind: sandbox.FaultOutOfOrder}
	t.Run("of one session", func(t *testing.T) {
		t.Parallel()
		inBubbleWith(t, sandbox.Options{}, always(200), func(t *testing.T, box *sandbox.Sandbox, c client, s *script) {
			must(t, box.InjectDelivery(fault))
			id := c.create("methods", `["va"]`).ID
			must(t, box.Pay(id, plugipay.CheckoutMethodVA))
			must(t, box.Settle(id))
			must(t, box.WaitDelivered(t.Context()))
			if got := names(s); !slices.Equal(got, []string{"completed", "async_payment_succeeded"}) || s.times()[1] != 0 {
				t.Errorf("events = %v at %v", got, s.times())
			}
		})
	})
	t.Run("of two sessions", func(t *testing.T) {
		t.Parallel()
		inBubbleWith(t, sandbox.Options{}, always(200), func(t *testing.T, box *sandbox.Sandbox, c client, s *script) {
			must(t, box.Pay(c.create().ID, plugipay.CheckoutMethodCard))
			must(t, box.InjectDelivery(fault))
			must(t, box.Expire(c.create().ID))
			synctest.Wait()
			must(t, box.Pay(c.create().ID, plugipay.CheckoutMethodCard))
			must(t, box.WaitDelivered(t.Context()))
			if got := names(s); !slices.Equal(got, []string{"completed", "completed", "expired"}) || s.times()[2] != 0 {
				t.Errorf("events = %v at %v", got, s.times())
			}
		})
	})
	t.Run("without a next event", func(t *testing.T) {
		t.Parallel()
		inBubbleWith(t, sandbox.Options{}, always(200), func(t *testing.T, box *sandbox.Sandbox, c client, s *script) {
			must(t, box.InjectDelivery(fault))
			must(t, box.Pay(c.create().ID, plugipay.CheckoutMethodCard))
			must(t, box.WaitDelivered(t.Context()))
			if got := s.times(); !slices.Equal(got, seconds(5)) {
				t.Errorf("attempts at %v", got)
			}
		})
	})
}

func TestDeliveryFaults_ApplyAsOftenAsTimesSays(t *testing.T) {
	t.Parallel()
	opts := sandbox.Options{DeliverySchedule: seconds(1, 1, 1, 1)}
	inBubbleWith(t, opts, always(200), func(t *testing.T, box *sandbox.Sandbox, c client, s *script) {
		must(t, box.InjectDelivery(sandbox.DeliveryFault{Kind: sandbox.FaultDropped, Times: 2}))
		must(t, box.Pay(c.create().ID, plugipay.CheckoutMethodCard))
		must(t, box.WaitDelivered(t.Context()))
		if got := s.times(); !slices.Equal(got, seconds(0, 1, 2)) {
			t.Errorf("attempts at %v", got)
		}
		must(t, box.InjectDelivery(sandbox.DeliveryFault{Kind: sandbox.FaultDropped, Times: -1}))
		must(t, box.Pay(c.create().ID, plugipay.CheckoutMethodCard))
		const dropped = "an injected fault dropped the response, which was 200"
		if err := box.WaitDelivered(t.Context()); err == nil || !strings.Contains(err.Error(), dropped) {
			t.Errorf("WaitDelivered: %v", err)
		}
		box.ClearDeliveryFaults()
		must(t, box.Redeliver(box.Events()[0].ID))
		must(t, box.WaitDelivered(t.Context()))
	})
}

func TestDeliveryFaults_InvalidFaultsAreRefused(t *testing.T) {
	t.Parallel()
	box := sandbox.New(sandbox.Options{})
	for want, fault := range map[string]sandbox.DeliveryFault{
		"the kinds are twice, late, out_of_order, dropped": {Kind: "often"},
		"no such kind":              {},
		"negative delay":            {Kind: sandbox.FaultLate, Delay: -1},
		"only the kinds late":       {Kind: sandbox.FaultTwice, Delay: 1},
		"no key of the sandbox has": {Kind: sandbox.FaultTwice, KeyID: "pk_test_none"},
	} {
		if err := box.InjectDelivery(fault); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("InjectDelivery(%+v): %v, want %q", fault, err, want)
		}
	}
}
