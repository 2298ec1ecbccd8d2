package sandbox_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/sandbox"
)

func (c client) list(query url.Values) reply {
	c.t.Helper()
	return c.send(http.MethodGet, sessionsPath+"?"+query.Encode(), "").want(http.StatusOK)
}

// listAll follows the cursors. It returns the IDs in order and the number of pages.
func (c client) listAll(query url.Values) (ids []string, pages int) {
	c.t.Helper()
	for {
		got := c.list(query)
		pages++
		ids = append(ids, idsOf(got.sessions())...)
		meta := got.envelope.Meta
		if meta.Page.HasMore != *meta.HasMore || pointed(meta.Page.NextCursor) != pointed(meta.Cursor) {
			c.t.Fatalf("the two forms of paging in meta differ: %s", got.body)
		}
		if !*meta.HasMore {
			if meta.Cursor != nil {
				c.t.Errorf("the last page has a cursor")
			}
			return ids, pages
		}
		query = url.Values{"cursor": {*meta.Cursor}, "limit": query["limit"]}
	}
}

func idsOf(sessions []gen.CheckoutSession) []string {
	ids := []string{}
	for _, s := range sessions {
		ids = append(ids, s.ID)
	}
	return ids
}

func reversed(ids []string) []string {
	ids = slices.Clone(ids)
	slices.Reverse(ids)
	return ids
}

func TestList_IsNewestFirstByDefault(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	var created []string
	for range 5 {
		created = append(created, c.create().ID)
		server.Advance(time.Second)
	}
	tests := map[string]struct {
		order string
		want  []string
	}{
		"default": {"", reversed(created)},
		"desc":    {gen.ListOrderDesc, reversed(created)},
		"asc":     {gen.ListOrderAsc, created},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			query := url.Values{}
			if tt.order != "" {
				query.Set("order", tt.order)
			}
			if ids, _ := c.in(t).listAll(query); !slices.Equal(ids, tt.want) {
				t.Errorf("got  %v\nwant %v", ids, tt.want)
			}
		})
	}
}

func TestList_EmptyListIsTheLastPage(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	got := c.list(nil)
	if string(got.envelope.Data) != "[]" || *got.envelope.Meta.HasMore || got.envelope.Meta.Page.Limit != 50 {
		t.Errorf("got %s", got.body)
	}
}

func TestList_PagesHoldEachSessionOnce(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	var created []string
	for range 7 {
		created = append(created, c.create().ID)
	}
	for _, order := range []string{gen.ListOrderAsc, gen.ListOrderDesc} {
		want := created
		if order == gen.ListOrderDesc {
			want = reversed(created)
		}
		for limit, wantPages := range map[int]int{1: 7, 2: 4, 3: 3, 6: 2, 7: 1, 100: 1} {
			ids, pages := c.listAll(url.Values{"order": {order}, "limit": {fmt.Sprint(limit)}})
			if !slices.Equal(ids, want) || pages != wantPages {
				t.Errorf("%s, limit %d: got %v in %d pages, want %v in %d", order, limit, ids, pages, want, wantPages)
			}
		}
	}
}

func TestList_DefaultLimitIsFifty(t *testing.T) {
	t.Parallel()
	c := directClient(t, sandbox.New(failOnBreach(t)))
	for range 51 {
		c.create()
	}
	got := c.list(nil)
	if n := len(got.sessions()); n != 50 || got.envelope.Meta.Page.Limit != 50 || !*got.envelope.Meta.HasMore {
		t.Errorf("the page has %d sessions, meta %+v", n, got.envelope.Meta)
	}
	rest := c.list(url.Values{"cursor": {*got.envelope.Meta.Cursor}})
	if n := len(rest.sessions()); n != 1 || *rest.envelope.Meta.HasMore {
		t.Errorf("the last page has %d sessions, want 1", n)
	}
}

func TestList_Filters(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	var created []gen.CheckoutSession
	for i := range 6 {
		created = append(created, c.create("customerId", fmt.Sprintf(`"cus_%d"`, i%2), "expiresInSec", "7200"))
		server.Advance(time.Minute)
	}
	guest := c.create("expiresInSec", "1")
	server.Advance(time.Second)
	c.cancel(created[0].ID).want(http.StatusOK)
	c.confirm(created[1].ID).want(http.StatusOK)
	id := func(numbers ...int) []string {
		ids := []string{}
		for _, n := range numbers {
			ids = append(ids, created[n].ID)
		}
		return ids
	}
	tests := map[string]struct {
		query url.Values
		want  []string
	}{
		"open":                      {url.Values{"status": {"open"}}, id(5, 4, 3, 2)},
		"canceled":                  {url.Values{"status": {"canceled"}}, id(0)},
		"completed":                 {url.Values{"status": {"completed"}}, id(1)},
		"expired":                   {url.Values{"status": {"expired"}}, []string{guest.ID}},
		"pending":                   {url.Values{"status": {"pending"}}, id()},
		"customer":                  {url.Values{"customerId": {"cus_1"}}, id(5, 3, 1)},
		"customer and status":       {url.Values{"customerId": {"cus_1"}, "status": {"open"}}, id(5, 3)},
		"unknown customer":          {url.Values{"customerId": {"cus_"}}, id()},
		"createdAfter":              {url.Values{"createdAfter": {created[5].CreatedAt}}, []string{guest.ID}},
		"createdBefore":             {url.Values{"createdBefore": {created[2].CreatedAt}}, id(1, 0)},
		"created between":           {between(created[1], created[4]), id(3, 2)},
		"created in an empty range": {between(created[4], created[1]), id()},
		"created in other zone":     {url.Values{"createdBefore": {inJakarta(t, created[1].CreatedAt)}}, id(0)},
		"before all times":          {url.Values{"createdBefore": {"0001-01-01T00:00:00Z"}}, id()},
	}
	for name, tt := range tests {
		for _, order := range []string{gen.ListOrderDesc, gen.ListOrderAsc} {
			for limit := range 3 {
				t.Run(fmt.Sprintf("%s, %s, by %d", name, order, limit+1), func(t *testing.T) {
					t.Parallel()
					query, want := maps.Clone(tt.query), tt.want
					query.Set("limit", fmt.Sprint(limit+1))
					query.Set("order", order)
					if order == gen.ListOrderAsc {
						want = reversed(want)
					}
					ids, pages := c.in(t).listAll(query)
					if !slices.Equal(ids, want) {
						t.Errorf("got  %v\nwant %v", ids, want)
					}
					if limit == 0 && pages != max(1, len(want)) {
						t.Errorf("%d pages, want no empty page", pages)
					}
				})
			}
		}
	}
}

// The cursor contains the filters of its page. It must keep a time with any offset.
func TestList_UnusualOffsetsWorkOnEveryPage(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	want := reversed([]string{c.create().ID, c.create().ID})
	for _, query := range []url.Values{
		{"createdBefore": {"2999-01-01T00:00:00+23:59"}},
		{"createdAfter": {"1999-01-01T00:00:00-23:59"}},
		{"createdAfter": {"0000-01-01T00:00:00Z"}, "createdBefore": {"9999-12-31T23:59:59Z"}},
	} {
		query.Set("limit", "1")
		if ids, _ := c.listAll(query); !slices.Equal(ids, want) {
			t.Errorf("%v: got %v, want %v", query, ids, want)
		}
	}
	for name, at := range map[string]string{
		"createdAfter": "0000-01-01T00:00:00+01:00", "createdBefore": "9999-12-31T23:59:59-01:00",
	} {
		c.send(http.MethodGet, sessionsPath+"?limit=1&"+url.Values{name: {at}}.Encode(), "").
			wantError(http.StatusBadRequest, gen.ErrorCodeValidationError, name)
	}
}

func between(after, before gen.CheckoutSession) url.Values {
	return url.Values{"createdAfter": {after.CreatedAt}, "createdBefore": {before.CreatedAt}}
}

func inJakarta(t *testing.T, at string) string {
	t.Helper()
	parsed, err := time.Parse(time.RFC3339, at)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.In(time.FixedZone("WIB", 7*60*60)).Format(time.RFC3339Nano)
}

func TestList_CursorKeepsItsFiltersAndOrder(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	var want []string
	for i := range 6 {
		id := c.create("customerId", fmt.Sprintf(`"cus_%d"`, i%2)).ID
		if i%2 == 1 {
			want = append(want, id)
		}
	}
	first := c.list(url.Values{"customerId": {"cus_1"}, "order": {"asc"}, "limit": {"1"}})
	rest := c.list(url.Values{
		"cursor": {*first.envelope.Meta.Cursor}, "limit": {"100"},
		"customerId": {"cus_0"}, "order": {"desc"}, "status": {"canceled"}, "createdAfter": {"2099-01-01T00:00:00Z"},
	})
	if got := append(idsOf(first.sessions()), idsOf(rest.sessions())...); !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if rest.envelope.Meta.Page.Limit != 100 {
		t.Errorf("page.limit = %d, want that of the request", rest.envelope.Meta.Page.Limit)
	}
}

func TestList_PagesStayRightWhileSessionsChange(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	for _, order := range []string{gen.ListOrderAsc, gen.ListOrderDesc} {
		before := []string{}
		for range 6 {
			before = append(before, c.create("customerId", `"cus_`+order+`"`).ID)
		}
		query := url.Values{"customerId": {"cus_" + order}, "order": {order}, "limit": {"2"}, "status": {"open"}}
		seen := []string{}
		for {
			got := c.list(query)
			seen = append(seen, idsOf(got.sessions())...)
			if !*got.envelope.Meta.HasMore || len(seen) > 20 {
				break
			}
			c.cancel(seen[len(seen)-1]).want(http.StatusOK) // the session that the cursor points at
			if len(seen) < 6 {
				c.create("customerId", `"cus_`+order+`"`)
			}
			query = url.Values{"cursor": {*got.envelope.Meta.Cursor}, "limit": {"2"}}
		}
		slices.Sort(before)
		sorted := slices.Compact(slices.Sorted(slices.Values(seen)))
		if len(sorted) != len(seen) {
			t.Errorf("%s: a session was listed twice: %v", order, seen)
		}
		for _, id := range before {
			if !slices.Contains(seen, id) {
				t.Errorf("%s: %s was missed", order, id)
			}
		}
	}
}

func TestList_CreationTimesNeverGoBack(t *testing.T) {
	t.Parallel()
	clock := newStoppedAt(1_790_000_000)
	c := directClient(t, sandbox.NewAt(failOnBreach(t), clock.now))
	create := func() gen.CheckoutSession {
		return c.send(http.MethodPost, sessionsPath, validInput, clock.stamp()).want(http.StatusCreated).session()
	}
	first := create()
	clock.seconds.Add(-10)
	if second := create(); second.CreatedAt != first.CreatedAt {
		t.Errorf("createdAt = %s, want that of the previous session, %s", second.CreatedAt, first.CreatedAt)
	}
}

func TestList_SessionsCreatedConcurrentlyAreListedOnce(t *testing.T) {
	t.Parallel()
	c := directClient(t, sandbox.New(sandbox.Options{}))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 25 {
				response, err := c.http.Do(c.request(http.MethodPost, sessionsPath, validInput))
				if err != nil || response.StatusCode != http.StatusCreated {
					t.Errorf("create: %v, %v", response, err)
				}
			}
		})
	}
	all.Wait()
	ids, _ := c.listAll(url.Values{"limit": {"7"}})
	if unique := slices.Compact(slices.Sorted(slices.Values(ids))); len(ids) != 200 || len(unique) != 200 {
		t.Errorf("%d sessions were listed, %d of them distinct, want 200", len(ids), len(unique))
	}
}

func TestList_InvalidCursorIsRefused(t *testing.T) {
	t.Parallel()
	_, c := start(t, keyring())
	for range 2 {
		c.create()
		c.as("pk_test_merchant", "merchant").create()
	}
	cursor := *c.list(url.Values{"limit": {"1"}}).envelope.Meta.Cursor
	otherCursor := *c.as("pk_test_merchant", "merchant").list(url.Values{"limit": {"1"}}).envelope.Meta.Cursor
	sealed, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(cursor, "cur_"))
	if err != nil {
		t.Fatal(err)
	}
	sealed[len(sealed)-2] ^= 1
	tests := map[string]string{
		"garbage":              "garbage",
		"prefix only":          "cur_",
		"not base64":           "cur_!!!",
		"too short":            "cur_AAAA",
		"without the prefix":   strings.TrimPrefix(cursor, "cur_"),
		"cut off":              cursor[:len(cursor)-4],
		"with a suffix":        cursor + "AAAA",
		"changed":              "cur_" + base64.RawURLEncoding.EncodeToString(sealed),
		"of another workspace": otherCursor,
	}
	for name, bad := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.in(t).send(http.MethodGet, sessionsPath+"?cursor="+url.QueryEscape(bad), "").
				wantError(http.StatusBadRequest, gen.ErrorCodeValidationError, "cursor")
		})
	}
	c.list(url.Values{"cursor": {cursor}})
}

// FuzzCursor checks that the sandbox refuses each cursor that it did not make.
func FuzzCursor(f *testing.F) {
	box := sandbox.New(sandbox.Options{})
	c := directClient(f, box)
	c.create()
	c.create()
	valid := *c.list(url.Values{"limit": {"1"}}).envelope.Meta.Cursor
	f.Add(valid)
	f.Add("cur_")
	f.Add("cur_" + base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("x", 32)+`{"last":-1}`)))
	f.Fuzz(func(t *testing.T, cursor string) {
		if cursor == "" {
			t.Skip("no cursor")
		}
		got := replyFrom(t, box, c.in(t).request(http.MethodGet, sessionsPath+"?cursor="+url.QueryEscape(cursor), ""))
		if cursor == valid {
			got.want(http.StatusOK)
		} else {
			got.wantError(http.StatusBadRequest, gen.ErrorCodeValidationError, "cursor")
		}
	})
}
