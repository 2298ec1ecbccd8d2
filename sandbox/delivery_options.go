package sandbox

import (
	"errors"
	"slices"
	"time"

	"github.com/plugipay/plugipay-go/sandbox/internal/delivery"
)

// deliveryPolicy returns the schedule of deliveries from the options and the defaults.
func (o Options) deliveryPolicy() delivery.Policy {
	policy := delivery.DefaultPolicy()
	if o.DeliverySchedule != nil {
		policy.Waits = slices.Clone(o.DeliverySchedule)
		policy.Attempts = len(policy.Waits) + 1
	}
	if o.DeliveryAttempts > 0 {
		policy.Attempts = o.DeliveryAttempts
	}
	if o.MaxPendingDeliveries != 0 {
		policy.Pending = o.MaxPendingDeliveries
	}
	if o.DeliveryTimeout > 0 {
		policy.Timeout = o.DeliveryTimeout
	}
	return policy
}

// checkDelivery refuses invalid delivery options.
func (o Options) checkDelivery() error {
	switch {
	case slices.ContainsFunc(o.DeliverySchedule, func(wait time.Duration) bool { return wait < 0 }):
		return errors.New("a wait between deliveries cannot be negative")
	case o.DeliveryAttempts < 0:
		return errors.New("the number of delivery attempts cannot be negative")
	case o.DeliveryTimeout < 0:
		return errors.New("the timeout of deliveries cannot be negative")
	}
	return nil
}
