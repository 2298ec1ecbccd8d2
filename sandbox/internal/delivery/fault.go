package delivery

import (
	"slices"
	"sync"
	"time"
)

// Kind is a way in which a delivery goes wrong.
type Kind string

// The kinds of faults.
const (
	Twice         Kind = "twice"          // the event is sent again after the response
	Late          Kind = "late"           // the first attempt waits
	OutOfOrder    Kind = "out_of_order"   // the event is sent after the next event
	Dropped       Kind = "dropped"        // the response is lost on the way
	BadSignature  Kind = "bad_signature"  // signed with another secret
	Stale         Kind = "stale"          // signed an hour ago
	OtherHeader   Kind = "other_header"   // the signature is in Plugipay-Signature
	TwoSignatures Kind = "two_signatures" // one signature by an old secret and one by the current secret, as during a rotation
	SplitHeader   Kind = "split_header"   // the signature's parts are in two header lines
)

// Kinds returns all kinds of faults.
func Kinds() []Kind {
	return []Kind{Twice, Late, OutOfOrder, Dropped, BadSignature, Stale, OtherHeader, TwoSignatures, SplitHeader}
}

// Holds reports whether a fault of this kind acts before the first attempt. All other kinds act on one attempt.
func (k Kind) Holds() bool { return k == Late || k == OutOfOrder }

// Fault makes future deliveries go wrong.
type Fault struct {
	Kind    Kind
	Times   int           // number of deliveries or attempts; negative means all
	Delay   time.Duration // how long a fault of a kind that holds delays the delivery; zero means the default
	Account string        // account whose deliveries go wrong; empty means all accounts
	KeyID   string        // id of the key that selected the account, for display
}

// FaultList holds the remaining faults in the order in which they were injected. The zero value is empty.
type FaultList struct {
	mu   sync.Mutex
	left []Fault
}

// Add appends a fault, whose Times must not be zero.
func (l *FaultList) Add(f Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left = append(l.left, f)
}

// Clear removes the faults of an account, or all faults if the account is empty.
func (l *FaultList) Clear(account string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left = slices.DeleteFunc(l.left, func(f Fault) bool { return account == "" || f.Account == account })
}

// All returns a copy of the remaining faults.
func (l *FaultList) All() []Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.left)
}

// take returns the first fault that applies, and counts its use. It returns the zero Fault if no fault applies.
func (l *FaultList) take(account string, holds bool) Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.left, func(f Fault) bool {
		return f.Kind.Holds() == holds && (f.Account == "" || f.Account == account)
	})
	if i < 0 {
		return Fault{}
	}
	found := l.left[i]
	switch {
	case found.Times == 1:
		l.left = slices.Delete(l.left, i, i+1)
	case found.Times > 1:
		l.left[i].Times--
	}
	return found
}
