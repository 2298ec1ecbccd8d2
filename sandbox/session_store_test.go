package sandbox_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// idsOf returns the IDs of a list from all its pages. The pages are small.
func (c client) idsOf(query string) []string {
	c.t.Helper()
	var ids []string
	for cursor := ""; ; {
		got := c.send(http.MethodGet, sessionsPath+"?limit=7&"+query+cursor, "").want(http.StatusOK)
		for _, s := range got.sessions() {
			ids = append(ids, s.ID)
		}
		if got.envelope.Meta.Cursor == nil {
			return ids
		}
		cursor = "&cursor=" + *got.envelope.Meta.Cursor
	}
}

func TestSessionStore_FiltersMatchThePlainList(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 120 {
		properties := []string{"methods", `["card","va"]`, "expiresInSec", fmt.Sprint(3600 * (1 + i%30))}
		if customer := random.IntN(4); customer > 0 {
			properties = append(properties, "customerId", fmt.Sprintf(`"cus_%d"`, customer))
		}
		id := c.create(properties...).ID
		switch random.IntN(6) {
		case 0:
			must(t, server.Pay(id, plugipay.CheckoutMethodCard))
		case 1:
			must(t, server.Pay(id, plugipay.CheckoutMethodVA))
		case 2:
			must(t, server.Cancel(id))
		case 3:
			must(t, server.Pay(id, plugipay.CheckoutMethodVA))
			must(t, server.FailPayment(id))
		}
	}
	server.Advance(12 * time.Hour)
	newestFirst := c.idsOf("")
	all := map[string]gen.CheckoutSession{}
	for _, id := range newestFirst {
		all[id] = c.get(id)
	}
	for _, status := range []string{"", "open", "pending", "completed", "expired", "canceled"} {
		for _, customer := range []string{"", "cus_1", "cus_2", "cus_none"} {
			for _, order := range []string{"asc", "desc"} {
				query := "order=" + order
				if status != "" {
					query += "&status=" + status
				}
				if customer != "" {
					query += "&customerId=" + customer
				}
				var want []string
				for _, id := range newestFirst {
					s := all[id]
					if (status == "" || s.Status == status) && (customer == "" || pointed(s.CustomerID) == customer) {
						want = append(want, id)
					}
				}
				if order == "asc" {
					slices.Reverse(want)
				}
				if got := c.idsOf(query); !slices.Equal(got, want) {
					t.Errorf("%s: %d sessions, want %d in order", query, len(got), len(want))
				}
			}
		}
	}
}

func TestSessionStore_MaxSessionsForgetsTheOldestEnded(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{MaxSessions: 5})
	var ids []string
	for range 5 {
		ids = append(ids, c.create().ID)
	}
	must(t, server.Pay(ids[3], plugipay.CheckoutMethodCard))
	must(t, server.Cancel(ids[1]))
	wantList := func(want ...string) {
		t.Helper()
		want = slices.Clone(want)
		slices.Reverse(want)
		if got := c.idsOf(""); !slices.Equal(got, want) {
			t.Errorf("sessions = %v, want %v", got, want)
		}
	}
	wantList(ids...)
	create := func() string {
		ids = append(ids, c.create().ID)
		return ids[len(ids)-1]
	}
	create()
	c.send(http.MethodGet, sessionsPath+"/"+ids[1], "").wantError(404, gen.ErrorCodeNotFound, "")
	wantList(ids[0], ids[2], ids[3], ids[4], ids[5])
	create()
	wantList(ids[0], ids[2], ids[4], ids[5], ids[6])
	create() // no session has ended
	wantList(ids[2], ids[4], ids[5], ids[6], ids[7])
	if got := c.idsOf("status=completed"); got != nil {
		t.Errorf("completed = %v, want none", got)
	}
	server.Advance(48 * time.Hour) // forgotten sessions are due as well
	if got := c.idsOf("status=expired"); len(got) != 5 {
		t.Errorf("expired = %v, want five", got)
	}
	must(t, server.Expire(create()))
	wantList(ids[4], ids[5], ids[6], ids[7], ids[8])
}

func TestSessionStore_MaxSessionsLimitsKeptResponses(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{MaxSessions: 3})
	for i := range 10 {
		c.send(http.MethodPost, sessionsPath, validInput, header("Idempotency-Key", fmt.Sprint("key_", i))).want(201)
	}
	if got := sandbox.KeptResponses(server.Sandbox); got != 3 {
		t.Errorf("%d responses are kept, want 3", got)
	}
	first := c.send(http.MethodPost, sessionsPath, validInput, header("Idempotency-Key", "key_9")).want(201)
	again := c.send(http.MethodPost, sessionsPath, validInput, header("Idempotency-Key", "key_9")).want(201)
	if first.session().ID != again.session().ID {
		t.Error("the newest response is not kept")
	}
}

func TestSessionStore_FindsSessionsAmongForgottenOnes(t *testing.T) {
	t.Parallel()
	opts := failOnBreach(t)
	opts.MaxSessions = 10
	box := sandbox.New(opts)
	c := directClient(t, box)
	for range 3 {
		sandbox.CreateSessions(box, 20_000, 3600)
		for _, id := range c.idsOf("status=open") {
			must(t, box.Cancel(id))
		}
	}
	sandbox.CreateSessions(box, 4, 3600)
	if got := c.idsOf(""); len(got) != 10 {
		t.Errorf("%d sessions, want 10", len(got))
	}
	if got := c.idsOf("status=open"); len(got) != 4 {
		t.Errorf("%d open sessions, want 4: the others were forgotten or canceled", len(got))
	}
}

// FuzzNumberSet checks that the set finds the same numbers as a sorted slice.
func FuzzNumberSet(f *testing.F) {
	f.Add([]byte{0, 1, 200, 255, 3}, uint16(77))
	f.Add([]byte("a longer one with many numbers in it"), uint16(4096))
	f.Fuzz(func(t *testing.T, operations []byte, scale uint16) {
		if problem := sandbox.CompareNumberSet(operations, int(scale)); problem != "" {
			t.Error(problem)
		}
	})
}
