// Command standard creates a checkout session with nothing but net/http and encoding/json, unsigned. Its size is what that
// of the program beside it, which does the same with plugipay, is measured by.
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
	var answer struct {
		Data struct {
			HostedURL string `json:"hostedUrl"`
		} `json:"data"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Data.HostedURL)
}
