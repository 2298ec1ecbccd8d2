package plugipay

import "sync/atomic"

// A retry budget keeps retries from making an outage worse, as the AWS SDKs' does: each retry takes from it and each
// answered call gives back a little. While Plugipay is down the budget is used up after a hundred retries, and
// every call makes one attempt only; when calls are answered again, it fills up again.
const (
	budgetCapacity = 500
	retryCost      = 5
	answerRefund   = 1
)

// retryBudget is shared by all calls of a client and of those made from it by ForMerchant. It counts what is spent, so
// that calls which go well, and have nothing to give back, only read it.
type retryBudget struct{ spent atomic.Int64 }

func newRetryBudget() *retryBudget { return &retryBudget{} }

// take pays for a retry; false if there is not enough left.
func (b *retryBudget) take() bool {
	for {
		spent := b.spent.Load()
		if spent+retryCost > budgetCapacity {
			return false
		}
		if b.spent.CompareAndSwap(spent, spent+retryCost) {
			return true
		}
	}
}

// giveBack returns what a retry cost that was not made after all.
func (b *retryBudget) giveBack() { b.refund(retryCost) }

// answered gives back for a call that was answered, after so many retries.
func (b *retryBudget) answered(retries int) { b.refund(max(answerRefund, retries*retryCost)) }

func (b *retryBudget) refund(amount int) {
	for {
		spent := b.spent.Load()
		if spent == 0 || b.spent.CompareAndSwap(spent, max(spent-int64(amount), 0)) {
			return
		}
	}
}
