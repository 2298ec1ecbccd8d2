package sandbox_test

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

func TestReset_KeepsOnlyTheSetup(t *testing.T) {
	t.Parallel()
	inBubbleWith(t, sandbox.Options{}, always(500), func(t *testing.T, box *sandbox.Sandbox, c client, s *script) {
		key := header("Idempotency-Key", "idem_1")
		id := c.send(http.MethodPost, sessionsPath, validInput, key).want(201).session().ID
		must(t, box.Pay(id, plugipay.CheckoutMethodCard))
		synctest.Wait()
		must(t, box.Inject(sandbox.Fault{Status: 500}))
		must(t, box.InjectDelivery(sandbox.DeliveryFault{Kind: sandbox.FaultTwice}))
		box.Advance(time.Hour)
		synctest.Wait()
		before := len(s.all())
		box.Reset()
		requests, events, deliveries := box.Requests(), box.Events(), box.Deliveries()
		if len(requests)+len(events)+len(deliveries) > 0 {
			t.Errorf("after the reset: requests %v, events %v, deliveries %v", requests, events, deliveries)
		}
		must(t, box.WaitDelivered(t.Context()))
		box.Advance(48 * time.Hour)
		synctest.Wait()
		if got := len(s.all()); got != before {
			t.Errorf("a delivery from before the reset is attempted again")
		}
		box.Reset()
		again := c.send(http.MethodPost, sessionsPath, validInput, key).want(201).session()
		if again.ID == id {
			t.Error("the response from before the reset is replayed")
		}
		if created, _ := time.Parse(time.RFC3339, again.CreatedAt); !created.Equal(time.Now().Truncate(time.Millisecond)) {
			t.Errorf("the clock still shows %s", again.CreatedAt)
		}
		c.send(http.MethodGet, sessionsPath+"/"+id, "").wantError(404, gen.ErrorCodeNotFound, "")
		if got := c.idsOf(""); !slices.Equal(got, []string{again.ID}) {
			t.Errorf("sessions = %v", got)
		}
		must(t, box.Pay(again.ID, plugipay.CheckoutMethodCard)) // the endpoint is still there
		synctest.Wait()
		if got := len(s.all()); got != before+1 {
			t.Errorf("%d attempts, want one more than the %d before the reset, without the fault", got, before)
		}
	})
}

func TestReset_EndsOpenAttempts(t *testing.T) {
	t.Parallel()
	inBubbleWith(t, sandbox.Options{}, always(0), func(t *testing.T, box *sandbox.Sandbox, c client, s *script) {
		must(t, box.Pay(c.create().ID, plugipay.CheckoutMethodCard))
		synctest.Wait()
		begin := time.Now()
		box.Reset()
		synctest.Wait()
		if now, _ := s.atOnce(); now != 0 || !time.Now().Equal(begin) {
			t.Errorf("%d attempts are still open", now)
		}
		if got := box.Deliveries(); len(got) != 0 {
			t.Errorf("deliveries = %+v", got)
		}
	})
}

func TestRestore_BringsBackTheSnapshot(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	key := header("Idempotency-Key", "idem_1")
	open := c.send(http.MethodPost, sessionsPath, validInput, key).want(201).session().ID
	paid := c.create("customerId", `"cus_1"`).ID
	must(t, server.Pay(paid, plugipay.CheckoutMethodCard))
	server.Advance(time.Hour)
	must(t, server.Inject(sandbox.Fault{Operation: "cancelCheckoutSession", Status: 503}))
	taken := server.Snapshot()
	for range 2 {
		must(t, server.Cancel(open))
		later := c.create().ID
		server.Advance(48 * time.Hour)
		server.ClearFaults()
		server.Restore(taken)
		c.send(http.MethodGet, sessionsPath+"/"+later, "").wantError(404, gen.ErrorCodeNotFound, "")
		if got := c.get(open); got.Status != "open" {
			t.Errorf("the open session is %s", got.Status)
		}
		if got := c.get(paid); got.Status != "completed" || got.CompletedAt == nil {
			t.Errorf("the paid session is %+v", got)
		}
		if got := c.idsOf("status=open"); !slices.Equal(got, []string{open}) {
			t.Errorf("open sessions = %v", got)
		}
		if got := c.idsOf("customerId=cus_1"); !slices.Equal(got, []string{paid}) {
			t.Errorf("sessions of the customer = %v", got)
		}
		if again := c.send(http.MethodPost, sessionsPath, validInput, key).want(201).session().ID; again != open {
			t.Errorf("the response to the key is %s, want %s", again, open)
		}
		c.cancel(open).want(503)
		server.Advance(23 * time.Hour)
		if got := c.get(open).Status; got != "expired" {
			t.Errorf("after 24 hours in total the session is %s", got)
		}
		server.Restore(taken)
	}
	other, c2 := start(t, sandbox.Options{}) // a snapshot can be restored in another sandbox
	other.Restore(taken)
	if got := c2.get(paid).Status; got != "completed" {
		t.Errorf("in another sandbox the session is %s", got)
	}
	other.Restore(nil)
	if got := c2.idsOf(""); got != nil {
		t.Errorf("after Restore(nil) the sessions are %v", got)
	}
}
