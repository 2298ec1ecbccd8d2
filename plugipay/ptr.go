package plugipay

// Ptr returns a pointer to v, for parameters that may be left out:
//
//	params := plugipay.CheckoutSessionListParams{Limit: plugipay.Ptr(100)}
//
// From Go 1.26 on, new(100) does the same.
func Ptr[T any](v T) *T { return &v }
