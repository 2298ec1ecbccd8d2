package sandbox

import (
	"fmt"
	"slices"
)

// CompareNumberSet performs operations on a numberSet and on a sorted slice. It returns the first difference, or an empty
// string.
func CompareNumberSet(operations []byte, scale int) string {
	var set numberSet
	var want []int
	first := 0
	for i, operation := range operations {
		n := first + int(operation)*scale/16
		at, found := slices.BinarySearch(want, n)
		switch {
		case i%5 == 4: // forget the smallest
			if len(want) > 0 {
				set.remove(want[0])
				first, want = want[0], want[1:]
				set.forgetBefore(first)
			}
		case i%3 == 2 && found:
			set.remove(n)
			want = slices.Delete(want, at, at+1)
		case !found:
			set.add(n)
			want = slices.Insert(want, at, n)
		}
		for _, from := range []int{n - 1, n, n + 1, first} {
			if problem := compareFrom(&set, want, from); problem != "" {
				return fmt.Sprintf("after %v: %s", operations[:i+1], problem)
			}
		}
	}
	return ""
}

func compareFrom(set *numberSet, want []int, from int) string {
	at, found := slices.BinarySearch(want, from)
	next, ok := set.next(from)
	if ok != (at < len(want)) || ok && next != want[at] {
		return fmt.Sprintf("next(%d) = %d, %t", from, next, ok)
	}
	if !found {
		at--
	}
	previous, ok := set.previous(from)
	if ok != (at >= 0) || ok && previous != want[at] {
		return fmt.Sprintf("previous(%d) = %d, %t", from, previous, ok)
	}
	return ""
}
