package plugipay_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
)

func TestCreate_InvalidUTF8IsRefusedByName(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, sessionBody)
	client := s.client(t)
	input := func(change func(*plugipay.CheckoutSessionCreateInput)) func() error {
		in := validInput()
		change(&in)
		return func() error {
			_, err := client.CheckoutSessions.Create(t.Context(), in)
			return err
		}
	}
	do := func(body any) func() error {
		return func() error {
			return client.Do(t.Context(), plugipay.RequestOptions{Method: "POST", Path: "/a", Body: body}, nil)
		}
	}
	for name, test := range map[string]struct {
		call func() error
		says string
	}{
		"a value of metadata": {input(func(in *plugipay.CheckoutSessionCreateInput) { in.Metadata = map[string]string{"a": "Gar\xe7on-42"} }), "metadata"},
		"two keys of metadata": {input(func(in *plugipay.CheckoutSessionCreateInput) {
			in.Metadata = map[string]string{"\xe7": "1", "\xe8": "2"}
		}), "metadata"},
		"a line item": {input(func(in *plugipay.CheckoutSessionCreateInput) {
			in.LineItems = []plugipay.CheckoutSessionLineItem{{Name: "\xff"}}
		}), "lineItems"},
		"a URL":               {input(func(in *plugipay.CheckoutSessionCreateInput) { in.CancelURL = "https://example.com/\xc3" }), "cancelUrl"},
		"a name":              {do(map[string]int{"\xff": 1}), "name"},
		"a list":              {do([]string{"\xff"}), "body"},
		"JSON of a Marshaler": {do(struct{ A any }{rawBytes("\"\xff\"")}), "A"},
	} {
		pe := wantError(t, test.call(), 0, "invalid_request")
		if !strings.HasPrefix(pe.Message, test.says) && !strings.Contains(pe.Message, test.says+" ") {
			t.Errorf("%s: the message is %q", name, pe.Message)
		}
	}
	if n := s.count(); n != 0 {
		t.Fatalf("%d requests were sent, want 0", n)
	}
	good := validInput()
	good.Metadata = map[string]string{"a": "Garçon � \\ufffd ☕"}
	if _, err := client.CheckoutSessions.Create(t.Context(), good); err != nil {
		t.Error(err)
	}
	if got := s.only(t).body; !strings.Contains(got, `Garçon � \\ufffd ☕`) {
		t.Errorf("sent %s", got)
	}
}

// rawBytes is JSON that is written without changes.
type rawBytes string

func (r rawBytes) MarshalJSON() ([]byte, error) { return []byte(r), nil }

func TestCreate_MalformedOptionalPropertyIsEmpty(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		old, malformed string
		check          func(*plugipay.CheckoutSession) bool
	}{
		"a number in metadata":    {`{"order_id": "ord_42"}`, `{"n": 1, "order_id": "ord_42"}`, func(s *plugipay.CheckoutSession) bool { return s.Metadata["n"] == "" }},
		"a customer as an object": {`"cus_01"`, `{"id": "cus_01"}`, func(s *plugipay.CheckoutSession) bool { return s.CustomerID == nil }},
		"methods as text":         {`["qris", "va"]`, `"qris"`, func(s *plugipay.CheckoutSession) bool { return s.Methods == nil }},
		"a time as a number":      {`"2026-09-22T14:13:20.000Z"`, `1790000000`, func(s *plugipay.CheckoutSession) bool { return s.ExpiresAt == "" }},
		"two malformed properties": {`"cus_01", "amount"`, `7, "adapter": [], "amount"`,
			func(s *plugipay.CheckoutSession) bool { return s.CustomerID == nil }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := strings.Replace(sessionBody, test.old, test.malformed, 1)
			if body == sessionBody {
				t.Fatal("the test did not change the body")
			}
			client := responding(t, 201, body).client(t)
			var info plugipay.ResponseInfo
			session, err := client.CheckoutSessions.Create(plugipay.WithResponse(t.Context(), &info), validInput())
			if err != nil {
				t.Fatal(err)
			}
			var done plugipay.CheckoutSession
			if err := client.Do(t.Context(), plugipay.RequestOptions{Method: "POST", Path: "/a", Body: validInput()}, &done); err != nil {
				t.Fatal(err)
			}
			second := strings.Replace(sessionJSON, test.old, test.malformed, 1)
			listBody := `{"data": [` + sessionJSON + `,` + second + `], "meta": {}}`
			page, err := responding(t, 200, listBody).client(t).CheckoutSessions.List(t.Context(), plugipay.CheckoutSessionListParams{})
			if err != nil || len(page.Data) != 2 {
				t.Fatalf("page is %+v, error %v", page, err)
			}
			for _, got := range []*plugipay.CheckoutSession{session, &done, &page.Data[1]} {
				if got.ID != "cs_01HX" || got.Amount != 19900000 || got.Currency != "IDR" || got.Status != "open" ||
					got.HostedURL == "" || got.SuccessURL == "" || !test.check(got) {
					t.Errorf("session is %+v", got)
				}
			}
			if !bytes.Equal(info.Body, []byte(body)) {
				t.Errorf("info.Body is %s", info.Body)
			}
		})
	}
}

func TestCreate_MalformedEssentialPropertyIsAnError(t *testing.T) {
	t.Parallel()
	for property, value := range map[string]string{
		"id": `"cs_01HX"`, "amount": "19900000", "currency": `"IDR"`, "status": `"open"`, "hostedUrl": `"https://plugipay.com/c/cs_01HX"`,
	} {
		for _, malformed := range []string{`{"secret value": 1}`, `["secret value"]`, "1.5", "1e400"} {
			was := `"` + property + `": ` + value
			// A malformed optional property before it must not hide the error.
			body := strings.Replace(sessionBody, was, `"adapter": 7, "`+property+`": `+malformed, 1)
			if body == sessionBody {
				t.Fatalf("the test did not change %s", property)
			}
			_, err := responding(t, 201, body).client(t).CheckoutSessions.Create(t.Context(), validInput())
			pe := wantError(t, err, 201, "invalid_response")
			if !strings.Contains(pe.Message, "data."+property) || strings.Contains(pe.Error(), "secret value") ||
				!pe.MayHaveBeenProcessed() {
				t.Errorf("%s: error is %v", property, err)
			}
		}
	}
}
