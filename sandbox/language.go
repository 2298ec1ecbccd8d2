package sandbox

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
)

// language is the HTML code of a language that the hosted page supports.
type language string

const (
	english    language = "en"
	indonesian language = "id"
)

const (
	languageParameter = "lang"
	languageCookie    = "plugipay_lang"
)

// languageOf returns the language of a request for the hosted page. It is the language that the buyer switched to, which a cookie
// stores, or else the browser's preferred language.
func languageOf(w http.ResponseWriter, r *http.Request) language {
	if chosen, ok := knownLanguage(r.URL.Query().Get(languageParameter)); ok {
		// A cookie without a path applies to all hosted pages, also behind a proxy with a path prefix.
		http.SetCookie(w, &http.Cookie{
			Name: languageCookie, Value: string(chosen), MaxAge: 365 * 24 * 60 * 60, HttpOnly: true,
			SameSite: http.SameSiteLaxMode,
		})
		return chosen
	}
	if cookie, err := r.Cookie(languageCookie); err == nil {
		if kept, ok := knownLanguage(cookie.Value); ok {
			return kept
		}
	}
	return preferredLanguage(r.Header.Values("Accept-Language"))
}

func knownLanguage(name string) (language, bool) {
	switch l := language(name); l {
	case english, indonesian:
		return l, true
	}
	return "", false
}

// preferredLanguage returns the language with the highest weight in Accept-Language headers. It returns English if the headers
// contain neither language.
func preferredLanguage(accepted []string) language {
	best, bestWeight := english, 0.0
	for entry := range strings.SplitSeq(strings.Join(accepted, ","), ",") {
		tag, parameters, _ := strings.Cut(entry, ";")
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if primary == "in" { // old browsers' code for Indonesian
			primary = string(indonesian)
		}
		named, ok := knownLanguage(primary)
		if weight := weightOf(parameters); ok && weight > bestWeight {
			best, bestWeight = named, weight
		}
	}
	return best
}

// weightOf returns the weight of a language range: 1 if it has none, 0 if its weight is not valid.
func weightOf(parameters string) float64 {
	name, value, ok := strings.Cut(strings.TrimSpace(parameters), "=")
	if !ok || strings.TrimSpace(name) != "q" {
		return 1
	}
	weight, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || !(weight >= 0 && weight <= 1) {
		return 0
	}
	return weight
}

// formatAmountIn formats an amount for buyers. It uses Options.FormatAmount, or the form of the language if that is nil.
func (s *Sandbox) formatAmountIn(l language, amount int64, currency gen.CurrencyCode) string {
	if s.amounts != nil {
		return s.amounts(amount, plugipay.CurrencyCode(currency))
	}
	if l == indonesian {
		return indonesianHundredths(amount, currency)
	}
	return formatHundredths(amount, currency)
}

// indonesianHundredths formats an amount in hundredths in the Indonesian way: "Rp 199.000" and "US$ 49,99".
func indonesianHundredths(amount int64, currency gen.CurrencyCode) string {
	text, negative := strings.CutPrefix(strings.TrimPrefix(formatHundredths(amount, currency), string(currency)+" "), "-")
	symbol := string(currency)
	switch currency {
	case gen.CurrencyIDR:
		symbol = "Rp"
	case gen.CurrencyUSD:
		symbol = "US$"
	}
	text = strings.TrimPrefix(symbol+" "+strings.NewReplacer(",", ".", ".", ",").Replace(text), " ")
	if negative {
		return "-" + text
	}
	return text
}

var indonesianMonths = [...]string{"Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus",
	"September", "Oktober", "November", "Desember"}

// formatTimeIn formats a time from the API in Jakarta's time zone.
func formatTimeIn(l language, machine string) timeView {
	t, err := time.Parse(time.RFC3339, machine)
	if err != nil { // cannot happen, because the sandbox formatted the time
		return timeView{Text: machine, Machine: machine}
	}
	t = t.In(westernIndonesia)
	text := t.Format("2 January 2006, 15:04 MST")
	if l == indonesian {
		text = strconv.Itoa(t.Day()) + " " + indonesianMonths[t.Month()-1] + t.Format(" 2006 pukul 15.04 MST")
	}
	return timeView{Text: text, Machine: machine}
}

// formatLeft formats the time that the buyer has left to pay: days and hours, hours and minutes, minutes, or seconds.
func formatLeft(l language, left time.Duration) string {
	minutes := int64(max(0, left) / time.Minute)
	days, hours := minutes/(24*60), minutes/60%24
	switch {
	case days > 0 && hours > 0:
		return count(l, days, "day", "hari") + " " + count(l, hours, "hour", "jam")
	case days > 0:
		return count(l, days, "day", "hari")
	case hours > 0 && minutes%60 > 0:
		return count(l, hours, "hour", "jam") + " " + count(l, minutes%60, "minute", "menit")
	case hours > 0:
		return count(l, hours, "hour", "jam")
	case minutes > 0:
		return count(l, minutes, "minute", "menit")
	}
	return count(l, int64(max(0, left)/time.Second), "second", "detik")
}

// count formats a number and its unit. Only English has a plural.
func count(l language, n int64, one, inIndonesian string) string {
	switch {
	case l == indonesian:
		one = inIndonesian
	case n != 1:
		one += "s"
	}
	return strconv.FormatInt(n, 10) + " " + one
}
