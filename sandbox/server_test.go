package sandbox_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

func TestClientOptions_HaveTheFirstKey(t *testing.T) {
	t.Parallel()
	signing := sandbox.Key{ID: "pk_test_1", Secret: "s1"}
	dashboard := sandbox.Key{ID: "pk_test_2"}
	withKeys := func(keys ...sandbox.Key) []sandbox.Workspace { return []sandbox.Workspace{{Keys: keys}, {}} }
	tests := map[string]struct {
		workspaces []sandbox.Workspace
		want       plugipay.ClientOptions
	}{
		"default":       {nil, plugipay.ClientOptions{KeyID: sandbox.TestKeyID, Secret: sandbox.TestSecret}},
		"signing key":   {withKeys(signing, dashboard), plugipay.ClientOptions{KeyID: "pk_test_1", Secret: "s1"}},
		"dashboard key": {withKeys(dashboard, signing), plugipay.ClientOptions{APIKey: "pk_test_2"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := sandbox.StartTest(t, sandbox.Options{Workspaces: tt.workspaces})
			tt.want.BaseURL = server.URL
			if got := server.ClientOptions(); got != tt.want {
				t.Errorf("ClientOptions() = %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestServer_MissingIDsAndKeysAreGenerated(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{Workspaces: []sandbox.Workspace{{}}})
	if !strings.HasPrefix(c.keyID, "pk_test_") || !strings.HasPrefix(c.secret, "sk_test_") ||
		c.secret == sandbox.TestSecret {
		t.Errorf("key = %q, want a generated test key with a generated secret", c.keyID)
	}
	if account := c.create().AccountID; !strings.HasPrefix(account, "acc_") || len(account) != len("acc_")+26 {
		t.Errorf("accountId = %q, want acc_ and a ULID", account)
	}
	server := sandbox.StartTest(t, sandbox.Options{Workspaces: []sandbox.Workspace{{Keys: []sandbox.Key{{}}}}})
	if key := server.ClientOptions().APIKey; !strings.HasPrefix(key, "pk_test_") {
		t.Errorf("APIKey = %q, want a generated dashboard key", key)
	}
}

func TestServer_FirstOfDuplicateIDsCounts(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{Workspaces: []sandbox.Workspace{
		{AccountID: "acc_1", Keys: []sandbox.Key{
			{ID: "pk_test_1", Secret: "first"}, {ID: "pk_test_1", Secret: "second"},
		}},
		{AccountID: "acc_2", Keys: []sandbox.Key{{ID: "pk_test_1", Secret: "third"}}},
		{AccountID: "acc_1", Keys: []sandbox.Key{{ID: "pk_test_4", Secret: "fourth"}}},
	}})
	if account := c.as("pk_test_1", "first").create().AccountID; account != "acc_1" {
		t.Errorf("accountId = %q, want acc_1", account)
	}
	for secret, keyID := range map[string]string{"second": "pk_test_1", "third": "pk_test_1", "fourth": "pk_test_4"} {
		c.as(keyID, secret).send(http.MethodGet, sessionsPath, "").want(http.StatusUnauthorized)
	}
}

func TestServer_CopiesItsOptions(t *testing.T) {
	t.Parallel()
	opts := sandbox.Options{Workspaces: []sandbox.Workspace{{
		Keys:     []sandbox.Key{{ID: "pk_test_1", Secret: "s", Scopes: []string{sandbox.ScopeCheckoutWrite}}},
		Adapters: []sandbox.Adapter{{Name: "xendit", Methods: []plugipay.CheckoutMethod{plugipay.CheckoutMethodCard}}},
	}}}
	_, c := start(t, opts)
	opts.Workspaces[0].Keys[0].Scopes[0] = ""
	opts.Workspaces[0].Keys[0] = sandbox.Key{}
	opts.Workspaces[0].Adapters[0].Methods[0] = plugipay.CheckoutMethodVA
	opts.Workspaces[0] = sandbox.Workspace{}
	c.create()
}

func TestServer_CloseCanBeRepeated(t *testing.T) {
	t.Parallel()
	server, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := clientOf(t, server)
	c.create()
	var all sync.WaitGroup
	for range 3 {
		all.Go(server.Close)
	}
	all.Wait()
	server.Close()
	if response, err := c.http.Do(c.request(http.MethodGet, sessionsPath, "")); err == nil {
		response.Body.Close()
		t.Errorf("the closed server still responds")
	}
}

func TestServer_ServersAreIndependent(t *testing.T) {
	t.Parallel()
	_, one := start(t, sandbox.Options{})
	_, other := start(t, sandbox.Options{})
	other.send(http.MethodGet, sessionsPath+"/"+one.create().ID, "").want(http.StatusNotFound)
}

// fakeTest is a sandbox.TB that records its errors and cleanups.
type fakeTest struct {
	mu       sync.Mutex
	errors   []string
	cleanups []func()
}

func (f *fakeTest) Helper()                        {}
func (f *fakeTest) Cleanup(c func())               { f.cleanups = append(f.cleanups, c) }
func (f *fakeTest) Fatalf(format string, a ...any) { f.Errorf(format, a...) }
func (f *fakeTest) Errorf(format string, a ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.errors = append(f.errors, fmt.Sprintf(format, a...))
}

func (f *fakeTest) all() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.errors)
}

func TestStartTest_FailsTheTestOnABreach(t *testing.T) {
	t.Parallel()
	var reported atomic.Int32
	fake := &fakeTest{}
	server := sandbox.StartTest(fake, sandbox.Options{
		PublicURL:        "no url at all", // makes hostedUrl invalid
		OnContractBreach: func(error) { reported.Add(1) },
	})
	c := clientOf(t, server)
	c.send(http.MethodGet, sessionsPath, "").want(http.StatusOK)
	if len(fake.all()) != 0 {
		t.Fatalf("the test failed without a breach: %v", fake.all())
	}
	c.send(http.MethodPost, sessionsPath, validInput).want(http.StatusCreated)
	const want = "sandbox: the response 201 to createCheckoutSession breaks openapi.yaml: data.hostedUrl must be an absolute URL"
	if got := fake.all(); len(got) != 1 || got[0] != want || reported.Load() != 1 {
		t.Errorf("the errors of the test are %q, want %q; OnContractBreach had %d calls", fake.all(), want, reported.Load())
	}
	for _, cleanup := range fake.cleanups {
		cleanup()
	}
	if response, err := c.http.Do(c.request(http.MethodGet, sessionsPath, "")); err == nil {
		response.Body.Close()
		t.Errorf("the server still responds after the test")
	}
	sandbox.Breach(server, errors.New("too late"))
	if len(fake.all()) != 1 {
		t.Errorf("a breach after the end of the test failed the test")
	}
}

func TestClientOptions_IgnoreOnBehalfOfFromEnvironment(t *testing.T) {
	t.Setenv("PLUGIPAY_ON_BEHALF_OF", "acc_of_the_real_plugipay")
	box := sandbox.StartTest(t, sandbox.Options{})
	client, err := plugipay.NewClient(box.ClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if _, err := client.CheckoutSessions.List(t.Context(), plugipay.CheckoutSessionListParams{}); err != nil {
		t.Error(err)
	}
}
