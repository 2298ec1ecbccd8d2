package plugipay_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
)

// merchantEvent returns an event in the versioned form. The event and its session may name different accounts.
func merchantEvent(id, account, sessionAccount string) string {
	session := strings.Replace(sessionJSON, `"accountId": "acc_01"`, `"accountId": "`+sessionAccount+`"`, 1)
	return `{"id": "` + id + `", "type": "plugipay.checkout_session.completed.v1", "accountId": "` + account +
		`", "data": {"object": ` + session + `}}`
}

// platformSecrets returns the secrets of two merchants. The first merchant is also found by its workspace.
func platformSecrets(_ context.Context, account string) ([]string, error) {
	switch account {
	case "acc_A", "ws_A":
		return []string{"whsec_A_old", "whsec_A"}, nil
	case "acc_B":
		return []string{"whsec_B"}, nil
	case "acc_down":
		return []string{"whsec_B"}, errors.New("the database is away")
	case "acc_panic":
		panic("nil map")
	case "acc_empty":
		return []string{""}, nil
	case "acc_padded":
		return []string{"whsec_B\n"}, nil
	}
	return nil, nil
}

func TestSecretsFor_TriesTheAccountsSecretsOnly(t *testing.T) {
	t.Parallel()
	plain := strings.Replace(plainEvent, "ws_01", "ws_A", 1)
	for name, test := range map[string]struct {
		body, secret string
		status       int
	}{
		"the account's secret":         {merchantEvent("evt_1", "acc_A", "acc_A"), "whsec_A", 200},
		"the account's other secret":   {merchantEvent("evt_1", "acc_A", "acc_A"), "whsec_A_old", 200},
		"the plain form":               {plain, "whsec_A", 200},
		"another account's secret":     {merchantEvent("evt_1", "acc_B", "acc_B"), "whsec_A", 401},
		"another account's session":    {merchantEvent("evt_1", "acc_B", "acc_A"), "whsec_B", 401},
		"a session without an account": {merchantEvent("evt_1", "acc_B", ""), "whsec_B", 401},
		"an unknown account":           {merchantEvent("evt_1", "acc_C", "acc_C"), "whsec_A", 401},
		"an event without an account":  {eventBody("evt_1"), "whsec_A", 401},
		"an account that is a list":    {strings.Replace(merchantEvent("evt_1", "acc_A", "acc_A"), `"acc_A"`, `["acc_A"]`, 1), "whsec_A", 401},
		"not JSON":                     {"acc_A", "whsec_A", 401},
		"a failing lookup":             {merchantEvent("evt_1", "acc_down", "acc_down"), "whsec_B", 500},
		"a lookup that panics":         {merchantEvent("evt_1", "acc_panic", "acc_panic"), "whsec_B", 500},
		"an empty secret":              {merchantEvent("evt_1", "acc_empty", "acc_empty"), "", 500},
		"a secret with white space":    {merchantEvent("evt_1", "acc_padded", "acc_padded"), "whsec_B\n", 500},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEndpoint(t, nil, func(o *plugipay.WebhookHandlerOptions) { o.Secrets, o.SecretsFor = nil, platformSecrets })
			handled := 0
			if test.status == 200 {
				handled = 1
			}
			if status := e.deliver(test.body, test.secret); status != test.status || e.count() != handled || len(e.errs) != 1-handled {
				t.Errorf("status is %d, want %d; handled %v, errors %v", status, test.status, e.handled, e.errs)
			}
		})
	}
}

func TestSecretsFor_IsNotCalledWithoutASignature(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, nil, func(o *plugipay.WebhookHandlerOptions) {
		o.Secrets = nil
		o.SecretsFor = func(context.Context, string) ([]string, error) {
			t.Error("SecretsFor is called")
			return nil, nil
		}
	})
	if status := e.post(merchantEvent("evt_1", "acc_A", "acc_A"), http.Header{}); status != 401 {
		t.Errorf("status is %d, want 401", status)
	}
}

// TestSecretsFor_EventsAreKeyedByAccount checks that merchants may have events with the same id.
func TestSecretsFor_EventsAreKeyedByAccount(t *testing.T) {
	t.Parallel()
	var accounts []string
	e := newEndpoint(t, func(_ context.Context, event *plugipay.WebhookEvent) error {
		accounts = append(accounts, event.AccountID)
		return nil
	}, func(o *plugipay.WebhookHandlerOptions) { o.Secrets, o.SecretsFor = nil, platformSecrets })
	for range 2 {
		e.deliver(merchantEvent("evt_1", "acc_B", "acc_B"), "whsec_B")
		e.deliver(merchantEvent("evt_1", "acc_A", "acc_A"), "whsec_A")
	}
	if fmt.Sprint(accounts) != "[acc_B acc_A]" {
		t.Errorf("handled the events of %v, want acc_B and acc_A", accounts)
	}
}
