package inbox

import (
	"context"
	"time"
)

// leastAge is how old a record must be to be removed: an event comes again within this time.
const leastAge = time.Hour

// Prune removes this consumer's records of events and keys that are older than olderThan, in batches, and returns how many
// it removed, also with an error. It never removes records of sessions. An event whose record was removed is handled again
// if it is delivered again: keep the records for longer than Plugipay repeats deliveries. Plugipay does not
// document how long that is. 30 days are a cautious choice.
//
// Prune fails with a [*plugipay.Error], code invalid_request, if olderThan is less than an hour.
func (in *Inbox) Prune(ctx context.Context, olderThan time.Duration) (int64, error) {
	if olderThan < leastAge {
		return 0, invalid("Prune removes only what is at least an hour old")
	}
	var removed int64
	for {
		batch := int64(0)
		err := in.retry(ctx, func(ctx context.Context) error {
			result, err := in.db.ExecContext(ctx, in.sql.prune, in.sql.pruneArgs(in.consumer, olderThan)...)
			if err != nil {
				return err
			}
			batch, err = result.RowsAffected()
			return err
		})
		if err != nil {
			return removed, in.sql.explain(err)
		}
		if removed += batch; batch < pruneBatch {
			return removed, nil
		}
	}
}
