package plugipay

import (
	"context"
	"fmt"
	"iter"

	"github.com/plugipay/plugipay-go/gen"
)

// All returns an iterator over the sessions of all pages, from the page of params.Cursor on, or from the first page:
//
//	for session, err := range client.CheckoutSessions.All(ctx, params) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(session.ID, session.Amount)
//	}
//
// The iterator lists one page at a time, and never ahead. Ranging over it again lists again. params.Limit is the size of a
// page. The maximum of 100 takes half as many requests as Plugipay's default of 50. params is not changed, and the values
// that it points to must not change during the iteration.
//
// After an error of [CheckoutSessionsResource.List] or of [Pages], the iterator yields an empty session with the error, and
// stops.
func (r *CheckoutSessionsResource) All(ctx context.Context, params CheckoutSessionListParams) iter.Seq2[CheckoutSession, error] {
	return All(func(cursor *string) (Page[CheckoutSession], error) {
		ofPage := params
		if cursor != nil {
			ofPage.Cursor = cursor
		}
		return r.List(ctx, ofPage)
	})
}

// All returns an iterator over the items of all pages of a list. See [Pages] for how it reads pages and how it stops.
func All[T any](list func(cursor *string) (Page[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for page, err := range Pages(list) {
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range page.Data {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}

// Pages returns an iterator over the pages of a list. It calls list with nil for the first page, and with the Cursor of the
// last page for each next one, until a page has HasMore false. It calls list only when the loop asks for a page, and keeps
// one page at most. An empty page may have more pages after it. Ranging again begins with the first page.
//
// If list returns an error, the iterator yields an empty page with the error, and stops. It does the same with an [*Error] of
// the code invalid_response if HasMore is true but the page has no cursor, or the cursor that it was listed with: such a list
// would never end.
func Pages[T any](list func(cursor *string) (Page[T], error)) iter.Seq2[Page[T], error] {
	return func(yield func(Page[T], error) bool) {
		var cursor *string
		for number := 1; ; number++ {
			page, err := list(cursor)
			if err != nil {
				yield(Page[T]{}, err)
				return
			}
			if !yield(page, nil) || !page.HasMore {
				return
			}
			if err := checkNextCursor(number, cursor, page.Cursor); err != nil {
				yield(Page[T]{}, err)
				return
			}
			cursor = page.Cursor
		}
	}
}

// checkNextCursor refuses a missing or repeated cursor. It does not show the cursor, which may contain a customer's id.
func checkNextCursor(page int, used, next *string) error {
	switch {
	case next == nil || *next == "": // would list the first page again
		return invalidResponse(0, fmt.Sprintf("page %d of the list has more pages after it, but no cursor", page), nil)
	case used != nil && *used == *next:
		return invalidResponse(0, fmt.Sprintf("page %d of the list has the cursor it was listed with, so the list would never end", page), nil)
	}
	return nil
}

// Page is one page of a list. While HasMore is true, list again with the Cursor to get the next page.
type Page[T any] struct {
	// Data holds the items in the requested order. It may be empty, and is never nil.
	Data []T `json:"data"`
	// Cursor is the opaque cursor of the next page, nil on the last page. It carries the filters of the request.
	Cursor *string `json:"cursor"`
	// HasMore reports whether there is a next page.
	HasMore bool `json:"hasMore"`
}

// newPage reads the paging of a response in either of its forms.
func newPage[T any](data []T, meta gen.ListMeta) Page[T] {
	page := Page[T]{Data: data, Cursor: meta.Cursor}
	if page.Data == nil {
		page.Data = []T{}
	}
	if page.Cursor == nil && meta.Page != nil {
		page.Cursor = meta.Page.NextCursor
	}
	if page.Cursor != nil && *page.Cursor == "" {
		page.Cursor = nil
	}
	if meta.HasMore != nil {
		page.HasMore = *meta.HasMore
	} else {
		page.HasMore = page.Cursor != nil || meta.Page != nil && meta.Page.HasMore
	}
	return page
}
