package delivery

import "time"

// Policy says how often a delivery is attempted.
type Policy struct {
	Waits    []time.Duration // between attempts; the last one repeats
	Attempts int             // in all
	Timeout  time.Duration   // of one attempt
	Pending  int             // deliveries at the same time; less than zero for any number
}

// DefaultPolicy returns the policy of a sender that does not give up within a day: eight attempts over 22 hours.
func DefaultPolicy() Policy {
	return Policy{
		Waits: []time.Duration{
			10 * time.Second, time.Minute, 10 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
		},
		Attempts: 8,
		Timeout:  10 * time.Second,
		Pending:  10_000,
	}
}

// wait returns the time between an attempt and the next one. made is the number of attempts so far, at least one.
func (p Policy) wait(made int) time.Duration {
	if len(p.Waits) == 0 {
		return 0
	}
	return p.Waits[min(made, len(p.Waits))-1]
}
