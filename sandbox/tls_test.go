package sandbox_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// A client without the sandbox's CA refuses the certificate.
func TestTLS_ClientTrustsTheSandboxCA(t *testing.T) {
	t.Parallel()
	box := sandbox.StartTest(t, sandbox.Options{TLS: true, AllowHosts: []string{"sandbox.example"}})
	if !strings.HasPrefix(box.URL, "https://127.0.0.1:") {
		t.Fatalf("the URL is %s", box.URL)
	}
	options := box.ClientOptions()
	t.Cleanup(options.HTTP.CloseIdleConnections)
	client, err := plugipay.NewClient(options)
	if err != nil {
		t.Fatal(err)
	}
	session, err := client.CheckoutSessions.Create(t.Context(), plugipay.CheckoutSessionCreateInput{
		Amount: 4999, Currency: plugipay.CurrencyUSD, Methods: []plugipay.CheckoutMethod{plugipay.CheckoutMethodCard},
		SuccessURL: "https://example.com/ok", CancelURL: "https://example.com/no",
	})
	if err != nil || !strings.HasPrefix(session.HostedURL, box.URL) {
		t.Errorf("session %+v, error %v", session, err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(box.CA)
	for _, name := range []string{"sandbox.example", "localhost", "shop.localhost", "127.0.0.1"} {
		connection, err := tls.Dial("tcp", strings.TrimPrefix(box.URL, "https://"), &tls.Config{RootCAs: roots, ServerName: name})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_ = connection.Close()
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, box.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if response, err := (&http.Client{Transport: &http.Transport{}}).Do(request); err == nil {
		_ = response.Body.Close()
		t.Error("a client without the CA trusts the certificate")
	}
}

func TestTLS_DeliversToAReceiverWithItsCA(t *testing.T) {
	t.Parallel()
	got := make(chan error, 1)
	receiver := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := plugipay.VerifyWebhookRequest(r, "whsec_1")
		got <- err
	}))
	t.Cleanup(receiver.Close)
	box := sandbox.StartTest(t, sandbox.Options{
		Endpoints: []sandbox.Endpoint{{URL: receiver.URL, Secret: "whsec_1", CA: receiver.Certificate()}},
	})
	if _, err := box.Trigger(plugipay.EventCheckoutSessionCompleted, nil); err != nil {
		t.Fatal(err)
	}
	if err := box.WaitDelivered(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-got; err != nil {
		t.Error(err)
	}
}
