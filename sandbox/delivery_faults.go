package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/plugipay/plugipay-go/sandbox/internal/delivery"
)

// DeliveryFaultKind is what goes wrong with a delivery of an event.
type DeliveryFaultKind string

// The kinds of a [DeliveryFault].
const (
	// FaultTwice sends the event once more after the endpoint has responded.
	FaultTwice DeliveryFaultKind = "twice"
	// FaultLate holds the event back for the fault's Delay. Later events of the same session wait for it.
	FaultLate DeliveryFaultKind = "late"
	// FaultOutOfOrder holds the event back until the next event has been sent to the endpoint, or until the fault's Delay
	// is over.
	FaultOutOfOrder DeliveryFaultKind = "out_of_order"
	// FaultDropped loses the endpoint's response on its way, so that the event is sent again later.
	FaultDropped DeliveryFaultKind = "dropped"
	// FaultBadSignature signs with another secret than the endpoint's.
	FaultBadSignature DeliveryFaultKind = "bad_signature"
	// FaultStale signs with a timestamp of an hour ago.
	FaultStale DeliveryFaultKind = "stale"
	// FaultOtherHeader sends the signature in the header Plugipay-Signature, as one page of the documentation calls it.
	FaultOtherHeader DeliveryFaultKind = "other_header"
	// FaultTwoSignatures sends a signature of an old secret before that of the endpoint's, as while a secret is rotated.
	FaultTwoSignatures DeliveryFaultKind = "two_signatures"
	// FaultSplitHeader sends the parts of the signature in two header lines of the same name.
	FaultSplitHeader DeliveryFaultKind = "split_header"
)

// DeliveryFault is something that goes wrong with deliveries of events to come; see [Sandbox.InjectDelivery].
type DeliveryFault struct {
	// Kind is what goes wrong. It must not be empty.
	Kind DeliveryFaultKind

	// Times is how many deliveries it happens to; for the kinds that concern an attempt, how many attempts. Zero: one.
	// Negative: all, until [Sandbox.ClearDeliveryFaults].
	Times int

	// Delay is how long FaultLate and FaultOutOfOrder hold an event back, by the sandbox's clock. Zero: 5 seconds. The
	// other kinds have none.
	Delay time.Duration

	// KeyID is the id of a key: the fault happens to the events of its workspace only. Empty: to those of all.
	KeyID string
}

// InjectDelivery makes something go wrong with the next deliveries of events. Each attempt meets one fault only: the one
// that was injected first, as long as it lasts. It fails when the kind or the key is not known, and when there is a
// Delay that is negative or that the kind does not have.
func (s *Sandbox) InjectDelivery(f DeliveryFault) error {
	if err := s.injectDelivery(f); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	return nil
}

func (s *Sandbox) injectDelivery(f DeliveryFault) error {
	account, err := s.checkDeliveryFault(f)
	if err != nil {
		return err
	}
	if f.Times == 0 {
		f.Times = 1
	}
	s.deliveryFaults.Add(delivery.Fault{
		Kind: delivery.Kind(f.Kind), Times: f.Times, Delay: f.Delay, Account: account, KeyID: f.KeyID,
	})
	return nil
}

// ClearDeliveryFaults removes all faults of deliveries that are left.
func (s *Sandbox) ClearDeliveryFaults() { s.deliveryFaults.Clear("") }

// checkDeliveryFault returns the account whose deliveries a fault is for.
func (s *Sandbox) checkDeliveryFault(f DeliveryFault) (account string, err error) {
	kind := delivery.Kind(f.Kind)
	switch {
	case !slices.Contains(delivery.Kinds(), kind):
		return "", errors.New("no such kind of fault; the kinds are " + strings.Join(deliveryFaultKinds(), ", "))
	case f.Delay < 0:
		return "", errors.New("a fault cannot have a negative delay")
	case f.Delay > 0 && !kind.Holds():
		return "", errors.New("only the kinds late and out_of_order have a delay")
	}
	return s.accountOf(f.KeyID)
}

func deliveryFaultKinds() []string {
	var names []string
	for _, k := range delivery.Kinds() {
		names = append(names, string(k))
	}
	return names
}

// accountOf returns the account id of a key, or nothing when no key is named.
func (s *Sandbox) accountOf(keyID string) (string, error) {
	if keyID == "" {
		return "", nil
	}
	key, ok := s.directory.key(keyID)
	if !ok {
		return "", errors.New("no key of the sandbox has this keyId")
	}
	return key.home.accountID, nil
}
