package registry

import (
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// progressStep is how many bytes pass between two events of an upload.
const progressStep = 1 << 20

// progress tells how much of a blob has been sent.
type progress struct {
	client *Client
	digest v1.Hash
	from   int64 // how much was sent before
	total  int64
}

// wrap counts the bytes of one attempt.
func (p *progress) wrap(rc io.ReadCloser) io.ReadCloser {
	if p.client.opt.Progress == nil {
		return rc
	}
	return &progressReader{ReadCloser: rc, progress: p, read: p.from, told: p.from}
}

type progressReader struct {
	io.ReadCloser
	progress   *progress
	read, told int64
}

func (r *progressReader) Read(b []byte) (int, error) {
	n, err := r.ReadCloser.Read(b)
	r.read += int64(n)
	if r.read-r.told >= progressStep {
		r.told = r.read
		r.progress.client.emit(Event{Kind: EventUploading, Digest: r.progress.digest, Complete: r.read, Total: r.progress.total})
	}
	return n, err
}
