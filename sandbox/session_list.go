package sandbox

import (
	"iter"
	"sort"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// page returns up to limit sessions, and the query for the next page or nil if there is no next page. A query by status does not
// find sessions that have expired until expiries.expireDue has recorded that.
func (s *sessionStore) page(q listQuery, limit int, now time.Time) ([]gen.CheckoutSession, *listQuery) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	page := []gen.CheckoutSession{}
	var last int
	for found := range s.matching(q, now) {
		if len(page) == limit {
			q.Last = &last
			return page, &q
		}
		page = append(page, found.at(now))
		last = found.number
	}
	return page, nil
}

// matching iterates over the sessions of a query in the query's order. It needs the lock.
func (s *sessionStore) matching(q listQuery, now time.Time) iter.Seq[*session] {
	candidates := s.index.candidates(q)
	first, last := s.bounds(q)
	number, step := last, -1
	find := candidates.previous
	if q.OldestFirst {
		number, step = first, 1
		find = candidates.next
	}
	return func(yield func(*session) bool) {
		for {
			var ok bool
			if number, ok = find(number); !ok || number < first || number > last {
				return
			}
			if found := s.at(number); found.matches(q, now) && !yield(found) {
				return
			}
			number += step
		}
	}
}

// bounds returns the first and the last sequence number that a session of a query may have. It needs the lock.
func (s *sessionStore) bounds(q listQuery) (first, last int) {
	first, last = s.first, s.first+len(s.slots)-1
	if q.CreatedAfter != nil {
		first += sort.Search(len(s.slots), func(i int) bool { return s.slots[i].created().After(*q.CreatedAfter) })
	}
	if q.CreatedBefore != nil {
		last = s.first - 1 + sort.Search(len(s.slots), func(i int) bool {
			return !s.slots[i].created().Before(*q.CreatedBefore)
		})
	}
	switch {
	case q.Last != nil && q.OldestFirst:
		first = max(first, *q.Last+1)
	case q.Last != nil:
		last = min(last, *q.Last-1)
	}
	return first, last
}

func (s *session) matches(q listQuery, now time.Time) bool {
	if q.Status != "" && s.statusAt(now) != q.Status {
		return false
	}
	return q.CustomerID == "" || s.fixed.CustomerID != nil && *s.fixed.CustomerID == q.CustomerID
}
