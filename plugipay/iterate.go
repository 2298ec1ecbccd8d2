package plugipay

import (
	"context"
	"fmt"
	"iter"
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
// It lists when it is ranged over, a page at a time and never ahead, and ranging over it again lists anew. params are sent
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

// Pages returns an iterator over the pages of a list. It calls list with nil for the first page and with the Cursor of
// each page for the next, when that is asked for and not before, until a page has HasMore false. Ranging over it again
// begins anew. Pages may be empty and have more behind them. It keeps no page once the loop asks for the next.
//
// An error that list returns comes with an empty page, and nothing after it. So does an [*Error] whose code is
// invalid_response when a page has more behind it but no cursor, or when the list goes round: when a cursor comes back
// that was used before. One that comes back at once is seen at once. A longer round is seen before three times as many
// pages were listed as there are, and until then its items come again.
func Pages[T any](list func(cursor *string) (Page[T], error)) iter.Seq2[Page[T], error] {
	return func(yield func(Page[T], error) bool) {
		pages := pageReader[T]{list: list}
		for pages.next(yield) {
		}
	}
}

// pageReader goes through a list. It holds no page, only the way to the next one.
type pageReader[T any] struct {
	list   func(cursor *string) (Page[T], error)
	cursor *string // of the next page; nil for the first
	count  int     // of the pages so far
	round  round
}

// next lists a page and yields it. It tells whether there is to be another one.
func (r *pageReader[T]) next(yield func(Page[T], error) bool) bool {
	page, err := r.list(r.cursor)
	if err != nil {
		yield(Page[T]{}, err)
		return false
	}
	r.count++
	if !yield(page, nil) || !page.HasMore {
		return false
	}
	if problem := r.follow(page.Cursor); problem != "" {
		yield(Page[T]{}, invalidResponse(0, fmt.Sprintf("page %d of the list %s", r.count, problem), nil))
		return false
	}
	return true
}

// follow takes a page's cursor as the way to the next one. It returns what is wrong with it; empty for nothing. The cursor
// itself is not told, as it may hold a customer's id.
func (r *pageReader[T]) follow(cursor *string) string {
	switch {
	case cursor == nil || *cursor == "": // which would be the way to the first page
		return "has more behind it, but no cursor to get that by"
	case r.cursor != nil && *r.cursor == *cursor, r.round.closedBy(*cursor):
		return "has a cursor that was used before, so the list would never end"
	}
	r.cursor = cursor
	return ""
}

// round finds out whether a row of cursors has begun to repeat itself, and keeps no more than one of them, however long
// the row is: the latest whose number is a power of two. Once that lies in the part that repeats itself, and the part is
// no longer than the way to the next power, it comes by again. (R. P. Brent's algorithm.)
type round struct {
	kept  string // empty, as no cursor is, before the first
	count int    // of the cursors so far
}

// closedBy tells whether the next cursor is the kept one.
func (r *round) closedBy(cursor string) bool {
	if cursor == r.kept {
		return true
	}
	r.count++
	if r.count&(r.count-1) == 0 { // a power of two
		r.kept = cursor
	}
	return false
}
