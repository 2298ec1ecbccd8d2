// Command standard creates a checkout session with only net/http and encoding/json, without a signature. The size of command
// facade is compared with its size.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
)

func main() {
	body, err := json.Marshal(map[string]any{"amount": 19900000, "currency": "IDR", "methods": []string{"qris"}})
	if err != nil {
		log.Fatal(err)
	}
	resp, err := http.Post("https://plugipay.com/api/v1/checkout-sessions", "application/json", bytes.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	var envelope struct {
		Data struct {
			HostedURL string `json:"hostedUrl"`
		} `json:"data"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&envelope); err != nil {
		log.Fatal(err)
	}
	fmt.Println(envelope.Data.HostedURL)
}
