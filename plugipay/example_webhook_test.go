package plugipay_test

import (
	"fmt"
	"log"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

const paidEvent = `{
	"id": "evt_01J8ZQ6A4R0S2T4V6X8Z0B2D4F",
	"type": "plugipay.checkout_session.completed.v1",
	"accountId": "acc_01J8ZQ4S9K7T5R3P1N0M8K6J4H",
	"occurredAt": "2026-09-21T14:13:20Z",
	"data": {"object": {"id": "cs_01HX", "amount": 19900000, "currency": "IDR", "metadata": {"order_id": "ord_42"}}}
}`

func ExampleSignWebhook() {
	// A test signs a delivery in the same way as Plugipay.
	header := plugipay.SignWebhook([]byte(paidEvent), "whsec_test_gamma", time.Unix(1_790_000_000, 0))
	fmt.Println("X-Plugipay-Signature:", header)
	// Output: X-Plugipay-Signature: t=1790000000,v1=25d6f58953e11659632dac026aedbe0bb4362d9f09026c7886852604631a65ae
}

func ExampleVerifyWebhookSignature() {
	header := plugipay.SignWebhook([]byte(paidEvent), "whsec_test_gamma", time.Now())
	fmt.Println(plugipay.VerifyWebhookSignature([]byte(paidEvent), header, "whsec_test_gamma", nil))
	fmt.Println(plugipay.VerifyWebhookSignature([]byte(paidEvent), header, "whsec_of_another", nil))
	// Output:
	// true
	// false
}

func ExampleWebhookEvent_CheckoutSession() {
	header := plugipay.SignWebhook([]byte(paidEvent), "whsec_test_gamma", time.Now())
	event, err := plugipay.VerifyWebhook([]byte(paidEvent), header, "whsec_test_gamma", nil)
	if err != nil {
		log.Fatal(err)
	}
	session, err := event.CheckoutSession()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(event.Name(), session.Metadata["order_id"], session.Amount, session.Currency)
	// Output: checkout_session.completed ord_42 19900000 IDR
}
