package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/midtrans/midtrans-go"
	"github.com/midtrans/midtrans-go/coreapi"
	"github.com/midtrans/midtrans-go/snap"
)

// midtransClient is midtrans-go, the client of another Indonesian payment provider. CreateTransaction of Snap creates a hosted
// payment, and CheckTransaction reads it. midtrans-go does not sign, takes no context and has no list. Its responses have a
// fifth of the size.
type midtransClient struct {
	snap  snap.Client
	core  coreapi.Client
	input *snap.Request
}

const (
	midtransCreatePath = "/snap/v1/transactions"
	midtransGetPath    = "/v2/" + sessionID
)

func newMidtrans(baseURL string, transport http.RoundTripper) (client, error) {
	base, err := url.Parse(baseURL)
	if err != nil {
		return nil, err
	}
	if transport == nil {
		transport = http.DefaultTransport
	}
	c := &midtransClient{input: midtransInput()}
	c.snap.New("SB-Mid-server-123", midtrans.Production) // the other environment logs every request
	c.core.New("SB-Mid-server-123", midtrans.Production)
	sender := &midtrans.HttpClientImplementation{
		HttpClient: &http.Client{Transport: redirectTo{base, transport}},
		Logger:     midtrans.GetDefaultLogger(midtrans.Production),
	}
	c.snap.HttpClient, c.core.HttpClient = sender, sender
	return c, nil
}

// redirectTo sends requests to the server of the comparison, because midtrans-go has no option for the URL of the server.
type redirectTo struct {
	base *url.URL
	next http.RoundTripper
}

func (t redirectTo) RoundTrip(r *http.Request) (*http.Response, error) {
	r.URL.Scheme, r.URL.Host = t.base.Scheme, t.base.Host
	return t.next.RoundTrip(r)
}

// midtransInput returns createInput in the form of Midtrans.
func midtransInput() *snap.Request {
	return &snap.Request{
		TransactionDetails: midtrans.TransactionDetails{OrderID: sessionID, GrossAmt: sessionAmount},
		Items: &[]midtrans.ItemDetails{
			{Name: "Annual Pro plan", Qty: 1, Price: 189_000_00},
			{Name: "Setup", Qty: 1, Price: 10_000_00},
		},
		EnabledPayments: []snap.SnapPaymentType{snap.PaymentTypeGopay, snap.PaymentTypeBCAVA},
		Expiry:          &snap.ExpiryDetails{Duration: 30, Unit: "minute"},
		CustomField1:    "ord_42",
		CustomField2:    strings.Repeat("n", 100),
	}
}

func (c *midtransClient) create(context.Context) (outcome, error) {
	created, failed := c.snap.CreateTransaction(c.input)
	if failed != nil {
		return outcome{}, failed
	}
	return outcome{created.Token, c.input.TransactionDetails.GrossAmt, 1}, nil
}

func (c *midtransClient) get(_ context.Context, id string) (outcome, error) {
	status, failed := c.core.CheckTransaction(id)
	if failed != nil {
		return outcome{}, failed
	}
	whole, _, _ := strings.Cut(status.GrossAmount, ".")
	amount, err := strconv.ParseInt(whole, 10, 64)
	return outcome{status.OrderID, amount, 1}, err
}

func (*midtransClient) list(context.Context, int) (outcome, error) {
	return outcome{}, errors.New("midtrans-go has no list")
}

func midtransCreated() string {
	return `{"token":"` + sessionID + `","redirect_url":"https://app.midtrans.com/snap/v4/redirection/` + sessionID + `"}`
}

func midtransStatus() string {
	return `{"order_id":"` + sessionID + `","gross_amount":"19900000.00","status_code":"200","transaction_status":"pending",` +
		`"payment_type":"gopay","currency":"IDR","transaction_time":"2026-09-21 21:13:20"}`
}
