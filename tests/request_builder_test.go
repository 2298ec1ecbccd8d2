package tests

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/gen"
)

// inventedOperation has each kind of parameter that gen/client.tmpl can write, in each place.
const inventedOperation = `  /api/v1/stores/{storeId}/terminals/{number}/sale:
    put:
      operationId: RecordSale
      summary: Record a sale
      parameters:
        - { name: storeId, in: path, required: true, schema: { type: string } }
        - { name: number, in: path, required: true, schema: { type: integer } }
        - { name: note, in: query, required: true, schema: { type: string } }
        - { name: tip, in: query, schema: { type: integer, format: int64 } }
        - { name: dry, in: query, schema: { type: boolean } }
        - { name: left, in: query, schema: { type: string } }
        - { name: X-Cashier, in: header, required: true, schema: { type: string } }
      requestBody:
        content: { application/json: { schema: { type: object, properties: { a: { type: integer } } } } }
      responses: { '204': { description: Recorded } }
`

// recordSale is a program that builds a request of the invented operation and tells what it is.
const recordSale = `package main

import (
	"fmt"
	"io"

	"github.com/plugipay/plugipay-go/gen"
)

func main() {
	tip, dry, one := int64(-12), true, 1
	params := &gen.RecordSaleParams{Note: "a b&c=d", Tip: &tip, Dry: &dry, XCashier: "Ana"}
	req, err := gen.NewRecordSaleRequest("https://plugipay.com/eu/", "a/b?", 7, params, gen.RecordSaleJSONRequestBody{A: &one})
	if err != nil {
		panic(err)
	}
	body, err := io.ReadAll(req.Body)
	fmt.Println(req.Method, req.URL, req.Header["X-Cashier"], req.Header["Content-Type"], string(body), err)
}
`

func TestTheLowLevelClientRefusesANilContext(t *testing.T) {
	t.Parallel()
	client, err := gen.NewClient("http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	var none context.Context
	if resp, err := client.GetCheckoutSession(none, "cs_1", nil); err == nil {
		_ = resp.Body.Close()
		t.Error("it does not")
	}
}

func TestTheRequestBuilderWritesEachKindOfParameter(t *testing.T) {
	t.Parallel()
	contractText := insert(t, "\npaths:\n", inventedOperation)
	scratch := t.TempDir()
	overlay := map[string]string{}
	for file, content := range map[string]string{
		"gen/client.gen.go":        generate(t, generated["gen/client.gen.go"], contractText),
		"tests/recordsale/main.go": recordSale,
	} {
		path := filepath.Join(scratch, filepath.Base(file))
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		replaced, err := filepath.Abs(filepath.Join(repository, file))
		if err != nil {
			t.Fatal(err)
		}
		overlay[replaced] = path
	}
	overlayText, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		t.Fatal(err)
	}
	overlayFile := filepath.Join(scratch, "overlay.json")
	if err := os.WriteFile(overlayFile, overlayText, 0o600); err != nil {
		t.Fatal(err)
	}
	got := strings.TrimSpace(goCommand(t, "run", "-overlay", overlayFile, "./tests/recordsale"))
	want := `PUT https://plugipay.com/eu/api/v1/stores/a%2Fb%3F/terminals/7/sale?note=a+b%26c%3Dd&tip=-12&dry=true [Ana] [application/json] {"a":1} <nil>`
	if got != want {
		t.Errorf("the request is\n%s\nwant\n%s", got, want)
	}
}

func TestWhatTheRequestBuilderCannotWriteIsNotGenerated(t *testing.T) {
	t.Parallel()
	for says, parameter := range map[string]string{
		"cannot write a cookie":                      "{ name: shop, in: cookie, schema: { type: string } }",
		"cannot write a parameter with a media type": "{ name: shop, in: query, content: { application/json: { schema: { type: string } } } }",
		"cannot write a parameter that is no string": "{ name: shop, in: query, schema: { type: array, items: { type: string } } }",
		"cannot write a parameter in a style of its": "{ name: shop, in: path, required: true, style: matrix, schema: { type: string } }",
		"cannot write a parameter in base64":         "{ name: shop, in: query, schema: { type: string, format: byte } }",
		"cannot write a body that is not JSON":       "",
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			text := inventedOperation
			if parameter == "" {
				text = strings.Replace(text, "application/json:", "text/plain:", 1)
			} else {
				text = strings.Replace(text, "      parameters:\n", "      parameters:\n        - "+parameter+"\n", 1)
				if strings.Contains(parameter, "in: path") {
					text = strings.Replace(text, "/sale:", "/sale/{shop}:", 1)
				}
			}
			_, problems, err := tryToGenerate(t, generated["gen/client.gen.go"], insert(t, "\npaths:\n", text))
			if err == nil || !strings.Contains(problems, says) {
				t.Errorf("the generator's error is %v, and it says\n%s\nwhich lacks %q", err, problems, says)
			}
		})
	}
}
