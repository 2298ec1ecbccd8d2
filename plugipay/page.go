package plugipay

import (
	"github.com/plugipay/plugipay-go/gen"
)

// Page is a part of a list. To read on, list again with the Cursor while HasMore is true.
type Page[T any] struct {
	// Data holds the items in the order asked for; perhaps none, never nil.
	Data []T `json:"data"`
	// Cursor is what to pass to get the next page, opaque; nil on the last page. It carries the filters of the request.
	Cursor *string `json:"cursor"`
	// HasMore tells whether there is a next page.
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
