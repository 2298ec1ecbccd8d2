// Command facade creates a checkout session with plugipay. Its size is compared with the size of command standard.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/plugipay/plugipay-go/plugipay"
)

func main() {
	client, err := plugipay.NewClient(plugipay.ClientOptions{})
	if err != nil {
		log.Fatal(err)
	}
	session, err := client.CheckoutSessions.Create(context.Background(), plugipay.CheckoutSessionCreateInput{
		Amount:   19900000,
		Currency: plugipay.CurrencyIDR,
		Methods:  []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(session.HostedURL)
}
