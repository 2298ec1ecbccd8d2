package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"

	"github.com/plugipay/plugipay-go/plugipay"
)

// pagesStub answers with a page each time, until there are no more. Each has a cursor of its own, or it would be the same
// page again.
type pagesStub struct {
	left       int
	more, last []byte
}

func (s *pagesStub) RoundTrip(r *http.Request) (*http.Response, error) {
	content := bytes.Replace(s.more, []byte(`"cursor":"`), fmt.Appendf(nil, `"cursor":"%d_`, s.left), 1)
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
	limit, seen := pageSize, 0
	for session, err := range facade.CheckoutSessions.All(context.Background(), plugipay.CheckoutSessionListParams{Limit: &limit}) {
		if err != nil {
			return 0, err
		}
		if seen++; seen%pageSize == 0 { // the page's last, so that all of it may be held
			most = max(most, heap())
		}
		runtime.KeepAlive(session)
	}
	if seen != pages*pageSize {
		return 0, fmt.Errorf("%d sessions on %d pages", seen, pages)
	}
	return most - min(before, most), nil
}
