package sandbox

import (
	"slices"
	"sync"
	"time"
)

const keptActivities = 1000

// The kinds of an activity.
const (
	activityPage    = "page"    // a buyer's browser, on the hosted page
	activityControl = "control" // a program, at a route under /_sandbox/
	activityConsole = "console" // the developer, in the console
)

// activity is a use of the sandbox other than a call of its API.
type activity struct {
	At        time.Time // by the sandbox's clock
	Kind      string
	What      string // "opened the page: choose", "posted pay", "POST /_sandbox/clock"
	Status    int
	SessionID string // empty if it is not about a session
	AccountID string // empty if it is about all accounts
	Sent      string // the beginning of the body of a control call
	Times     int    // number of times that a page, which refreshes itself, was opened in a row
}

// activityLog keeps the last activities.
type activityLog struct {
	mu   sync.Mutex
	kept []activity // oldest first
}

func (l *activityLog) add(a activity) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a.Times = 1
	if len(l.kept) >= keptActivities {
		l.kept[0] = activity{} // otherwise the array under the slice keeps its texts
		l.kept = l.kept[1:]
	}
	l.kept = append(l.kept, a)
}

// addView is add for a page that was opened. It counts repeated views, because waiting pages refresh themselves.
func (l *activityLog) addView(a activity) {
	if !l.countAgain(a) {
		l.add(a)
	}
}

// countAgain counts an activity that is the same as the last one of its session.
func (l *activityLog) countAgain(a activity) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.kept) - 1; i >= 0; i-- {
		last := &l.kept[i]
		if last.SessionID != a.SessionID {
			continue
		}
		if last.Kind != a.Kind || last.What != a.What || last.Status != a.Status {
			return false
		}
		last.Times++
		return true
	}
	return false
}

// newestFirst returns a copy of the activities of a session, or all activities if the id is empty.
func (l *activityLog) newestFirst(sessionID string) []activity {
	l.mu.Lock()
	defer l.mu.Unlock()
	var kept []activity
	for _, a := range slices.Backward(l.kept) {
		if sessionID == "" || a.SessionID == sessionID {
			kept = append(kept, a)
		}
	}
	return kept
}

// clear removes the activities of an account, or all activities if the account is empty.
func (l *activityLog) clear(accountID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept = slices.DeleteFunc(l.kept, func(a activity) bool { return accountID == "" || a.AccountID == accountID })
}
