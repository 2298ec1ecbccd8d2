package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/stripe/stripe-go/v85"
)

// stripeClient is stripe-go. It creates, gets and lists checkout sessions of Stripe, with the size and, where possible, the
// content of Plugipay's sessions. It does not sign. Its body is a form.
type stripeClient struct {
	*stripe.Client
	input *stripe.CheckoutSessionCreateParams
}

const stripePath = "/v1/checkout/sessions"

func newStripe(baseURL string, transport http.RoundTripper) (client, error) {
	config := &stripe.BackendConfig{URL: &baseURL, EnableTelemetry: stripe.Bool(false)}
	if transport != nil {
		// It has no Timeout, for the same reason as naive.
		config.HTTPClient = &http.Client{Transport: transport}
	}
	backends := stripe.NewBackendsWithConfig(config)
	return &stripeClient{stripe.NewClient("sk_test_123", stripe.WithBackends(backends)), stripeInput()}, nil
}

// stripeInput returns createInput in the form of Stripe.
func stripeInput() *stripe.CheckoutSessionCreateParams {
	return &stripe.CheckoutSessionCreateParams{
		CancelURL:          stripe.String("https://shop.example.com/orders/ord_42/cart"),
		Currency:           stripe.String("idr"),
		Customer:           stripe.String("cus_01J8ZQ5T0M8WJ4B1QJ0M9Y2X7C"),
		ExpiresAt:          stripe.Int64(1790001800),
		LineItems:          []*stripe.CheckoutSessionCreateLineItemParams{stripeItem("Annual Pro plan", 189_000_00), stripeItem("Setup", 10_000_00)},
		Metadata:           map[string]string{"order_id": "ord_42"},
		Mode:               stripe.String("payment"),
		PaymentMethodTypes: stripe.StringSlice([]string{"card", "customer_balance", "paypal"}),
		SuccessURL:         stripe.String("https://shop.example.com/orders/ord_42/thank-you"),
	}
}

func stripeItem(name string, amount int64) *stripe.CheckoutSessionCreateLineItemParams {
	return &stripe.CheckoutSessionCreateLineItemParams{
		Quantity: stripe.Int64(1),
		PriceData: &stripe.CheckoutSessionCreateLineItemPriceDataParams{
			Currency:    stripe.String("idr"),
			UnitAmount:  stripe.Int64(amount),
			ProductData: &stripe.CheckoutSessionCreateLineItemPriceDataProductDataParams{Name: stripe.String(name)},
		},
	}
}

func (c *stripeClient) create(ctx context.Context) (outcome, error) {
	session, err := c.V1CheckoutSessions.Create(ctx, c.input)
	if err != nil {
		return outcome{}, err
	}
	return outcome{session.ID, session.AmountTotal, 1}, nil
}

func (c *stripeClient) get(ctx context.Context, id string) (outcome, error) {
	session, err := c.V1CheckoutSessions.Retrieve(ctx, id, nil)
	if err != nil {
		return outcome{}, err
	}
	return outcome{session.ID, session.AmountTotal, 1}, nil
}

func (c *stripeClient) list(ctx context.Context, limit int) (outcome, error) {
	params := &stripe.CheckoutSessionListParams{}
	params.Limit = stripe.Int64(int64(limit))
	page := c.V1CheckoutSessions.List(ctx, params)
	if err := page.Err(); err != nil {
		return outcome{}, err
	}
	if len(page.Data()) == 0 {
		return outcome{}, nil
	}
	last := page.Data()[len(page.Data())-1]
	return outcome{last.ID, last.AmountTotal, len(page.Data())}, nil
}

// stripeSession returns the nth session in the form of Stripe.
func stripeSession(n, size int) string {
	return padded(size, func(note string) string {
		return fmt.Sprintf(`{"id":%q,"object":"checkout.session","amount_subtotal":%[2]d,"amount_total":%[2]d,`+
			`"cancel_url":"https://shop.example.com/orders/ord_42/cart","created":1790000000,"currency":"idr",`+
			`"customer":"cus_01J8ZQ5T0M8WJ4B1QJ0M9Y2X7C","expires_at":1790001800,"invoice":null,"livemode":false,`+
			`"locale":null,"metadata":{"order_id":"ord_42","note":%[3]q},"mode":"payment","payment_intent":null,`+
			`"payment_method_types":["card","customer_balance","paypal"],"payment_status":"unpaid","status":"open",`+
			`"submit_type":null,"success_url":"https://shop.example.com/orders/ord_42/thank-you",`+
			`"url":"https://checkout.stripe.com/c/pay/%[1]s"}`, nthSessionID(n), sessionAmount+n, note)
	})
}

func stripePage() string {
	return `{"object":"list","url":"` + stripePath + `","has_more":false,"data":[` + join(stripeSession) + `]}`
}
