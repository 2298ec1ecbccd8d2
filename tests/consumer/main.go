// Shop creates a checkout session and prints where to pay it.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	client, err := plugipay.NewClient(plugipay.ClientOptions{})
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return sell(ctx, client)
}

func sell(ctx context.Context, client *plugipay.Client) error {
	session, err := client.CheckoutSessions.Create(ctx, plugipay.CheckoutSessionCreateInput{
		Amount:     199_000_00,
		Currency:   plugipay.CurrencyIDR,
		Methods:    []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS},
		SuccessURL: "https://shop.example.com/thank-you",
		CancelURL:  "https://shop.example.com/cart",
	})
	if err != nil {
		return err
	}
	fmt.Println("pay", session.Amount, session.Currency, "at", session.HostedURL)
	return nil
}
