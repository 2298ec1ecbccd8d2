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

// pagesStub responds with one page after the other. Each page has a different cursor, because a repeated cursor is an error.
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
		Header:     responseHeader,
		Body:       io.NopCloser(bytes.NewReader(content)),
		Request:    r,
	}, nil
}

// heapWhileIterating returns the maximum growth of the heap while plugipay iterates over the pages.
func heapWhileIterating(pages int) (uint64, error) {
	transport := &pagesStub{left: pages, more: []byte(page(true)), last: []byte(page(false))}
	c, err := newPlugipay("https://plugipay.com", transport)
	if err != nil {
		return 0, err
	}
	facade := c.(*plugipayClient)
	before, most := heap(), uint64(0)
	limit, seen := pageSize, 0
	for session, err := range facade.CheckoutSessions.All(context.Background(), plugipay.CheckoutSessionListParams{Limit: &limit}) {
		if err != nil {
			return 0, err
		}
		if seen++; seen%pageSize == 0 { // the last session of a page, when the whole page may be in memory
			most = max(most, heap())
		}
		runtime.KeepAlive(session)
	}
	if seen != pages*pageSize {
		return 0, fmt.Errorf("%d sessions on %d pages", seen, pages)
	}
	return most - min(before, most), nil
}
