package sandbox

import (
	"slices"

	"github.com/plugipay/plugipay-go/gen"
)

// sessionIndex finds the sequence numbers of sessions by the filters of lists.
type sessionIndex struct {
	all        numberSet
	byStatus   map[gen.CheckoutSessionStatus]*numberSet
	byCustomer map[string]*numberList
}

func newSessionIndex() sessionIndex {
	return sessionIndex{
		byStatus:   map[gen.CheckoutSessionStatus]*numberSet{},
		byCustomer: map[string]*numberList{},
	}
}

// sequence is a set of numbers that can be read in both directions.
type sequence interface {
	next(n int) (int, bool)     // the smallest number that is n or more
	previous(n int) (int, bool) // the largest number that is n or less
}

// candidates returns numbers that include the numbers of all sessions of a query.
func (x *sessionIndex) candidates(q listQuery) sequence {
	switch {
	case q.CustomerID != "":
		if found, ok := x.byCustomer[q.CustomerID]; ok {
			return found
		}
		return &numberList{}
	case q.Status != "":
		return x.status(q.Status)
	}
	return &x.all
}

func (x *sessionIndex) status(status gen.CheckoutSessionStatus) *numberSet {
	found, ok := x.byStatus[status]
	if !ok {
		return &numberSet{}
	}
	return found
}

func (x *sessionIndex) add(number int, added *session) {
	x.all.add(number)
	x.addStatus(number, added.status)
	if customer := added.fixed.CustomerID; customer != nil {
		list, ok := x.byCustomer[*customer]
		if !ok {
			list = &numberList{}
			x.byCustomer[*customer] = list
		}
		list.add(number)
	}
}

func (x *sessionIndex) addStatus(number int, status gen.CheckoutSessionStatus) {
	set, ok := x.byStatus[status]
	if !ok {
		set = &numberSet{base: x.all.base}
		x.byStatus[status] = set
	}
	set.add(number)
}

func (x *sessionIndex) changeStatus(number int, from, to gen.CheckoutSessionStatus) {
	if from != to {
		x.status(from).remove(number)
		x.addStatus(number, to)
	}
}

func (x *sessionIndex) remove(number int, removed *session) {
	x.all.remove(number)
	x.status(removed.status).remove(number)
	if customer := removed.fixed.CustomerID; customer != nil {
		if list, ok := x.byCustomer[*customer]; ok && list.remove(number) {
			delete(x.byCustomer, *customer)
		}
	}
}

func (x *sessionIndex) forgetBefore(number int) {
	x.all.forgetBefore(number)
	for _, set := range x.byStatus {
		set.forgetBefore(number)
	}
}

// oldestToForget returns the number of the oldest session that has ended, or of the oldest session if none has ended.
func (x *sessionIndex) oldestToForget() (int, bool) {
	oldest, found := 0, false
	for status, set := range x.byStatus {
		if n, ok := set.next(0); ok && hasEnded(status) && (!found || n < oldest) {
			oldest, found = n, true
		}
	}
	if found {
		return oldest, true
	}
	return x.all.next(0)
}

// numberList is a short list of numbers in ascending order.
type numberList struct{ numbers []int }

// add appends a number. It must be larger than all numbers in the list.
func (l *numberList) add(n int) { l.numbers = append(l.numbers, n) }

// remove removes a number, and reports whether the list is empty afterwards.
func (l *numberList) remove(n int) (empty bool) {
	switch i, found := slices.BinarySearch(l.numbers, n); {
	case found && i == 0:
		l.numbers = l.numbers[1:]
	case found:
		l.numbers = slices.Delete(l.numbers, i, i+1)
	}
	return len(l.numbers) == 0
}

func (l *numberList) next(n int) (int, bool) {
	i, _ := slices.BinarySearch(l.numbers, n)
	if i == len(l.numbers) {
		return 0, false
	}
	return l.numbers[i], true
}

func (l *numberList) previous(n int) (int, bool) {
	i, found := slices.BinarySearch(l.numbers, n)
	if found {
		return n, true
	}
	if i == 0 {
		return 0, false
	}
	return l.numbers[i-1], true
}
