package zipfile

import (
	"fmt"
	"io"
)

// windowSize is how much one read fetches around a local header. The headers
// of small files lie close together, so that one read often serves several.
const windowSize = 4 << 10

// window reads small pieces at ascending offsets of the part of a file that
// lies before end.
type window struct {
	r     io.ReaderAt
	end   int64
	start int64
	buf   []byte
}

// bytes returns n bytes at offset. They are valid until the next call.
func (w *window) bytes(offset, n int64) ([]byte, error) {
	if offset < 0 || offset > w.end || n > w.end-offset {
		return nil, fmt.Errorf("%d bytes at %d overlap the central directory", n, offset)
	}
	if at := offset - w.start; at >= 0 && at+n <= int64(len(w.buf)) {
		return w.buf[at : at+n], nil
	}
	want := min(max(n, windowSize), w.end-offset)
	if int64(cap(w.buf)) < want {
		w.buf = make([]byte, want)
	}
	w.buf = w.buf[:want]
	w.start = offset
	if err := readFull(w.r, w.buf, offset); err != nil {
		w.buf = w.buf[:0]
		return nil, err
	}
	return w.buf[:n], nil
}
