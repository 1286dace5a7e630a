package smoke

import (
	"strings"
	"sync"
)

// A tail keeps the last bytes written to it; writers may be concurrent.
type tail struct {
	mu      sync.Mutex
	limit   int
	buf     []byte // ring once it is full
	next    int    // where the ring's next byte goes
	dropped int64
}

func newTail(limit int) *tail { return &tail{limit: limit} }

// Write never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(p)
	if len(p) > t.limit {
		t.dropped += int64(len(p) - t.limit)
		p = p[len(p)-t.limit:]
	}
	if room := t.limit - len(t.buf); room > 0 {
		k := min(room, len(p))
		t.buf = append(t.buf, p[:k]...)
		p = p[k:]
	}
	t.dropped += int64(len(p))
	for len(p) > 0 {
		k := copy(t.buf[t.next:], p)
		t.next = (t.next + k) % t.limit
		p = p[k:]
	}
	return n, nil
}

// String returns what was kept; where something was dropped before it, from the
// first whole line on.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := string(t.buf[t.next:]) + string(t.buf[:t.next])
	if t.dropped > 0 {
		if _, whole, ok := strings.Cut(s, "\n"); ok && whole != "" {
			s = whole
		}
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

// Dropped returns how many bytes weren't kept.
func (t *tail) Dropped() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.dropped
}
