package provide

import (
	"io"
	"net/http"
	"sync"

	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/wire"
)

// transport makes requests, and reports how much of what they ask for is there.
type transport struct {
	inner  http.RoundTripper
	report *report.Reporter

	mu          sync.Mutex
	done, total int64
}

func newTransport(r *report.Reporter) *transport {
	return &transport{inner: wire.NewTransport(), report: r}
}

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.inner.RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		return resp, err
	}
	t.tell(0, max(resp.ContentLength, 0))
	resp.Body = &meteredBody{ReadCloser: resp.Body, transport: t}
	return resp, nil
}

func (t *transport) tell(done, total int64) {
	t.mu.Lock()
	t.done, t.total = t.done+done, t.total+total
	done, total = t.done, max(t.total, t.done)
	t.mu.Unlock()
	t.report.Progress(report.StageLock, "lists of packages", done, total)
}

type meteredBody struct {
	io.ReadCloser
	transport *transport
}

func (b *meteredBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.transport.tell(int64(n), 0)
	return n, err
}
