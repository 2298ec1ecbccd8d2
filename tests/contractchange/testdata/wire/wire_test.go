// These tests use code that is generated from a contract with all changes of tests/internal/changes. They check the requests
// and responses of this code. The module contractchange runs them in the package gen.
package gen_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
)

// request is a request that a server received.
type request struct {
	method, path, contentType, body string
	query                           url.Values
	header                          http.Header
}

// serve starts a server that sends the same response to every request. It returns the server's URL and the last request.
func serve(t *testing.T, contentType, response string) (server string, last *request) {
	t.Helper()
	last = &request{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*last = request{r.Method, r.URL.EscapedPath(), r.Header.Get("Content-Type"), string(body), r.URL.Query(), r.Header}
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, response)
	}))
	t.Cleanup(s.Close)
	return s.URL, last
}

func client(t *testing.T, response string) (*plugipay.Client, *request) {
	t.Helper()
	server, last := serve(t, "application/json", response)
	c, err := plugipay.NewClient(plugipay.ClientOptions{BaseURL: server, KeyID: "pk_test_1", Secret: "sk_test_1"})
	if err != nil {
		t.Fatal(err)
	}
	return c, last
}

const emptyPage = `{"data":[],"error":null,"meta":{"requestId":"req_1","timestamp":"2026-01-01T00:00:00Z","cursor":null,"hasMore":false}}`

func TestList_SendsEachFilter(t *testing.T) {
	t.Parallel()
	type params = plugipay.CheckoutSessionListParams
	for want, p := range map[string]params{
		"fText=a+b%26c":               {FText: plugipay.Ptr("a b&c")},
		"fInt=-7":                     {FInt: plugipay.Ptr(-7)},
		"fNumber=1234567.891":         {FNumber: plugipay.Ptr(1234567.891)},
		"fBool=false":                 {FBool: plugipay.Ptr(false)},
		"fDate=2026-02-28":            {FDate: plugipay.Ptr("2026-02-28")},
		"fTime=2026-02-28T10:00:00Z":  {FTime: plugipay.Ptr("2026-02-28T10:00:00Z")},
		"fUnique=7f8d1c9e":            {FUnique: plugipay.Ptr("7f8d1c9e")},
		"fEnum=b":                     {FEnum: plugipay.Ptr("b")},
		"fConst=a":                    {FConst: plugipay.Ptr("a")},
		"fLong=9007199254740993":      {FLong: plugipay.Ptr(int64(9007199254740993))},
		"fNull=a":                     {FNull: plugipay.Ptr("a")},
		"fNullEnum=a":                 {FNullEnum: plugipay.Ptr("a")},
		"fMap[a]=qris":                {FMap: &map[string]string{"a": "qris"}},
		"fNamed=a":                    {FOther: plugipay.Ptr("a")},
		"fIntEnum=2":                  {FIntEnum: plugipay.Ptr(2)},
		"fMethod=qris":                {FMethod: plugipay.Ptr(string(plugipay.CheckoutMethodQRIS))},
		"fList=a&fList=b":             {FList: &[]string{"a", "b"}},
		"fJoined=a,b":                 {FJoined: &[]string{"a", "b"}},
		"fMethods=qris&fMethods=va":   {FMethods: &[]string{"qris", "va"}},
		"fMethodsJoined=qris,va":      {FMethodsJoined: &[]string{"qris", "va"}},
		"fReferred=card":              {FReferred: &[]string{"card"}},
		"fShared=at the path":         {FShared: plugipay.Ptr("at the path")},
		"status=on_hold":              {Status: plugipay.Ptr(plugipay.CheckoutSessionStatusOnHold)},
		"fDeep[gte]=2026&fDeep[lt]=9": {FDeep: deep("2026", "9")},
	} {
		p.FRequired = "always"
		wanted, err := url.ParseQuery(want + "&fRequired=always")
		if err != nil {
			t.Fatal(err)
		}
		c, last := client(t, emptyPage)
		if _, err := c.CheckoutSessions.List(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(last.query, wanted) || last.header.Get("X-Region") != "" {
			t.Errorf("the query is %v, want %v", last.query, wanted)
		}
	}
}

// deep returns the filter fDeep. Its type has no name.
func deep(gte, lt string) (filter *struct {
	Gte *string `json:"gte,omitempty"`
	Lt  *string `json:"lt,omitempty"`
}) {
	if err := json.Unmarshal([]byte(`{"gte":"`+gte+`","lt":"`+lt+`"}`), &filter); err != nil {
		panic(err)
	}
	return filter
}

func TestList_SendsAHeaderParameter(t *testing.T) {
	t.Parallel()
	c, last := client(t, emptyPage)
	if _, err := c.CheckoutSessions.List(t.Context(), plugipay.CheckoutSessionListParams{XRegion: plugipay.Ptr("java")}); err != nil {
		t.Fatal(err)
	}
	if last.header.Get("X-Region") != "java" {
		t.Errorf("headers are %v", last.header)
	}
}

// session returns a response with a session that has additional properties.
func session(properties string) string {
	return `{"data":{"id":"cs_1","status":"open","methods":[],"lineItems":[],"metadata":null` + properties +
		`},"error":null,"meta":{"requestId":"req_1","timestamp":"2026-01-01T00:00:00Z"}}`
}

// TestSession_KeepsEachProperty decodes a property and encodes the session again.
func TestSession_KeepsEachProperty(t *testing.T) {
	t.Parallel()
	text := `"2026-02-28"`
	for name, value := range map[string]string{
		"wasDate": text, "wasTime": text, "wasUuid": text, "wasEmail": text, "wasUri": text, "wasDuration": text, "wasBinary": text,
		"wasByte": text, "wasAddress": text, "wasDecimal": `"0.10"`, "wasFlag": "false", "wasInt": "0", "wasLong": "9007199254740993",
		"wasNumber": "1234567.891", "wasDouble": "1234567.891",
		"nullDate": text, "nullTime": text, "nullUuid": text, "nullEmail": text, "nullUri": text, "nullDuration": text, "nullBinary": text,
		"nullByte": text, "nullAddress": text, "nullDecimal": `"0.10"`, "nullFlag": "false", "nullInt": "0", "nullLong": "9007199254740993",
		"nullNumber": "1234567.891", "nullNested": `{"leaf":"a"}`, "nullTags": `["a"]`, "nullLabels": `{"a":"b"}`, "nullReference": `{"id":"cus_1"}`,
		"nullMerged": `{"a":"b"}`, "nullEither": `"a"`, "nullStars": "2",
		"tagsOrNull": `["a",null]`, "labelsOrNull": `{"a":null}`,
		"wasFloat": "1234567.891", "wasSmall": "-7", "wasAny": `{"a":[1]}`, "wasObject": `{"a":[1]}`, "wasConst": `"a"`, "wasDefault": `"b"`,
		"wasDeprecated": text, "wasReadOnly": text, "wasClosed": `{"a":"b"}`, "objects": `[{"a":"b"}]`, "grid": "[[1],[]]",
		"byName": `{"a":{"id":"cus_1"}}`, "anyOfTwo": `{"a":"b"}`,
		"nested": `{"inner":{"leaf":"a"}}`, "tags": `["a","b"]`, "labels": `{"a":"b"}`, "merged": `{"a":"b","b":1}`, "either": "7",
		"channel": `"shop"`, "device": `"desk"`, "spot": `"there"`, "symbol": `"1/2"`, "stars": "2", "mood": `"bad"`, "level": "1",
		"tree": `{"children":[{"children":[{"name":"leaf"}]}],"name":"root"}`,
	} {
		if got := read(t, session(`,"`+name+`":`+value))[name]; got == nil || string(got) != value {
			t.Errorf("%s is %s, want %s", name, got, value)
		}
	}
}

// TestSession_NullIsAbsent checks that a null or absent property becomes nil.
func TestSession_NullIsAbsent(t *testing.T) {
	t.Parallel()
	properties := 0
	for _, field := range reflect.VisibleFields(reflect.TypeFor[plugipay.CheckoutSession]()) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if !strings.HasPrefix(name, "null") && name != "device" && name != "mood" && name != "spot" {
			continue
		}
		properties++
		for _, response := range []string{session(`,"` + name + `":null`), session("")} {
			c, _ := client(t, response)
			got, err := c.CheckoutSessions.Get(t.Context(), "cs_1")
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if value := reflect.ValueOf(*got).FieldByIndex(field.Index); !value.IsNil() {
				t.Errorf("%s is %v, want nil", name, value)
			}
			if kept, ok := marshal(t, got)[name]; ok {
				t.Errorf("%s is encoded as %s, want it to be absent", name, kept)
			}
		}
	}
	if properties < 20 {
		t.Errorf("%d properties may be null, want at least 20", properties)
	}
}

// read gets the session of a response and returns its properties.
func read(t *testing.T, response string) map[string]json.RawMessage {
	t.Helper()
	c, _ := client(t, response)
	got, err := c.CheckoutSessions.Get(t.Context(), "cs_1")
	if err != nil {
		t.Fatalf("%s: %v", response, err)
	}
	return marshal(t, got)
}

func marshal(t *testing.T, value any) (properties map[string]json.RawMessage) {
	t.Helper()
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, &properties)
	}
	if err != nil {
		t.Fatal(err)
	}
	return properties
}

// TestCreate_SendsNilAsTheContractSays checks that nil is omitted, or sent as null with x-omitempty: false.
func TestCreate_SendsNilAsTheContractSays(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in                   plugipay.CheckoutSessionCreateInput
		inText, inNull, sent string
	}{
		{plugipay.CheckoutSessionCreateInput{}, "", "", "null"},
		{plugipay.CheckoutSessionCreateInput{InText: plugipay.Ptr(""), InNull: plugipay.Ptr("a"), InSent: plugipay.Ptr("b")}, `""`, `"a"`, `"b"`},
	} {
		c, last := client(t, session(""))
		if _, err := c.CheckoutSessions.Create(t.Context(), tt.in); err != nil {
			t.Fatal(err)
		}
		got := marshal(t, json.RawMessage(last.body))
		if string(got["inText"]) != tt.inText || string(got["inNull"]) != tt.inNull || string(got["inSent"]) != tt.sent {
			t.Errorf("the body is %s, want inText %s, inNull %s and inSent %s", last.body, tt.inText, tt.inNull, tt.sent)
		}
	}
}

func TestEnumerations_HaveTheValueOfTheirName(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ got, want any }{
		{plugipay.CheckoutSessionStatusPending, "pending"},
		{plugipay.CheckoutSessionStatusOnHold, "on_hold"},
		{plugipay.CheckoutSessionStatusPendingReview, "pending_review"},
		{plugipay.CheckoutSessionStatusCompleted, "completed"},
		{plugipay.CheckoutSessionChannelShop, plugipay.CheckoutSessionChannel("shop")},
		{plugipay.CheckoutSessionDeviceDesk, plugipay.CheckoutSessionDevice("desk")},
		{plugipay.CheckoutSessionSpotHere, plugipay.CheckoutSessionSpot("here")},
		{plugipay.CheckoutSessionSpotThere, plugipay.CheckoutSessionSpot("there")},
		{plugipay.SymbolPlus, plugipay.Symbol("+")},
		{plugipay.SymbolMinus, plugipay.Symbol("minus")},
		{plugipay.MoodBad, plugipay.Mood("bad")},
		{plugipay.LevelHigh, plugipay.Level(2)},
		{gen.LevelHigh, gen.Level(2)},
		{plugipay.UmbrellaStateDone, plugipay.UmbrellaState("done")},
		{plugipay.Moods(), []plugipay.Mood{"good", "bad"}},
		{plugipay.Levels(), []plugipay.Level{1, 2}},
		{plugipay.CheckoutSessionStatuses()[:4], []string{"open", "pending", "on_hold", "pending_review"}},
	} {
		if !reflect.DeepEqual(tt.got, tt.want) {
			t.Errorf("got %v, want %v", tt.got, tt.want)
		}
	}
}

func TestOperations_SendWhatTheContractSays(t *testing.T) {
	t.Parallel()
	const multipart = "--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\ncontent\r\n--x--\r\n"
	type operation = func(context.Context, *gen.Client) (*http.Response, error)
	for name, tt := range map[string]struct {
		call operation
		want request
	}{
		"two path parameters": {func(ctx context.Context, c *gen.Client) (*http.Response, error) { return c.TwoThings(ctx, "a/b", "c") },
			request{method: "POST", path: "/api/v1/two/a%2Fb/c"}},
		"an integer in the path": {func(ctx context.Context, c *gen.Client) (*http.Response, error) { return c.NumberThing(ctx, -7) },
			request{method: "POST", path: "/api/v1/numbered/-7"}},
		"a uuid in the path": {func(ctx context.Context, c *gen.Client) (*http.Response, error) { return c.UniqueThing(ctx, "7f8d-1c") },
			request{method: "POST", path: "/api/v1/unique/7f8d-1c"}},
		"a parameter at path level": {func(ctx context.Context, c *gen.Client) (*http.Response, error) { return c.ShareThing(ctx, "a") },
			request{method: "POST", path: "/api/v1/shared/a"}},
		"an integer and a uuid at path level": {func(ctx context.Context, c *gen.Client) (*http.Response, error) { return c.ShareNumber(ctx, 7, "7f8d") },
			request{method: "POST", path: "/api/v1/shared/7/7f8d"}},
		"a query and a header of a write": {func(ctx context.Context, c *gen.Client) (*http.Response, error) {
			return c.SteerThing(ctx, &gen.SteerThingParams{DryRun: plugipay.Ptr(true), XTrace: plugipay.Ptr(7)})
		}, request{method: "POST", path: "/api/v1/steered", query: url.Values{"dryRun": {"true"}}, header: http.Header{"X-Trace": {"7"}}}},
		"an optional body": {func(ctx context.Context, c *gen.Client) (*http.Response, error) {
			return c.OptionalBody(ctx, gen.OptionalBodyJSONRequestBody{Reason: plugipay.Ptr("a")})
		}, request{method: "POST", path: "/api/v1/optional", contentType: "application/json", body: `{"reason":"a"}`}},
		"an optional body that is not sent": {func(ctx context.Context, c *gen.Client) (*http.Response, error) {
			return c.OptionalBodyWithBody(ctx, "application/json", nil)
		}, request{method: "POST", path: "/api/v1/optional", contentType: "application/json"}},
		"multipart": {func(ctx context.Context, c *gen.Client) (*http.Response, error) {
			return c.UploadThingWithBody(ctx, "multipart/form-data; boundary=x", strings.NewReader(multipart))
		}, request{method: "POST", path: "/api/v1/upload", contentType: "multipart/form-data; boundary=x", body: multipart}},
		"a form": {func(ctx context.Context, c *gen.Client) (*http.Response, error) {
			return c.FormThingWithFormdataBody(ctx, gen.FormThingFormdataRequestBody{Name: plugipay.Ptr("a b")})
		}, request{method: "POST", path: "/api/v1/form", contentType: "application/x-www-form-urlencoded", body: "name=a+b"}},
		"an octet-stream": {func(ctx context.Context, c *gen.Client) (*http.Response, error) {
			return c.StreamThingWithBody(ctx, "application/octet-stream", strings.NewReader("\x00\x01"))
		}, request{method: "POST", path: "/api/v1/stream", contentType: "application/octet-stream", body: "\x00\x01"}},
		"a second list": {func(ctx context.Context, c *gen.Client) (*http.Response, error) {
			return c.ListCheckoutSessionPayments(ctx, "cs_1", &gen.ListCheckoutSessionPaymentsParams{Limit: plugipay.Ptr(2)})
		}, request{method: "GET", path: "/api/v1/checkout-sessions/cs_1/payments", query: url.Values{"limit": {"2"}}}},
		"list of a new resource": {func(ctx context.Context, c *gen.Client) (*http.Response, error) {
			return c.ListUmbrellas(ctx, &gen.ListUmbrellasParams{State: plugipay.Ptr("done")})
		}, request{method: "GET", path: "/api/v1/umbrellas", query: url.Values{"state": {"done"}}}},
		"create of a new resource": {func(ctx context.Context, c *gen.Client) (*http.Response, error) {
			return c.CreateUmbrella(ctx, &gen.CreateUmbrellaParams{IdempotencyKey: "idem_1"}, gen.CreateUmbrellaJSONRequestBody{SessionID: "cs_1"})
		}, request{method: "POST", path: "/api/v1/umbrellas", contentType: "application/json", body: `{"sessionId":"cs_1"}`,
			header: http.Header{"Idempotency-Key": {"idem_1"}}}},
		"get of a new resource": {func(ctx context.Context, c *gen.Client) (*http.Response, error) { return c.GetUmbrella(ctx, "um_1") },
			request{method: "GET", path: "/api/v1/umbrellas/um_1"}},
	} {
		server, last := serve(t, "application/json", "{}")
		c, err := gen.NewClient(server)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := tt.call(t.Context(), c)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_ = resp.Body.Close()
		if last.method != tt.want.method || last.path != tt.want.path || last.query.Encode() != tt.want.query.Encode() ||
			last.contentType != tt.want.contentType || last.body != tt.want.body {
			t.Errorf("%s: the request is %+v, want %+v", name, last, tt.want)
		}
		for header, values := range tt.want.header {
			if !slices.Equal(last.header[header], values) {
				t.Errorf("%s: header %s is %q, want %q", name, header, last.header[header], values)
			}
		}
	}
}

func TestOperations_ReturnAnyBodyUnchanged(t *testing.T) {
	t.Parallel()
	for contentType, call := range map[string]func(context.Context, *gen.Client) (*http.Response, error){
		"text/csv":        func(ctx context.Context, c *gen.Client) (*http.Response, error) { return c.ExportThings(ctx) },
		"application/pdf": func(ctx context.Context, c *gen.Client) (*http.Response, error) { return c.PrintThing(ctx) },
	} {
		server, _ := serve(t, contentType, "a,b\x00\xff")
		c, err := gen.NewClient(server)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := call(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || string(body) != "a,b\x00\xff" || resp.Header.Get("Content-Type") != contentType {
			t.Errorf("%s: the body is %q as %s, error %v", contentType, body, resp.Header.Get("Content-Type"), err)
		}
	}
}
