package plugipay

// findError returns the first error of type E in the tree of err. It is errors.As without reflection, which every program
// that imports this package would link for it; from Go 1.26 on it is errors.AsType.
func findError[E error](err error) (E, bool) {
	for err != nil {
		if found, ok := err.(E); ok {
			return found, true
		}
		if convertible, ok := err.(interface{ As(target any) bool }); ok {
			var found E
			if convertible.As(&found) {
				return found, true
			}
		}
		switch wrapper := err.(type) {
		case interface{ Unwrap() error }:
			err = wrapper.Unwrap()
		case interface{ Unwrap() []error }:
			for _, wrapped := range wrapper.Unwrap() {
				if found, ok := findError[E](wrapped); ok {
					return found, true
				}
			}
			err = nil
		default:
			err = nil
		}
	}
	var none E
	return none, false
}
