package plugipay_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
)

func TestCancelOrGet_ReturnsTheEndedSession(t *testing.T) {
	t.Parallel()
	conflict := reply{status: 409, body: errorBody("conflict")}
	session := func(status string) reply {
		return reply{status: 200, body: strings.Replace(sessionBody, `"status": "open"`, `"status": "`+status+`"`, 1)}
	}
	for name, test := range map[string]struct {
		script []reply
		status string // of the session; empty for an error
		code   string
		sent   int
	}{
		"an open session is canceled":   {[]reply{session("canceled")}, "canceled", "", 1},
		"a paid session":                {[]reply{conflict, session("completed")}, "completed", "", 2},
		"an expired session":            {[]reply{conflict, session("expired")}, "expired", "", 2},
		"a canceled session":            {[]reply{conflict, session("canceled")}, "canceled", "", 2},
		"a failed session":              {[]reply{conflict, session("failed")}, "failed", "", 2},
		"a conflict of an open session": {[]reply{conflict, session("open")}, "", "conflict", 2},
		"an unknown session":            {[]reply{{status: 404, body: errorBody("not_found")}}, "", "not_found", 1},
		"a Get that fails":              {[]reply{conflict, {status: 404, body: errorBody("not_found")}}, "", "not_found", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, test.script, func(t *testing.T, b *bubbleServer) {
				ended, err := b.client().CheckoutSessions.CancelOrGet(t.Context(), "cs_01HX")
				var pe *plugipay.Error
				switch {
				case test.status != "" && (err != nil || ended.Status != test.status):
					t.Errorf("session is %+v, error %v", ended, err)
				case test.status == "" && (ended != nil || !errors.As(err, &pe) || pe.Code != test.code):
					t.Errorf("session is %+v, error %v", ended, err)
				}
				if n := b.count(); n != test.sent {
					t.Errorf("%d requests, want %d", n, test.sent)
				}
			})
		})
	}
}
