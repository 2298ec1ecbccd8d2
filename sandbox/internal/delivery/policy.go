package delivery

import "time"

// Policy configures the attempts of deliveries.
type Policy struct {
	Waits    []time.Duration // waits between attempts; the last wait repeats
	Attempts int             // maximum number of attempts
	Timeout  time.Duration   // timeout of one attempt
	Pending  int             // maximum number of pending deliveries; less than zero means no limit
}

// DefaultPolicy returns a policy with eight attempts over 22 hours, so that an endpoint can be down for most of a day.
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

// wait returns the wait before the next attempt. made is the number of attempts so far, at least one.
func (p Policy) wait(made int) time.Duration {
	if len(p.Waits) == 0 {
		return 0
	}
	return p.Waits[min(made, len(p.Waits))-1]
}
