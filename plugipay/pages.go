package plugipay

import (
	"context"
	"fmt"
	"iter"

	"github.com/plugipay/plugipay-go/gen"
)

// All returns an iterator over the sessions of all pages, from the page of params.Cursor on, or else from the first:
//
//	for session, err := range client.CheckoutSessions.All(ctx, params) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(session.ID, session.Amount)
//	}
//
// It lists when it is ranged over, a page at a time and never ahead. Ranging over it again lists again. params are sent
// as they are: their Limit is the size of a page, so 100, which is the most, takes half as many requests as Plugipay's
// default of 50. They are not changed, and what they point to must not change while they are in use.
//
// When a page cannot be listed, the error of [CheckoutSessionsResource.List] comes with an empty session, and nothing
// after it; the same goes for the errors of [Pages].
func (r *CheckoutSessionsResource) All(ctx context.Context, params CheckoutSessionListParams) iter.Seq2[CheckoutSession, error] {
	return All(func(cursor *string) (Page[CheckoutSession], error) {
		ofPage := params
		if cursor != nil {
			ofPage.Cursor = cursor
		}
		return r.List(ctx, ofPage)
	})
}

// All returns an iterator over the items of all pages of a list; see [Pages] for how it reads them and how it ends.
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

// Pages returns an iterator over the pages of a list. It calls list with nil for the first page, and with the Cursor of each
// page for the next one when that is asked for, until a page has HasMore false. Ranging over it again begins with the first
// page. Pages may be empty and have more pages after them. It keeps no page once the loop asks for the next.
//
// An error that list returns comes with an empty page, and nothing after it. So does an [*Error] whose code is
// invalid_response when a page has more pages after it but no cursor, or the cursor that the page was listed with: the list
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

// checkNextCursor refuses a cursor that leads nowhere. It does not show the cursor, which may hold a customer's id.
func checkNextCursor(page int, used, next *string) error {
	switch {
	case next == nil || *next == "": // the first page again
		return invalidResponse(0, fmt.Sprintf("page %d of the list has more pages after it, but no cursor", page), nil)
	case used != nil && *used == *next:
		return invalidResponse(0, fmt.Sprintf("page %d of the list has the cursor it was listed with, so the list would never end", page), nil)
	}
	return nil
}

// Page is a part of a list. To read on, list again with the Cursor while HasMore is true.
type Page[T any] struct {
	// Data holds the items in the order asked for; perhaps none, never nil.
	Data []T `json:"data"`
	// Cursor is what to pass to get the next page, opaque; nil on the last page. It carries the filters of the request.
	Cursor *string `json:"cursor"`
	// HasMore reports whether there is a next page.
	HasMore bool `json:"hasMore"`
}

// newPage reads the paging of a list's answer in either of its forms.
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
