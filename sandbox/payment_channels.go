package sandbox

import (
	"slices"
	"strings"

	"github.com/plugipay/plugipay-go/gen"
)

// channel is what the buyer chooses within a method: a bank, a wallet or a chain of outlets.
type channel struct {
	ID   string
	Name string
	// prefix is the beginning of the numbers that the buyer pays to.
	prefix string
}

// channelsOf returns the channels of a method, or nil if it has none.
func channelsOf(method gen.CheckoutMethod) []channel {
	switch method {
	case gen.CheckoutMethodVA:
		return []channel{
			{"bca", "BCA", "39010"}, {"mandiri", "Mandiri", "88908"}, {"bni", "BNI", "98809"}, {"bri", "BRI", "26215"},
			{"permata", "Permata", "72140"}, {"cimb", "CIMB Niaga", "51599"},
		}
	case gen.CheckoutMethodEwallet:
		return []channel{
			{"gopay", "GoPay", ""}, {"ovo", "OVO", ""}, {"dana", "DANA", ""}, {"shopeepay", "ShopeePay", ""},
			{"linkaja", "LinkAja", ""},
		}
	case gen.CheckoutMethodRetail:
		return []channel{{"alfamart", "Alfamart", "70"}, {"indomaret", "Indomaret", "81"}}
	}
	return nil
}

// findChannel returns a channel of a method. An empty id means the first channel, or the zero channel if the method has no
// channels.
func findChannel(method gen.CheckoutMethod, id string) (channel, bool) {
	channels := channelsOf(method)
	if id == "" && len(channels) > 0 {
		return channels[0], true
	}
	i := slices.IndexFunc(channels, func(c channel) bool { return c.ID == id })
	if i < 0 {
		return channel{}, len(channels) == 0 && id == ""
	}
	return channels[i], true
}

// cardOutcome is the outcome of a payment with a test card.
type cardOutcome string

const (
	cardSucceeds          cardOutcome = "success"
	cardDeclined          cardOutcome = "declined"
	cardInsufficientFunds cardOutcome = "insufficient_funds"
	card3DSSucceeds       cardOutcome = "3ds_success"
	card3DSFails          cardOutcome = "3ds_failure"
)

// testCard is a card number that the hosted page accepts. The page accepts no other card numbers.
type testCard struct {
	Outcome cardOutcome
	Number  string
}

func testCards() []testCard {
	return []testCard{
		{cardSucceeds, "4242424242424242"},
		{cardDeclined, "4000000000000002"},
		{cardInsufficientFunds, "4000000000009995"},
		{card3DSSucceeds, "4000000000003220"},
		{card3DSFails, "4000000000003063"},
	}
}

// findTestCard finds a card by its number, which may have spaces and hyphens.
func findTestCard(number string) (testCard, bool) {
	digits := strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(number)
	cards := testCards()
	i := slices.IndexFunc(cards, func(c testCard) bool { return c.Number == digits })
	if i < 0 {
		return testCard{}, false
	}
	return cards[i], true
}

// needs3DS reports whether the buyer's bank asks for a code before the payment.
func (c testCard) needs3DS() bool { return c.Outcome == card3DSSucceeds || c.Outcome == card3DSFails }
