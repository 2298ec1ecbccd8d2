package sandbox

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// signatureReport explains why the signature of a request is not valid.
type signatureReport struct {
	Signed   string // the text that the program must sign
	BodyHash string
	BodySize int
	Sent     string // the signature of the request
	Wanted   string // the correct signature
	Differs  string // the program's mistake, or the remaining possibilities if no usual mistake explains the signature
}

// signedParts holds the parts of a request that a signature covers.
type signedParts struct {
	method, path, timestamp, bodyHash, key string
}

// text joins the parts as the contract says.
func (p signedParts) text() string { return p.joined("\n") }

func (p signedParts) joined(separator string) string {
	parts := []string{p.method, p.path, p.timestamp, p.bodyHash}
	if p.key != "" {
		parts = append(parts, p.key)
	}
	return strings.Join(parts, separator)
}

// reportSignature explains a refused signature. It returns nil if the request has no signature of a known key.
func (s *Sandbox) reportSignature(r *http.Request, body []byte) *signatureReport {
	given, err := parseAuthorization(r.Header.Values("Authorization"))
	if err != nil || given.bearer {
		return nil
	}
	key, ok := s.directory.key(given.keyID)
	if !ok || key.secret == "" {
		return nil
	}
	parts := signedParts{
		method: r.Method, path: signedPath(r), timestamp: r.Header.Get(timestampHeader), bodyHash: hexHash(body),
		key: r.Header.Get(idempotencyKeyHeader),
	}
	report := &signatureReport{
		Signed: parts.text(), BodyHash: parts.bodyHash, BodySize: len(body), Sent: cut(given.signature, 200),
		Wanted: hex.EncodeToString(macOf(key.secret, parts.text())),
	}
	search := mistakeSearch{request: r, body: body, parts: parts, secret: key.secret, sent: given.signature}
	report.Differs = search.differs()
	if report.Differs == "" {
		report.Differs = s.secretMistake(search, key)
	}
	return report
}

func hexHash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

func macOf(secret, text string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// mistakeSearch tries the usual mistakes until one explains a signature.
type mistakeSearch struct {
	request *http.Request
	body    []byte
	parts   signedParts
	secret  string
	sent    string // the signature
}

// mistake is a wrong text to sign for a request.
type mistake struct{ text, explanation string }

// differs explains the signature by a usual mistake. It returns "" if no usual mistake explains it.

func (m mistakeSearch) differs() string {
	if right := macOf(m.secret, m.parts.text()); m.isEncodedOtherwise(right) {
		return "The signature is right but not in lower-case hex: send it as 64 characters from 0-9a-f."
	}
	for _, tried := range m.mistakes() {
		if m.explains(tried.text) {
			return tried.explanation
		}
	}
	return m.timestampMistake()
}

func (m mistakeSearch) isEncodedOtherwise(right []byte) bool {
	for _, encoding := range []*base64.Encoding{
		base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding,
	} {
		if m.sent == encoding.EncodeToString(right) {
			return true
		}
	}
	return strings.EqualFold(m.sent, hex.EncodeToString(right))
}

func (m mistakeSearch) explains(text string) bool {
	return strings.EqualFold(m.sent, hex.EncodeToString(macOf(m.secret, text)))
}

// mistakes returns the usual mistakes. Each mistake differs from the correct text in one way.
func (m mistakeSearch) mistakes() []mistake {
	var all []mistake
	try := func(explanation string, change func(*signedParts)) {
		changed := m.parts
		change(&changed)
		all = append(all, mistake{changed.text(), explanation})
	}
	path, query, _ := strings.Cut(m.parts.path, "?")
	try("The path was signed without its query. Sign the path and the query, as they are sent.",
		func(p *signedParts) { p.path = path })
	try("The path was signed unescaped. Sign it as it is sent.", func(p *signedParts) {
		p.path = m.request.URL.Path
		if query != "" {
			p.path += "?" + query
		}
	})
	for _, scheme := range []string{"http://", "https://"} {
		try("The whole URL was signed. Sign the path and the query only.",
			func(p *signedParts) { p.path = scheme + m.request.Host + p.path })
	}
	try("The path was signed without /api/v1. Sign the whole path.",
		func(p *signedParts) { p.path = strings.TrimPrefix(p.path, "/api/v1") })
	try("The method was signed in lower case. Sign it in upper case.",
		func(p *signedParts) { p.method = strings.ToLower(p.method) })
	try("The request was signed without its Idempotency-Key. Sign the header that is sent.",
		func(p *signedParts) { p.key = "" })
	all = append(all, m.bodyMistakes()...)
	swapped := m.parts
	swapped.timestamp, swapped.bodyHash = swapped.bodyHash, swapped.timestamp
	all = append(all, mistake{swapped.text(), "The hash of the body was signed before the timestamp. The timestamp comes first."})
	for _, separator := range []struct{ text, name string }{
		{"", "nothing"}, {":", "colons"}, {".", "dots"}, {" ", "spaces"}, {",", "commas"},
		{"\r\n", "carriage returns and line feeds"}, {`\n`, "a backslash and an n"},
	} {
		all = append(all, mistake{
			m.parts.joined(separator.text), "The parts were joined by " + separator.name + ". Join them by one line feed.",
		})
	}
	all = append(all,
		mistake{m.parts.text() + "\n", "There was a line feed at the end of the signed text. Leave it out."},
		mistake{signedParts{m.parts.method, m.parts.path, m.parts.timestamp, m.parts.bodyHash, ""}.text() + "\n",
			"There was an empty line for the Idempotency-Key. If the request has no key, leave out the line feed before it."})
	return all
}

// bodyMistakes returns the usual mistakes in the hash of the body.
func (m mistakeSearch) bodyMistakes() []mistake {
	var all []mistake
	try := func(hash, explanation string) {
		changed := m.parts
		changed.bodyHash = hash
		all = append(all, mistake{changed.text(), explanation})
	}
	sum := sha256.Sum256(m.body)
	try(string(m.body), "The body itself was signed. Sign its SHA-256 in hex.")
	try("", "The hash of the body was left out. Sign it, also when the body is empty.")
	try(strings.ToUpper(m.parts.bodyHash), "The hash of the body was in upper case. Write it in lower-case hex.")
	try(base64.StdEncoding.EncodeToString(sum[:]), "The hash of the body was in base64. Write it in lower-case hex.")
	if len(m.body) > 0 {
		try(hexHash(nil), "The hash was that of an empty body. Hash the bytes that are sent.")
	}
	const otherBytes = " than was sent was signed. Encode the body once, and sign and send the same bytes."
	for _, other := range []struct {
		body        []byte // nil if the body has no such form
		explanation string
	}{
		{bytes.TrimSuffix(m.body, []byte("\n")), "A body without its last line feed" + otherBytes},
		{append(bytes.Clone(m.body), '\n'), "A body with one more line feed" + otherBytes},
		{compacted(m.body), "More compact JSON" + otherBytes},
		{sortedJSON(m.body), "JSON with its properties in another order, or with other escapes," + otherBytes},
		{[]byte(indented(string(m.body))), "JSON with more spaces" + otherBytes},
	} {
		if other.body != nil {
			try(hexHash(other.body), other.explanation)
		}
	}
	return all
}

func compacted(body []byte) []byte {
	var out bytes.Buffer
	if json.Compact(&out, body) != nil {
		return nil
	}
	return out.Bytes()
}

func sortedJSON(body []byte) []byte {
	value, err := decodeJSON(body)
	if err != nil {
		return nil
	}
	out, _ := json.Marshal(value)
	return out
}

// timestampMistake finds a signed timestamp that differs from the timestamp in the header. It returns "" if it finds none.
func (m mistakeSearch) timestampMistake() string {
	sent, err := strconv.ParseInt(m.parts.timestamp, 10, 64)
	if err != nil {
		return ""
	}
	at := func(text string) bool {
		changed := m.parts
		changed.timestamp = text
		return m.explains(changed.text())
	}
	for off := int64(1); off <= maxTimestampSkew; off++ {
		for _, signed := range []int64{sent - off, sent + off} {
			if at(strconv.FormatInt(signed, 10)) {
				return fmt.Sprintf("The signed timestamp is %d, but the header has %d. Read the clock once.", signed, sent)
			}
		}
	}
	for ms := range int64(1000) {
		if at(strconv.FormatInt(sent*1000+ms, 10)) {
			return "The timestamp was signed in milliseconds. Sign the seconds that are sent."
		}
	}
	return ""
}

// secretMistake finds another secret that signs the request in the same way. If it finds none, it returns the remaining
// possibilities.
func (s *Sandbox) secretMistake(m mistakeSearch, key *accessKey) string {
	for _, other := range s.directory.allKeys() {
		if other.secret != "" && other.secret != key.secret &&
			strings.EqualFold(m.sent, hex.EncodeToString(macOf(other.secret, m.parts.text()))) {
			return "The request was signed with the secret of another key, " + s.redacted(other.id) + "."
		}
	}
	for _, other := range []struct{ secret, explanation string }{
		{key.id, "The request was signed with the key's id. Sign it with the secret."},
		{key.secret + "\n", "The secret ends with a line feed, maybe because it was read from a file. Trim it."},
		{key.secret + "\r\n", "The secret ends with a carriage return and a line feed. Trim it."},
		{`"` + key.secret + `"`, "The secret begins and ends with quotes, maybe because it was read from an .env file. Remove them."},
		{
			strings.TrimPrefix(strings.TrimPrefix(key.secret, "sk_test_"), "sk_live_"),
			"The secret was used without its prefix. Sign with the whole secret, as it is in the portal.",
		},
	} {
		m.secret = other.secret
		if m.explains(m.parts.text()) {
			return other.explanation
		}
	}
	return "None of the usual mistakes explains it. Either the secret does not belong to the key " + s.redacted(key.id) +
		", or something changed the request on its way. Compare the text below with the text that your program signs."
}
