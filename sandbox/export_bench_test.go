package sandbox

import (
	"strconv"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// Fill adds n sessions to the test data of the first workspace. Every tenth session is canceled. The sessions belong to a
// thousand customers.
func Fill(s *Sandbox, n int) {
	key := s.directory.firstKey
	sessions := key.home.test.sessions
	begin := time.Now().Add(-time.Hour)
	methods := []gen.CheckoutMethod{gen.CheckoutMethodCard}
	for i := range n {
		customer := "cus_" + strconv.Itoa(i%1000)
		at := begin.Add(time.Duration(i) * time.Millisecond)
		created := sessions.create(newSession{
			accountID: key.home.accountID, lifetime: defaultLifetime,
			input: gen.CheckoutSessionCreateInput{
				Amount: 4999, Currency: gen.CurrencyUSD, CustomerID: &customer, Methods: methods,
				SuccessURL: "https://example.com/ok", CancelURL: "https://example.com/no",
			},
			hostedURLFor: func(id string) string { return "https://example.com/c/" + id },
		}, at)
		if i%10 == 0 {
			_, _ = sessions.cancel(created.ID, at)
		}
	}
}
