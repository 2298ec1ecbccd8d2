package plugipay

import (
	"bytes"
	"io"
	"sync"
)

// newBody returns content as the body of one attempt. It is of a type by which net/http knows that all of it is there: for
// a body of another type it sends the header first, in a packet of its own.
func newBody(content []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(content)) }

// maxKept is how large a buffer may be to be kept for another answer: a page of a hundred sessions fits well.
const maxKept = 512 << 10

// answerBuffers are buffers that answers are read into, used again once the answer is decoded.
type answerBuffers struct{ pool sync.Pool }

// answerBuffer holds an answer's body.
type answerBuffer struct {
	limited io.LimitedReader
	content bytes.Buffer
}

func (p *answerBuffers) get() *answerBuffer {
	if b, ok := p.pool.Get().(*answerBuffer); ok {
		return b
	}
	return &answerBuffer{}
}

func (p *answerBuffers) put(b *answerBuffer) {
	if b.content.Cap() <= maxKept {
		p.pool.Put(b)
	}
}

// readFrom reads body to its end, or a byte beyond the limit, and returns what it read, which is good until the next use.
func (b *answerBuffer) readFrom(body io.Reader, limit int64) ([]byte, error) {
	b.limited = io.LimitedReader{R: body, N: limit + 1}
	defer func() { b.limited.R = nil }()
	b.content.Reset()
	_, err := b.content.ReadFrom(&b.limited)
	return b.content.Bytes(), err
}
