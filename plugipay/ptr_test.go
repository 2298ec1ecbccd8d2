package plugipay_test

import (
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
)

func TestPtr_PointsToACopy(t *testing.T) {
	t.Parallel()
	limit := 100
	first, second := plugipay.Ptr(limit), plugipay.Ptr(limit)
	*first = 50
	if limit != 100 || *second != 100 {
		t.Errorf("limit is %d, the second pointer points to %d", limit, *second)
	}
}
