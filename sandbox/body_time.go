package sandbox

import (
	"io"
	"net/http"
	"time"
)

// defaultBodyTimeout is the time limit for reading the body of a request.
const defaultBodyTimeout = 30 * time.Second

// limitBodyTime sets a deadline for reading the body of a request. A read timeout of the server would also end requests that a
// fault delays.
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
