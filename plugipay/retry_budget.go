package plugipay

import "sync"

// A retry budget keeps retries from making an outage worse, as the AWS SDKs' does: each retry takes from it and each
// answered call gives back a little. While Plugipay is down the budget is used up after a hundred retries, and
// every call makes one attempt only; when calls are answered again, it fills up again.
const (
	budgetCapacity = 500
	retryCost      = 5
	answerRefund   = 1
)

// retryBudget is shared by all calls of a client and of those made from it by ForMerchant.
type retryBudget struct {
	mu   sync.Mutex
	left int
}

func newRetryBudget() *retryBudget { return &retryBudget{left: budgetCapacity} }

// take pays for a retry; false if there is not enough left.
func (b *retryBudget) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left < retryCost {
		return false
	}
	b.left -= retryCost
	return true
}

// giveBack returns what was paid for a retry that was not made.
func (b *retryBudget) giveBack() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = min(b.left+retryCost, budgetCapacity)
}

// answered gives back for a call that was answered, after so many retries.
func (b *retryBudget) answered(retries int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = min(b.left+max(answerRefund, retries*retryCost), budgetCapacity)
}
