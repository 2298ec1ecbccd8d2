package main

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/plugipay/plugipay-go/plugipay"
)

// product is something to buy. A price is in the currency's smallest unit.
type product struct {
	ID, Name string
	Price    int64
}

const (
	currency    = plugipay.CurrencyIDR
	maxQuantity = 99 // of a product, in a cart
)

// catalog holds the products of the shop. Plugipay's guide counts hundredths of a rupiah, and other sources count whole rupiah:
// look at a session in test mode on its hosted page before you set your prices.
var catalog = []product{
	{"kopi", "Kopi susu, 1 liter", 85_000_00},
	{"teh", "Teh melati, 100 g", 42_500_00},
	{"gula", "Gula aren, 500 g", 38_000_00},
}

// cart holds the products that a buyer pays for.
type cart []plugipay.CheckoutSessionLineItem

// cartOf reads the quantities of a form. It takes nothing else from the buyer: the prices are the catalog's.
func cartOf(r *http.Request) (c cart) {
	for _, p := range catalog {
		if n, err := strconv.ParseInt(r.PostFormValue(p.ID), 10, 64); err == nil && n > 0 && n <= maxQuantity {
			c = append(c, plugipay.CheckoutSessionLineItem{Name: p.Name, Quantity: n, UnitAmount: p.Price})
		}
	}
	return c
}

func (c cart) total() (amount int64) {
	for _, line := range c {
		amount += line.Quantity * line.UnitAmount
	}
	return amount
}

func (c cart) json() string {
	text, _ := json.Marshal(c) // cannot fail for text and numbers
	return string(text)
}
