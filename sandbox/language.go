package sandbox

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
)

// language is one that the hosted page speaks, as HTML names it.
type language string

const (
	english    language = "en"
	indonesian language = "id"
)

const (
	languageParameter = "lang"
	languageCookie    = "plugipay_lang"
)

// languageOf returns the language of a request for the hosted page: the language of the switch, which a cookie keeps, or
// the browser's preferred language.
func languageOf(w http.ResponseWriter, r *http.Request) language {
	if chosen, ok := knownLanguage(r.URL.Query().Get(languageParameter)); ok {
		// Without a path, the cookie is for the pages next to this one, also behind a proxy with a path prefix.
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

// preferredLanguage returns the language that Accept-Language headers like best. English: none of the two is named.
func preferredLanguage(accepted []string) language {
	best, bestWeight := english, 0.0
	for entry := range strings.SplitSeq(strings.Join(accepted, ","), ",") {
		tag, parameters, _ := strings.Cut(entry, ";")
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if primary == "in" { // what old browsers call Indonesian
			primary = string(indonesian)
		}
		named, ok := knownLanguage(primary)
		if weight := weightOf(parameters); ok && weight > bestWeight {
			best, bestWeight = named, weight
		}
	}
	return best
}

// weightOf returns the weight of a language range: 1 where it has none, 0 where it is not valid.
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

// formatAmountIn writes an amount for buyers, in the form of the options or of the language.
func (s *Sandbox) formatAmountIn(l language, amount int64, currency gen.CurrencyCode) string {
	if s.amounts != nil {
		return s.amounts(amount, plugipay.CurrencyCode(currency))
	}
	if l == indonesian {
		return indonesianHundredths(amount, currency)
	}
	return formatHundredths(amount, currency)
}

// indonesianHundredths writes an amount of hundredths as Indonesians do: "Rp 199.000" and "US$ 49,99".
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

// formatTimeIn writes a time of the API in the time of Jakarta.
func formatTimeIn(l language, machine string) timeView {
	t, err := time.Parse(time.RFC3339, machine)
	if err != nil { // the sandbox has written it: it is valid
		return timeView{Text: machine, Machine: machine}
	}
	t = t.In(westernIndonesia)
	text := t.Format("2 January 2006, 15:04 MST")
	if l == indonesian {
		text = strconv.Itoa(t.Day()) + " " + indonesianMonths[t.Month()-1] + t.Format(" 2006 pukul 15.04 MST")
	}
	return timeView{Text: text, Machine: machine}
}

// formatLeft writes how long the buyer may still pay: days and hours, hours and minutes, minutes, or seconds.
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

// count writes a number of things. Only English has a plural.
func count(l language, n int64, one, inIndonesian string) string {
	switch {
	case l == indonesian:
		one = inIndonesian
	case n != 1:
		one += "s"
	}
	return strconv.FormatInt(n, 10) + " " + one
}
