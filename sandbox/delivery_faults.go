package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/plugipay/plugipay-go/sandbox/internal/delivery"
)

// DeliveryFaultKind is the kind of a failed delivery.
type DeliveryFaultKind string

// The kinds of a [DeliveryFault].
const (
	// FaultTwice sends the event once more after the endpoint has responded.
	FaultTwice DeliveryFaultKind = "twice"
	// FaultLate delays the event by the fault's Delay. Later events of the same session wait for it.
	FaultLate DeliveryFaultKind = "late"
	// FaultOutOfOrder delays the event until the next event has been sent to the endpoint, or by the fault's Delay at most.
	FaultOutOfOrder DeliveryFaultKind = "out_of_order"
	// FaultDropped loses the endpoint's response, so that the event is delivered again later.
	FaultDropped DeliveryFaultKind = "dropped"
	// FaultBadSignature signs with a secret that is not the endpoint's.
	FaultBadSignature DeliveryFaultKind = "bad_signature"
	// FaultStale signs with a timestamp of an hour ago.
	FaultStale DeliveryFaultKind = "stale"
	// FaultOtherHeader sends the signature in the header Plugipay-Signature, which one page of the documentation names.
	FaultOtherHeader DeliveryFaultKind = "other_header"
	// FaultTwoSignatures sends a signature with an old secret before the one with the endpoint's secret. This happens during a
	// rotation of secrets.
	FaultTwoSignatures DeliveryFaultKind = "two_signatures"
	// FaultSplitHeader sends the two parts of the signature in two header lines of the same name.
	FaultSplitHeader DeliveryFaultKind = "split_header"
)

// DeliveryFault is a failure of future deliveries; see [Sandbox.InjectDelivery].
type DeliveryFault struct {
	// Kind is the kind of the failure. Required.
	Kind DeliveryFaultKind

	// Times is the number of deliveries that fail, or of attempts for the kinds that concern an attempt. Zero means one. Less
	// than zero means all until [Sandbox.ClearDeliveryFaults].
	Times int

	// Delay is the delay of FaultLate and FaultOutOfOrder, by the sandbox's clock. Zero means 5 seconds. The other kinds have no
	// delay.
	Delay time.Duration

	// KeyID limits the fault to the workspace of the key with this id. Empty means all workspaces.
	KeyID string
}

// InjectDelivery makes the next deliveries of events fail. One fault applies to an attempt: the fault that was injected first.
// InjectDelivery fails if the kind or the key is unknown, if Delay is negative, or if Delay is set for a kind without a
// delay.
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

// ClearDeliveryFaults removes all remaining faults of deliveries.
func (s *Sandbox) ClearDeliveryFaults() { s.deliveryFaults.Clear("") }

// checkDeliveryFault returns the account whose deliveries the fault applies to.
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

// accountOf returns the account id of a key, or "" if the key id is empty.
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
