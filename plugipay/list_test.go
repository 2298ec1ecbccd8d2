package plugipay_test

import (
	"math"
	"reflect"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
)

func TestList_ReadsBothFormsOfPaging(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		meta    string
		cursor  *string
		hasMore bool
	}{
		"the clients' form":                  {`{"cursor": "cur_1", "hasMore": true}`, plugipay.Ptr("cur_1"), true},
		"the clients' form, last page":       {`{"cursor": null, "hasMore": false}`, nil, false},
		"the API pages' form":                {`{"page": {"limit": 50, "hasMore": true, "nextCursor": "cur_1"}}`, plugipay.Ptr("cur_1"), true},
		"the API pages' form, last page":     {`{"page": {"limit": 50, "hasMore": false, "nextCursor": null}}`, nil, false},
		"both forms":                         {`{"cursor": "cur_1", "hasMore": true, "page": {"limit": 1, "hasMore": true, "nextCursor": "cur_1"}}`, plugipay.Ptr("cur_1"), true},
		"nulls and the API pages' form":      {`{"cursor": null, "hasMore": null, "page": {"limit": 1, "hasMore": true, "nextCursor": "cur_1"}}`, plugipay.Ptr("cur_1"), true},
		"a cursor without hasMore":           {`{"cursor": "cur_1"}`, plugipay.Ptr("cur_1"), true},
		"the clients' form takes precedence": {`{"cursor": "cur_1", "hasMore": true, "page": {"limit": 1, "hasMore": false, "nextCursor": "cur_2"}}`, plugipay.Ptr("cur_1"), true},
		"a cursor without more pages":        {`{"cursor": "cur_1", "hasMore": false}`, plugipay.Ptr("cur_1"), false},
		"the API pages' form with a null":    {`{"page": {"limit": null, "hasMore": null, "nextCursor": "cur_1"}}`, plugipay.Ptr("cur_1"), true},
		"the API pages' form, cursor alone":  {`{"page": {"nextCursor": "cur_1"}}`, plugipay.Ptr("cur_1"), true},
		"an empty cursor":                    {`{"cursor": "", "hasMore": false}`, nil, false},
		"no paging":                          {`{"requestId": "req_1"}`, nil, false},
		"a null meta":                        {`null`, nil, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := responding(t, 200, `{"data": [`+sessionJSON+`], "error": null, "meta": `+test.meta+`}`)
			client := s.client(t)
			want := plugipay.Page[plugipay.CheckoutSession]{Cursor: test.cursor, HasMore: test.hasMore}
			listed, err := client.CheckoutSessions.List(t.Context(), plugipay.CheckoutSessionListParams{})
			if err != nil {
				t.Fatal(err)
			}
			done, err := plugipay.DoList[plugipay.CheckoutSession](t.Context(), client, plugipay.RequestOptions{
				Method: "GET", Path: "/api/v1/checkout-sessions"})
			if err != nil {
				t.Fatal(err)
			}
			for _, page := range []plugipay.Page[plugipay.CheckoutSession]{listed, done} {
				if len(page.Data) != 1 {
					t.Fatalf("page has %d sessions", len(page.Data))
				}
				wantSession(t, &page.Data[0])
				page.Data = nil
				if !reflect.DeepEqual(page, want) {
					t.Errorf("page is %+v, want %+v", page, want)
				}
			}
		})
	}
}

func TestList_NullDataIsAnEmptyPage(t *testing.T) {
	t.Parallel()
	for _, data := range []string{"null", "[]"} {
		s := responding(t, 200, `{"data": `+data+`, "error": null, "meta": {}}`)
		page, err := s.client(t).CheckoutSessions.List(t.Context(), plugipay.CheckoutSessionListParams{})
		if err != nil || page.Data == nil || len(page.Data) != 0 {
			t.Errorf("data %s: page is %+v, error %v", data, page, err)
		}
	}
}

func TestList_MissingCursorIsAnError(t *testing.T) {
	t.Parallel()
	for _, meta := range []string{
		`{"requestId": "req_42", "hasMore": true}`, `{"requestId": "req_42", "page": {"hasMore": true}}`,
		`{"requestId": "req_42", "hasMore": true, "cursor": ""}`,
	} {
		s := responding(t, 200, `{"data": [`+sessionJSON+`], "error": null, "meta": `+meta+`}`)
		page, err := s.client(t).CheckoutSessions.List(t.Context(), plugipay.CheckoutSessionListParams{})
		if pe := wantError(t, err, 200, "invalid_response"); pe.RequestID != "req_42" || page.Data != nil {
			t.Errorf("page is %+v, error %v", page, err)
		}
	}
}

// TestList_AcceptsAnyNumberOfSessions checks that the limit of the request does not change how a response is decoded.
func TestList_AcceptsAnyNumberOfSessions(t *testing.T) {
	t.Parallel()
	for _, limit := range []*int{
		nil, plugipay.Ptr(-1), plugipay.Ptr(0), plugipay.Ptr(1), plugipay.Ptr(100), plugipay.Ptr(math.MaxInt),
	} {
		for data, want := range map[string]int{
			`[` + sessionJSON + `,` + sessionJSON + `,` + sessionJSON + `]`: 3, `[{"id": "cs_1"}]`: 1, `[]`: 0, `null`: 0,
		} {
			client := responding(t, 200, `{"data": `+data+`, "error": null, "meta": `+metaJSON+`}`).client(t)
			page, err := client.CheckoutSessions.List(t.Context(), plugipay.CheckoutSessionListParams{Limit: limit})
			if err != nil || len(page.Data) != want || page.Data == nil || cap(page.Data) > 8 {
				t.Errorf("the page has %d sessions and room for %d, want %d, error %v", len(page.Data), cap(page.Data), want, err)
			}
		}
		client := responding(t, 200, `{"error": null, "meta": {"requestId": "req_1", "data": []}}`).client(t)
		_, err := client.CheckoutSessions.List(t.Context(), plugipay.CheckoutSessionListParams{Limit: limit})
		wantError(t, err, 200, "invalid_response")
	}
}
