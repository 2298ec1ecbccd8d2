package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"runtime"

	"github.com/plugipay/plugipay-go/plugipay"
)

// pagesStub answers with a page each time, until there are no more.
type pagesStub struct {
	left       int
	more, last []byte
}

func (s *pagesStub) RoundTrip(r *http.Request) (*http.Response, error) {
	content := s.more
	if s.left--; s.left <= 0 {
		content = s.last
	}
	return &http.Response{
		StatusCode: http.StatusOK,
		Header:     answerHeader,
		Body:       io.NopCloser(bytes.NewReader(content)),
		Request:    r,
	}, nil
}

// heldWhileIterating returns how much more the heap holds, at the most, while a user of ours goes through the pages.
func heldWhileIterating(pages int) (uint64, error) {
	transport := &pagesStub{left: pages, more: []byte(page(true)), last: []byte(page(false))}
	c, err := newOurs("https://plugipay.com", transport)
	if err != nil {
		return 0, err
	}
	facade := c.(*ours)
	before, most := heap(), uint64(0)
	limit := pageSize
	params := plugipay.CheckoutSessionListParams{Limit: &limit}
	for {
		got, err := facade.CheckoutSessions.List(context.Background(), params)
		if err != nil {
			return 0, err
		}
		most = max(most, heap())
		runtime.KeepAlive(got)
		if !got.HasMore {
			break
		}
		params.Cursor = got.Cursor
	}
	return most - min(before, most), nil
}
