package index

import (
	"context"
	"io"

	"github.com/klauspost/compress/gzip"
)

// workspace is the memory that reading a page takes. There are only so many of
// them, and who has one may read a page: one may have tens of megabytes.
type workspace struct {
	client *Client
	window []byte       // of the scanner
	gzip   *gzip.Reader // nil until it is needed
	list   []byte       // what is kept of the page
	packed []byte       // on its way to the cache
}

// keptSpace bounds what a workspace keeps for the next page, in bytes.
const keptSpace = 1 << 20

// enter waits until a page may be read. The workspace must be left in the end.
func (c *Client) enter(ctx context.Context) (*workspace, error) {
	select {
	case w := <-c.spaces:
		return w, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// leave gives the workspace to the next page: nothing in it may be used any
// more. None may be left, too.
func (w *workspace) leave() {
	if w == nil {
		return
	}
	for _, b := range []*[]byte{&w.window, &w.list, &w.packed} {
		if cap(*b) > keptSpace {
			*b = nil
		}
	}
	w.client.spaces <- w
}

// gunzip returns what is packed in r.
func (w *workspace) gunzip(r io.Reader) (io.Reader, error) {
	if w.gzip != nil {
		return w.gzip, w.gzip.Reset(r)
	}
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	w.gzip = z
	return z, nil
}

// grown returns b without content and with room for n bytes.
func grown(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, 0, n)
	}
	return b[:0]
}
