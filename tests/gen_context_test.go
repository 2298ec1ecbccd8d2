package tests

import (
	"context"
	"testing"

	"github.com/plugipay/plugipay-go/gen"
)

// TestGen_NilContextPanics shows why the facade checks the context before it builds requests with gen.
func TestGen_NilContextPanics(t *testing.T) {
	t.Parallel()
	client, err := gen.NewClient("http://127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a nil context no longer panics: remove this test, and maybe the facade's check")
		}
	}()
	var none context.Context
	_, _ = client.GetCheckoutSession(none, "cs_01HX", nil)
}
