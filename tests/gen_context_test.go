package tests

import (
	"context"
	"testing"

	"github.com/plugipay/plugipay-go/gen"
)

// TestGen_NilContextPanics shows why the facade checks the context. The facade builds requests with gen and sends them
// itself.
func TestGen_NilContextPanics(t *testing.T) {
	t.Parallel()
	client, err := gen.NewClient("http://127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("it does not panic any more: the sentence in this test, and maybe the facade's check, can go")
		}
	}()
	var none context.Context
	_, _ = client.GetCheckoutSession(none, "cs_01HX", nil)
}
