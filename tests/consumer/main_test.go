package main

import (
	"net/http"
	"testing"

	"github.com/plugipay/plugipay-go/contract"
	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// TestShop_CreatesASession holds what the shop sends against the contract.
func TestShop_CreatesASession(t *testing.T) {
	opts := sandbox.StartTest(t, sandbox.Options{}).ClientOptions()
	opts.HTTP = &http.Client{Transport: contract.Transport(nil, func(err error) { t.Error(err) })}
	client, err := plugipay.NewClient(opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := sell(t.Context(), client); err != nil {
		t.Error(err)
	}
}
