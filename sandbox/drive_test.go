package sandbox_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// driven is a sandbox with a receiver and a session.
type driven struct {
	t      *testing.T
	box    *sandbox.Server
	client client
	id     string
	events receiver
}

func newDriven(t *testing.T) driven {
	t.Helper()
	r := newReceiver(t)
	server, c := start(t, sandbox.Options{Endpoints: []sandbox.Endpoint{r.endpoint(false)}})
	return driven{t: t, box: server, client: c, id: c.create("methods", `["va","card"]`).ID, events: r}
}

// eventsOf returns the names of a session's events, oldest first.
func eventsOf(box *sandbox.Sandbox, id string) (names []plugipay.EventName) {
	for _, e := range slices.Backward(box.Events()) {
		if e.SessionID == id {
			names = append(names, e.Type)
		}
	}
	return names
}

// wantEvents checks the events of the session, as the sandbox lists them and as the endpoint receives them.
func (d driven) wantEvents(want ...plugipay.EventName) {
	d.t.Helper()
	var received []plugipay.EventName
	for range want {
		received = append(received, d.events.next().Name())
	}
	if listed := eventsOf(d.box.Sandbox, d.id); !slices.Equal(listed, want) || !slices.Equal(received, want) {
		d.t.Errorf("the events are %v, the deliveries are %v, want %v", listed, received, want)
	}
}

func TestDrive_EndsTheSessionFromGoAndHTTP(t *testing.T) {
	t.Parallel()
	payVA := func(d driven) { must(d.t, d.box.Pay(d.id, plugipay.CheckoutMethodVA)) }
	payAndExpire := func(d driven) {
		payVA(d)
		d.box.Advance(24 * time.Hour)
	}
	none := func(driven) {}
	tests := map[string]struct {
		before     func(driven)
		method     func(*sandbox.Sandbox, string) error
		path, body string
		want       plugipay.CheckoutSessionStatus
		events     []plugipay.EventName
	}{
		"a late payment of a pending session": {
			payAndExpire, (*sandbox.Sandbox).SettleLate, "settle", `{"late":true}`, "completed", []plugipay.EventName{
				plugipay.EventCheckoutSessionExpired, plugipay.EventCheckoutSessionAsyncPaymentSucceeded,
				plugipay.EventCheckoutSessionCompleted,
			},
		},
		"a late payment of an open session": {
			func(d driven) { must(d.t, d.box.Expire(d.id)) },
			(*sandbox.Sandbox).SettleLate, "settle", `{"late":true}`, "completed", []plugipay.EventName{
				plugipay.EventCheckoutSessionExpired, plugipay.EventCheckoutSessionAsyncPaymentSucceeded,
				plugipay.EventCheckoutSessionCompleted,
			},
		},
		"a final failure of a payment": {
			payVA, (*sandbox.Sandbox).FailSession, "fail", `{"final":true}`, "failed",
			[]plugipay.EventName{plugipay.EventCheckoutSessionAsyncPaymentFailed},
		},
		"a final failure without a payment": {
			none, (*sandbox.Sandbox).FailSession, "fail", `{"final":true}`, "failed", nil,
		},
		"an expiry": {
			none, (*sandbox.Sandbox).Expire, "expire", `{}`, "expired",
			[]plugipay.EventName{plugipay.EventCheckoutSessionExpired},
		},
		"a confirmation": {
			payVA, (*sandbox.Sandbox).Confirm, "confirm", ``, "completed",
			[]plugipay.EventName{plugipay.EventCheckoutSessionCompleted},
		},
		"a cancellation": {none, (*sandbox.Sandbox).Cancel, "cancel", ``, "canceled", nil},
	}
	for name, tt := range tests {
		t.Run(name+"/Go", func(t *testing.T) {
			t.Parallel()
			d := newDriven(t)
			tt.before(d)
			must(t, tt.method(d.box.Sandbox, d.id))
			d.wantEnded(string(tt.want))
			d.wantEvents(tt.events...)
			if err := tt.method(d.box.Sandbox, d.id); err == nil {
				t.Error("the second call returned nil, want an error")
			}
		})
		t.Run(name+"/HTTP", func(t *testing.T) {
			t.Parallel()
			d := newDriven(t)
			tt.before(d)
			got := d.client.control("POST", "sessions/"+d.id+"/"+tt.path, tt.body).want(http.StatusOK).session()
			if got.Status != string(tt.want) {
				t.Errorf("the status in the response is %s, want %s", got.Status, tt.want)
			}
			d.wantEnded(string(tt.want))
			d.wantEvents(tt.events...)
			d.client.control("POST", "sessions/"+d.id+"/"+tt.path, tt.body).wantError(http.StatusConflict, gen.ErrorCodeConflict, "")
		})
	}
}

// wantEnded checks the session that the API returns.
func (d driven) wantEnded(want string) {
	d.t.Helper()
	got := d.client.get(d.id)
	if got.Status != want || (got.CompletedAt != nil) != (want == "completed") {
		d.t.Errorf("status = %s, completedAt = %q, want %s", got.Status, pointed(got.CompletedAt), want)
	}
	d.client.cancel(d.id).wantError(http.StatusConflict, gen.ErrorCodeConflict, "")
}

func TestDrive_SettleLateNeedsAnExpiredSession(t *testing.T) {
	t.Parallel()
	d := newDriven(t)
	for _, status := range []string{"open", "pending", "completed"} {
		if got := d.client.get(d.id).Status; got != status {
			t.Fatalf("the session is %s, want %s", got, status)
		}
		d.client.control("POST", "sessions/"+d.id+"/settle", `{"late":true}`).wantError(409, gen.ErrorCodeConflict, "")
		switch status {
		case "open":
			must(t, d.box.Pay(d.id, plugipay.CheckoutMethodVA))
		case "pending":
			must(t, d.box.Settle(d.id))
		}
	}
}

func TestDrive_ExpireSetsExpiresAtToNow(t *testing.T) {
	t.Parallel()
	d := newDriven(t)
	before := d.client.get(d.id).ExpiresAt
	must(t, d.box.Expire(d.id))
	got := d.client.get(d.id)
	if got.ExpiresAt >= before || got.UpdatedAt != got.ExpiresAt {
		t.Errorf("expiresAt = %s (before: %s), updatedAt = %s", got.ExpiresAt, before, got.UpdatedAt)
	}
}
