package sandbox

import (
	"io"
	"net/http"
	"time"
)

// defaultBodyTimeout is how long the body of a request may take to arrive.
const defaultBodyTimeout = 30 * time.Second

// limitBodyTime sets a deadline for the body of a request, which ends when the body has been read. A deadline for the
// whole server would also end requests that a fault delays.
func (s *Sandbox) limitBodyTime(w http.ResponseWriter, r *http.Request) {
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	connection := http.NewResponseController(w)
	if connection.SetReadDeadline(time.Now().Add(s.bodyTimeout)) != nil {
		return // not a connection
	}
	r.Body = &timedBody{ReadCloser: r.Body, connection: connection}
}

type timedBody struct {
	io.ReadCloser
	connection *http.ResponseController
}

func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		_ = b.connection.SetReadDeadline(time.Time{})
	}
	return n, err
}
