package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

const (
	webhookSecret = "whsec_7f8d1c9e4a3b4c569a0e2f1b3c4d5e6f"
	deliveryBytes = 1024
)

const eventID = "evt_01J8ZQ7C6T2V4X6Z8B0D2F4H6J"

// delivery is a webhook delivery and the parts of its signature.
type delivery struct {
	body      []byte
	object    int // the size of the session in it
	header    string
	timestamp string
	signature []byte
}

// newDelivery returns a delivery that is signed now. It is valid for five minutes.
func newDelivery() (delivery, error) {
	event := func(object string) string {
		return `{"id":"` + eventID + `","type":"plugipay.checkout_session.completed.v1",` +
			`"accountId":"acc_01J8ZQ4S9K7T5R3P1N0M8K6J4H","occurredAt":"2026-09-21T14:20:05.000Z",` +
			`"data":{"object":` + object + `}}`
	}
	object := session(0, deliveryBytes-len(event("")))
	d := delivery{body: []byte(event(object)), object: len(object)}
	d.header = plugipay.SignWebhook(d.body, webhookSecret, time.Now())
	timestamp, signature, _ := strings.Cut(d.header, ",v1=")
	d.timestamp = strings.TrimPrefix(timestamp, "t=")
	var err error
	d.signature, err = hex.DecodeString(signature)
	return d, err
}

// verifyByHand does the minimum that a receiver must do. It computes the HMAC, compares it and decodes the event once.
func verifyByHand(d delivery) error {
	mac := hmac.New(sha256.New, []byte(webhookSecret))
	mac.Write([]byte(d.timestamp))
	mac.Write([]byte{'.'})
	mac.Write(d.body)
	if !hmac.Equal(mac.Sum(nil), d.signature) {
		return errors.New("the signature does not match")
	}
	var event struct {
		ID         string `json:"id"`
		Type       string `json:"type"`
		AccountID  string `json:"accountId"`
		OccurredAt string `json:"occurredAt"`
		Data       struct {
			Object json.RawMessage `json:"object"`
		} `json:"data"`
	}
	if err := json.Unmarshal(d.body, &event); err != nil {
		return err
	}
	return checkEvent(d, event.ID, event.Data.Object)
}

func verifyByPlugipay(d delivery) error {
	event, err := plugipay.VerifyWebhook(d.body, d.header, webhookSecret, nil)
	if err != nil {
		return err
	}
	return checkEvent(d, event.ID, event.Data.Object)
}

func checkEvent(d delivery, id string, object json.RawMessage) error {
	if id != eventID || len(object) != d.object {
		return errors.New("the event was not decoded")
	}
	return nil
}

// compareWebhooks measures the verification of a delivery, by hand and with plugipay.
func compareWebhooks(rounds int) ([]result, error) {
	d, err := newDelivery()
	if err != nil {
		return nil, err
	}
	tasks := []task{
		{calls: 8000, run: repeat(func() error { return verifyByHand(d) })},
		{calls: 8000, run: repeat(func() error { return verifyByPlugipay(d) })},
	}
	results := make([]result, len(tasks))
	for i := range tasks {
		if results[i].Memory, err = measureMemory(50, tasks[i].run); err != nil {
			return nil, err
		}
	}
	times, err := measureTimes(processorTime, rounds, tasks)
	for i := range times {
		results[i].Times = times[i]
	}
	return results, err
}
