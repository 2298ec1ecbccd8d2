package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/plugipay/plugipay-go/sandbox"
)

// TestMain fails if a goroutine outlives the tests, for example a server's.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const wholeRun = `created   (cs_\w+)
pay at    http://\S+/c/(cs_\w+)
status    open
open      \d+ on the first page, more: false
confirmed cs_\w+ is completed
%scanceled  cs_\w+
conflict  plugipay: conflict: .+ \(status=409, requestId=req_\w+\)
cart      (cs_\w+)
cart      (cs_\w+)
`

// checkRun checks the output of a run. webhook is the pattern of the line about the webhook.
func checkRun(t *testing.T, output, firstLine, webhook string) {
	t.Helper()
	first, rest, _ := strings.Cut(output, "\n")
	if !strings.HasPrefix(first, firstLine) {
		t.Errorf("the first line is %q, want %q", first, firstLine)
	}
	found := regexp.MustCompile("^" + fmt.Sprintf(wholeRun, webhook) + "$").FindStringSubmatch(rest)
	if found == nil {
		t.Fatalf("the output is\n%s", output)
	}
	if found[1] != found[2] {
		t.Errorf("the hosted URL of session %s has the id %s", found[1], found[2])
	}
	if found[3] != found[4] {
		t.Errorf("the cart has two sessions, %s and %s", found[3], found[4])
	}
}

func clearEnvironment(t *testing.T) {
	t.Helper()
	for _, name := range []string{"PLUGIPAY_KEY_ID", "PLUGIPAY_SECRET", "PLUGIPAY_API_KEY", "PLUGIPAY_BASE_URL", "PLUGIPAY_ON_BEHALF_OF"} {
		t.Setenv(name, "")
	}
}

func TestRun_WithoutCredentialsUsesASandbox(t *testing.T) {
	clearEnvironment(t)
	var out bytes.Buffer
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	checkRun(t, out.String(), "No PLUGIPAY_KEY_ID in the environment: using a sandbox at http://127.0.0.1:",
		"webhook   checkout_session.completed for order ord_42\n")
}

func TestRun_WithCredentialsCallsPlugipay(t *testing.T) {
	box := sandbox.StartTest(t, sandbox.Options{})
	clearEnvironment(t)
	t.Setenv("PLUGIPAY_KEY_ID", sandbox.TestKeyID)
	t.Setenv("PLUGIPAY_SECRET", sandbox.TestSecret)
	t.Setenv("PLUGIPAY_BASE_URL", box.URL)
	var out bytes.Buffer
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	checkRun(t, out.String(), "Using Plugipay at "+box.URL, "")
}

func TestRun_HalfOfTheCredentialsIsAnError(t *testing.T) {
	for set, missing := range map[string]string{"PLUGIPAY_KEY_ID": "PLUGIPAY_SECRET", "PLUGIPAY_SECRET": "PLUGIPAY_KEY_ID"} {
		t.Run(set, func(t *testing.T) {
			clearEnvironment(t)
			t.Setenv(set, "k_test_0001")
			var out bytes.Buffer
			if err := run(t.Context(), &out); err == nil || !strings.Contains(err.Error(), missing) {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestRun_RefusesALiveKey(t *testing.T) {
	for _, name := range []string{"PLUGIPAY_KEY_ID", "PLUGIPAY_API_KEY"} {
		t.Run(name, func(t *testing.T) {
			clearEnvironment(t)
			t.Setenv(name, "pk_live_0001")
			t.Setenv("PLUGIPAY_SECRET", "sk_live_0001")
			var out bytes.Buffer
			if err := run(t.Context(), &out); err == nil || !strings.Contains(err.Error(), "test key") {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestRun_ExplainsAWrongSecret(t *testing.T) {
	box := sandbox.StartTest(t, sandbox.Options{})
	clearEnvironment(t)
	t.Setenv("PLUGIPAY_KEY_ID", sandbox.TestKeyID)
	t.Setenv("PLUGIPAY_SECRET", "sk_test_unknown")
	t.Setenv("PLUGIPAY_BASE_URL", box.URL)
	var out bytes.Buffer
	if err := run(t.Context(), &out); err == nil || !strings.Contains(err.Error(), "check PLUGIPAY_KEY_ID") {
		t.Errorf("error is %v", err)
	}
}
