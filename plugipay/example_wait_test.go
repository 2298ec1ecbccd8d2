package plugipay_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

func ExampleCheckoutSessionsResource_Wait() {
	client, closeSandbox := sandboxClient()
	defer closeSandbox()
	session, err := client.CheckoutSessions.Create(context.Background(), proPlan())
	if err != nil {
		log.Fatal(err)
	}

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	session, err = client.CheckoutSessions.Wait(ctx, session.ID, plugipay.WaitOptions{
		FirstInterval: time.Millisecond, // for this example; the default is 1 second
		OnStatus: func(session *plugipay.CheckoutSession) {
			fmt.Println("status:", session.Status)
			if session.Status == plugipay.CheckoutSessionStatusOpen { // the buyer pays in cash
				if _, err := client.CheckoutSessions.Confirm(ctx, session.ID); err != nil {
					log.Fatal(err)
				}
			}
		},
	})
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		fmt.Println("not paid yet: poll again later")
	case err != nil:
		log.Fatal(err)
	case session.Status == plugipay.CheckoutSessionStatusCompleted:
		fmt.Println("paid", session.Amount, session.Currency)
	default:
		fmt.Println("ended without a payment")
	}
	// Output:
	// status: open
	// status: completed
	// paid 19900000 IDR
}
