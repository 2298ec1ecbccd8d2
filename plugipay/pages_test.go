package plugipay_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"weak"

	"github.com/plugipay/plugipay-go/plugipay"
)

// pageBody returns a page with the sessions of the ids. An empty cursor becomes null.
func pageBody(cursor string, hasMore bool, ids ...string) string {
	var data []string
	for _, id := range ids {
		data = append(data, `{"id": "`+id+`", "lineItems": "data outside of the struct"}`)
	}
	next := "null"
	if cursor != "" {
		next = `"` + cursor + `"`
	}
	const page = `{"data": [%s], "error": null, "meta": {"cursor": %s, "hasMore": %t}}`
	return fmt.Sprintf(page, strings.Join(data, ","), next, hasMore)
}

// threePages maps each cursor to its page. The second page is empty.
var threePages = map[string]string{
	"":      pageBody("cur_1", true, "cs_1", "cs_2"),
	"cur_1": pageBody("cur_2", true),
	"cur_2": pageBody("", false, "cs_3"),
}

// listing starts a server that responds with the page of the cursor, or with not_found if it has no such page.
func listing(t *testing.T, pages map[string]string) *server {
	t.Helper()
	return serving(t, func(w http.ResponseWriter, r *http.Request) {
		page, ok := pages[r.URL.Query().Get("cursor")]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			page = errorBody("not_found")
		}
		_, _ = io.WriteString(w, page)
	})
}

// queries returns the queries that the server received.
func (s *server) queries(t *testing.T) []string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var queries []string
	for _, r := range s.requests {
		sent, err := url.ParseRequestURI(r.uri)
		if err != nil || r.method != http.MethodGet || sent.Path != "/api/v1/checkout-sessions" {
			t.Errorf("received %s %s", r.method, r.uri)
			continue
		}
		queries = append(queries, sent.Query().Encode())
	}
	return queries
}

func wantQueries(t *testing.T, s *server, want ...string) {
	t.Helper()
	if got := s.queries(t); !slices.Equal(got, want) {
		t.Errorf("the server received the queries %q, want %q", got, want)
	}
}

// all ranges over all sessions and returns their ids, and the error if the iterator yields one.
func all(ctx context.Context, client *plugipay.Client, params plugipay.CheckoutSessionListParams) (ids []string, failed error) {
	for session, err := range client.CheckoutSessions.All(ctx, params) {
		if err != nil {
			failed = err
			ids = append(ids, "error"+session.ID)
			continue // to find values after the error
		}
		ids = append(ids, session.ID)
	}
	return ids, failed
}

func TestAll_ReadsEveryPageAndSkipsEmptyOnes(t *testing.T) {
	t.Parallel()
	s := listing(t, threePages)
	ids, err := all(t.Context(), s.client(t), plugipay.CheckoutSessionListParams{})
	if want := []string{"cs_1", "cs_2", "cs_3"}; err != nil || !slices.Equal(ids, want) {
		t.Errorf("sessions are %v, want %v, error %v", ids, want, err)
	}
	wantQueries(t, s, "", "cursor=cur_1", "cursor=cur_2")
}

func TestAll_StartsAtTheCursorAndKeepsTheFilters(t *testing.T) {
	t.Parallel()
	s := listing(t, map[string]string{"cur_0": threePages[""], "cur_1": threePages["cur_1"], "cur_2": threePages["cur_2"]})
	params := plugipay.CheckoutSessionListParams{
		Cursor: plugipay.Ptr("cur_0"), Limit: plugipay.Ptr(2), Status: plugipay.Ptr(plugipay.CheckoutSessionStatusOpen),
		Order: plugipay.Ptr(plugipay.ListOrderAsc)}
	if _, err := all(t.Context(), s.client(t), params); err != nil {
		t.Fatal(err)
	}
	const rest = "&limit=2&order=asc&status=open"
	wantQueries(t, s, "cursor=cur_0"+rest, "cursor=cur_1"+rest, "cursor=cur_2"+rest)
	want := plugipay.CheckoutSessionListParams{
		Cursor: plugipay.Ptr("cur_0"), Limit: plugipay.Ptr(2), Status: plugipay.Ptr("open"), Order: plugipay.Ptr("asc")}
	if !reflect.DeepEqual(params, want) {
		t.Error("the caller's params were changed")
	}
}

func TestAll_ListsOnlyWhenRangedOver(t *testing.T) {
	t.Parallel()
	s := listing(t, threePages)
	sessions := s.client(t).CheckoutSessions.All(t.Context(), plugipay.CheckoutSessionListParams{})
	if s.count() != 0 {
		t.Errorf("%d requests before the iteration", s.count())
	}
	for pass := range 2 {
		var ids []string
		for session, err := range sessions {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, session.ID)
		}
		if len(ids) != 3 || s.count() != 3*(pass+1) {
			t.Errorf("pass %d: sessions are %v after %d requests", pass, ids, s.count())
		}
	}
}

func TestAll_IteratorIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	s := listing(t, threePages)
	sessions := s.client(t).CheckoutSessions.All(t.Context(), plugipay.CheckoutSessionListParams{})
	var passes sync.WaitGroup
	for range 8 {
		passes.Go(func() {
			var ids []string
			for session := range sessions {
				ids = append(ids, session.ID)
			}
			if !slices.Equal(ids, []string{"cs_1", "cs_2", "cs_3"}) {
				t.Errorf("sessions are %v", ids)
			}
		})
	}
	passes.Wait()
}

func TestAll_BreakStopsListing(t *testing.T) {
	t.Parallel()
	for _, last := range []string{"cs_1", "cs_2"} { // in the middle of a page, and at its end
		s := listing(t, threePages)
		for session, err := range s.client(t).CheckoutSessions.All(t.Context(), plugipay.CheckoutSessionListParams{}) {
			if err != nil {
				t.Fatal(err)
			}
			if session.ID == last {
				break
			}
		}
		if s.count() != 1 {
			t.Errorf("after a break at %s there were %d requests", last, s.count())
		}
	}
	calls := 0
	for range plugipay.Pages(func(*string) (plugipay.Page[int], error) {
		calls++
		return plugipay.Page[int]{Cursor: plugipay.Ptr(fmt.Sprint(calls)), HasMore: true}, nil
	}) {
		break
	}
	if calls != 1 {
		t.Errorf("after a break at the first page, %d pages were listed", calls)
	}
}

func TestAll_ErrorEndsTheIteration(t *testing.T) {
	t.Parallel()
	s := listing(t, map[string]string{"": threePages[""], "cur_1": threePages["cur_1"]})
	ids, err := all(t.Context(), s.client(t), plugipay.CheckoutSessionListParams{})
	wantError(t, err, 404, "not_found")
	if want := []string{"cs_1", "cs_2", "error"}; !slices.Equal(ids, want) {
		t.Errorf("got %v, want %v", ids, want)
	}
	if s.count() != 3 {
		t.Errorf("there were %d requests", s.count())
	}
}

func TestPages_ErrorOfListIsYieldedUnchanged(t *testing.T) {
	t.Parallel()
	own := errors.New("error of the list function")
	list := func(*string) (plugipay.Page[int], error) {
		return plugipay.Page[int]{Data: []int{1}, Cursor: plugipay.Ptr("c"), HasMore: true}, own
	}
	times := 0
	for page, err := range plugipay.Pages(list) {
		times++
		if err != own || !reflect.DeepEqual(page, plugipay.Page[int]{}) {
			t.Errorf("page is %+v, error %v", page, err)
		}
	}
	for item, err := range plugipay.All(list) {
		times++
		if err != own || item != 0 {
			t.Errorf("item is %d, error %v", item, err)
		}
	}
	if times != 2 {
		t.Errorf("the iterators yielded %d times, want 2", times)
	}
}

func TestAll_BreakAtTheErrorDoesNotPanic(t *testing.T) {
	t.Parallel()
	s := listing(t, nil)
	for _, err := range s.client(t).CheckoutSessions.All(t.Context(), plugipay.CheckoutSessionListParams{}) {
		wantError(t, err, 404, "not_found")
		break // the loop panics if the iterator continues
	}
}

func TestAll_EndedContextStopsAtTheNextPage(t *testing.T) {
	t.Parallel()
	s := listing(t, threePages)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var ids []string
	var failed error
	for session, err := range s.client(t).CheckoutSessions.All(ctx, plugipay.CheckoutSessionListParams{}) {
		cancel()
		ids = append(ids, session.ID)
		failed = err
	}
	wantError(t, failed, 0, "canceled")
	if want := []string{"cs_1", "cs_2", ""}; !slices.Equal(ids, want) || s.count() != 1 {
		t.Errorf("got %q after %d requests, want %q after one", ids, s.count(), want)
	}
}

func TestAll_RepeatedCursorIsAnError(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		pages map[string]string
		begin *string
		ids   []string
	}{
		"after the first page": {
			map[string]string{"": pageBody("cur_1", true, "cs_1"), "cur_1": pageBody("cur_1", true, "cs_2")}, nil,
			[]string{"cs_1", "cs_2", "error"}},
		"after more pages": {
			map[string]string{
				"": pageBody("cur_1", true, "cs_1"), "cur_1": pageBody("cur_2", true), "cur_2": pageBody("cur_3", true),
				"cur_3": pageBody("cur_4", true), "cur_4": pageBody("cur_5", true), "cur_5": pageBody("cur_5", true)}, nil,
			[]string{"cs_1", "error"}},
		"on empty pages": {
			map[string]string{"": pageBody("cur_1", true), "cur_1": pageBody("cur_1", true)}, nil, []string{"error"}},
		"the cursor of the params": {
			map[string]string{"cur_0": pageBody("cur_0", true, "cs_1")}, plugipay.Ptr("cur_0"), []string{"cs_1", "cs_1", "error"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := listing(t, test.pages)
			ids, err := all(t.Context(), s.client(t), plugipay.CheckoutSessionListParams{Cursor: test.begin})
			pe := wantError(t, err, 0, "invalid_response")
			if strings.Contains(pe.Error(), "cur_") {
				t.Errorf("the error contains the cursor: %v", pe)
			}
			if !slices.Equal(ids, test.ids) {
				t.Errorf("got %v, want %v", ids, test.ids)
			}
			if s.count() > len(test.pages)+1 {
				t.Errorf("%d requests for %d pages", s.count(), len(test.pages))
			}
		})
	}
}

func TestPages_RepeatedCursorIsAnError(t *testing.T) {
	t.Parallel()
	for before := range 4 {
		listed := 0
		list := func(*string) (plugipay.Page[int], error) {
			listed++
			return plugipay.Page[int]{Cursor: plugipay.Ptr(fmt.Sprint("secret_", min(listed, before+1))), HasMore: true}, nil
		}
		var failed error
		for _, err := range plugipay.Pages(list) {
			failed = err
		}
		pe := wantError(t, failed, 0, "invalid_response")
		want := fmt.Sprintf("page %d of the list", listed)
		if !strings.Contains(pe.Message, want) || strings.Contains(pe.Message, "secret") {
			t.Errorf("the message is %q, want %q in it, and no cursor", pe.Message, want)
		}
		if listed != before+2 {
			t.Errorf("a cursor that repeats after %d pages is found after %d", before, listed)
		}
	}
}

func TestAll_LongListIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	const pages = 5000
	next := 0
	items := 0
	for item, err := range plugipay.All(func(cursor *string) (plugipay.Page[int], error) {
		if want := fmt.Sprint(next); next > 0 && *cursor != want || next == 0 && cursor != nil {
			t.Fatalf("page %d is listed with the wrong cursor", next)
		}
		next++
		return plugipay.Page[int]{Data: []int{2 * next, 2*next + 1}, Cursor: plugipay.Ptr(fmt.Sprint(next)), HasMore: next < pages}, nil
	}) {
		if err != nil {
			t.Fatal(err)
		}
		if item != items+2 {
			t.Fatalf("item is %d after %d", item, items)
		}
		items++
	}
	if items != 2*pages {
		t.Errorf("there were %d items", items)
	}
}

func TestAll_MissingCursorIsAnError(t *testing.T) {
	t.Parallel()
	for name, cursor := range map[string]*string{"a null cursor": nil, "an empty cursor": plugipay.Ptr("")} {
		var got []int
		var failed error
		for item, err := range plugipay.All(func(*string) (plugipay.Page[int], error) {
			return plugipay.Page[int]{Data: []int{7}, Cursor: cursor, HasMore: true}, nil
		}) {
			got, failed = append(got, item), err
		}
		pe := wantError(t, failed, 0, "invalid_response")
		if !slices.Equal(got, []int{7, 0}) || !strings.Contains(pe.Message, "no cursor") {
			t.Errorf("%s: got %v, error %v", name, got, pe)
		}
	}
}

func TestAll_IteratesOverDoList(t *testing.T) {
	t.Parallel()
	s := listing(t, threePages)
	client := s.client(t)
	type item struct{ ID string }
	list := func(cursor *string) (plugipay.Page[item], error) {
		path := "/api/v1/checkout-sessions"
		if cursor != nil {
			path += "?cursor=" + url.QueryEscape(*cursor)
		}
		return plugipay.DoList[item](t.Context(), client, plugipay.RequestOptions{Method: "GET", Path: path})
	}
	var ids []string
	for item, err := range plugipay.All(list) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, item.ID)
	}
	var sizes []int
	for page, err := range plugipay.Pages(list) {
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(page.Data))
	}
	if !slices.Equal(ids, []string{"cs_1", "cs_2", "cs_3"}) || !slices.Equal(sizes, []int{2, 0, 1}) {
		t.Errorf("items are %v, pages have %v", ids, sizes)
	}
}

// TestPages_ReleasesAPageBeforeTheNext checks that iterating over a long list needs the memory of one page.
func TestPages_ReleasesAPageBeforeTheNext(t *testing.T) {
	t.Parallel()
	type item [1 << 10]byte
	const pages = 4
	var kept []weak.Pointer[item]
	list := func(*string) (plugipay.Page[*item], error) {
		runtime.GC()
		for i, earlier := range kept {
			if earlier.Value() != nil {
				t.Errorf("when page %d was listed, item %d was still held", len(kept), i)
			}
		}
		n := len(kept)
		return plugipay.Page[*item]{Data: []*item{new(item)}, Cursor: plugipay.Ptr(fmt.Sprint(n)), HasMore: n+1 < pages}, nil
	}
	for page, err := range plugipay.Pages(list) {
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, weak.Make(page.Data[0]))
	}
	if len(kept) != pages {
		t.Fatalf("there were %d pages", len(kept))
	}
	kept = nil
	for item, err := range plugipay.All(list) {
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, weak.Make(item))
	}
	if len(kept) != pages {
		t.Fatalf("there were %d items", len(kept))
	}
}

func TestAll_ReleasesAPageBeforeTheNext(t *testing.T) {
	t.Parallel()
	var kept []weak.Pointer[byte]
	s := serving(t, func(w http.ResponseWriter, r *http.Request) {
		runtime.GC()
		for i, earlier := range kept {
			if earlier.Value() != nil {
				t.Errorf("when %s was requested, session %d was still held", r.RequestURI, i)
			}
		}
		_, _ = io.WriteString(w, threePages[r.URL.Query().Get("cursor")])
	})
	for session, err := range s.client(t).CheckoutSessions.All(t.Context(), plugipay.CheckoutSessionListParams{}) {
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, weak.Make(&session.LineItems[0]))
	}
	if len(kept) != 3 {
		t.Fatalf("there were %d sessions", len(kept))
	}
}
