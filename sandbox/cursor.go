package sandbox

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// listQuery holds the filters and the order of a list, and the position of a page. A cursor contains exactly this.
type listQuery struct {
	Status        string     `json:"status,omitempty"`     // empty for any
	CustomerID    string     `json:"customerId,omitempty"` // empty for any
	CreatedAfter  *time.Time `json:"createdAfter,omitempty"`
	CreatedBefore *time.Time `json:"createdBefore,omitempty"`
	OldestFirst   bool       `json:"oldestFirst,omitempty"`

	// Last is the sequence number of the last session of the previous page, nil for the first page.
	Last *int `json:"last,omitempty"`
}

const cursorPrefix = "cur_"

// cursorSeal makes the cursors of a dataset and verifies them. It refuses garbage, changed cursors and cursors of another
// workspace.
type cursorSeal struct {
	secret []byte
}

func newCursorSeal() cursorSeal { return cursorSeal{secret: []byte(rand.Text())} }

func (s cursorSeal) encode(q listQuery) (string, error) {
	content, err := json.Marshal(q)
	if err != nil {
		return "", err
	}
	return cursorPrefix + base64.RawURLEncoding.EncodeToString(append(s.sum(content), content...)), nil
}

func (s cursorSeal) decode(cursor string) (listQuery, error) {
	var q listQuery
	encoded, ok := strings.CutPrefix(cursor, cursorPrefix)
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if !ok || err != nil || len(sealed) < sha256.Size {
		return q, unknownCursor()
	}
	sum, content := sealed[:sha256.Size], sealed[sha256.Size:]
	if !hmac.Equal(sum, s.sum(content)) || json.Unmarshal(content, &q) != nil || q.Last == nil {
		return listQuery{}, unknownCursor()
	}
	return q, nil
}

func (s cursorSeal) sum(content []byte) []byte {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write(content)
	return mac.Sum(nil)
}

func unknownCursor() error {
	return &failure{
		code:    gen.ErrorCodeValidationError,
		message: "cursor must be one that a list of this workspace returned",
		field:   "cursor",
	}
}
