package deb

import (
	"errors"
	"fmt"
	"io"
	"path"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/assemble-image/assemble/internal/inflate"
	"github.com/assemble-image/assemble/internal/xz"
)

// maxWindow bounds the memory that a decompressor may take for what is said
// again: what the highest presets of the programs ask for.
const maxWindow = 64 << 20

// xzReaders are kept, since each has a window of some megabytes.
var xzReaders = sync.Pool{New: func() any { return xz.NewReader(eof{}, xz.Options{MaxDictionary: maxWindow}) }}

type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }

// uncompress returns the tar in a member, by the ending of its name. The
// function that comes with it frees what it took.
func uncompress(name string, r io.Reader) (io.Reader, func(), error) {
	switch ext := path.Ext(name); ext {
	case ".tar":
		return r, func() {}, nil
	case ".xz":
		z, ok := xzReaders.Get().(*xz.Reader)
		if !ok {
			return nil, nil, errors.New("no reader for xz") // the pool has no others
		}
		z.Reset(r)
		return z, func() { z.Reset(eof{}); xzReaders.Put(z) }, nil
	case ".gz":
		z, err := inflate.NewGzipReader(r)
		if errors.Is(err, io.EOF) {
			return nil, nil, invalid("%s is empty", name)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		return z, func() { _ = z.Close() }, nil // it closes nothing that could fail
	case ".zst":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		return z, z.Close, nil
	default:
		return nil, nil, invalid("%s: compression %q is neither xz, zstd, gzip nor none", name, ext)
	}
}

// limited ends in an error where more comes than may.
type limited struct {
	r    io.Reader
	left int64
	err  error // what it then is
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		var b [1]byte
		n, err := l.r.Read(b[:])
		if n > 0 {
			return 0, l.err
		}
		return 0, err
	}
	n, err := l.r.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}

// finish reads what comes after a tar's end, which must be zero: nothing is
// hidden there, and the sums at the end of the compressed stream are checked.
func finish(name string, r io.Reader) error {
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		for _, b := range buf[:n] {
			if b != 0 {
				return invalid("%s has bytes after its end", name)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
}
