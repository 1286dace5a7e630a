package inflate

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	inputChunk = 128 << 10
	// inputPad is the room behind the end of a stream. It is filled with zero
	// bytes, so that loops may look some way past the end before they find
	// out. While there is more to read it holds packed bytes like the rest.
	inputPad  = 64
	inputSize = inputChunk + inputPad
	// inputLimit is the last place to start a turn of a loop at: beyond it
	// the stream is over and truncated, or more has to be read. A turn
	// may take inputPad-8-8 bytes.
	inputLimit = inputChunk + 8
	// maxIdle is how often in a row a reader may return nothing.
	maxIdle = 100
)

// input is the packed side of a decoder: a window onto the stream, read in
// large pieces, and the bits taken from it but not used yet.
type input struct {
	src    io.ReaderAt
	stream io.Reader // in the place of src, where the length isn't known
	off    int64     // of the stream in src
	length int64     // of the stream
	read   int64     // bytes of the stream read so far

	// hold has the next count bits, the next one lowest. Bits above count are
	// either zero or what the window has there.
	hold  uint64
	count uint
	next  uint // index in window of the byte after the held bits
	end   uint // index in window of the end of what was read

	window [inputSize]byte
}

// reset starts a new stream. Nothing is read yet.
func (in *input) reset(s Stream) {
	in.src, in.stream, in.off, in.length, in.read = s.Src, nil, s.Off, s.Len, 0
	in.empty()
}

// resetTo starts a stream that ends where r does.
func (in *input) resetTo(r io.Reader) {
	in.src, in.stream, in.off, in.length, in.read = nil, r, 0, unknown, 0
	in.empty()
}

// empty leaves nothing in the window.
func (in *input) empty() {
	in.hold, in.count = 0, 0
	in.next, in.end = inputChunk, inputChunk
	clear(in.window[inputChunk:])
}

// fill reads more of the stream unless need bytes, or all that are left of it,
// are in the window already.
func (in *input) fill(need uint) error {
	if in.read == in.length || in.end-in.next >= need {
		return nil
	}
	in.putBack()
	rest := in.end - in.next
	if in.stream != nil {
		return in.fillFromStream(rest)
	}
	n := uint(min(in.length-in.read, int64(inputChunk-rest)))
	end := uint(inputSize)
	if in.read+int64(n) == in.length {
		end = inputChunk
	}
	start := end - n
	copy(in.window[start-rest:start], in.window[in.next:in.end])
	in.next, in.end = start-rest, end
	clear(in.window[end:])
	if err := in.readAt(in.window[start:end]); err != nil {
		return fmt.Errorf("reading %d packed bytes at offset %d: %w", n, in.off+in.read, err)
	}
	in.read += int64(n)
	return nil
}

// fillFromStream fills the window behind the rest. Whether there is an end the
// stream tells only when it is there: then all moves to where it belongs.
func (in *input) fillFromStream(rest uint) error {
	start := uint(inputPad) + rest
	copy(in.window[inputPad:start], in.window[in.next:in.end])
	n, err := readFull(in.stream, in.window[start:])
	in.read += int64(n)
	in.next, in.end = inputPad, start+uint(n)
	if err == nil {
		return nil
	}
	if err != io.EOF { //nolint:errorlint // io.Reader's own end, and nothing that wraps another's
		return fmt.Errorf("reading packed bytes from %d on: %w", in.read, err)
	}
	in.length = in.read
	first := inputChunk - (rest + uint(n))
	copy(in.window[first:], in.window[in.next:in.end])
	in.next, in.end = first, inputChunk
	clear(in.window[inputChunk:])
	return nil
}

// readFull fills p. Other than io.ReadFull's, its io.EOF is the reader's own,
// and its io.ErrUnexpectedEOF is, too.
func readFull(r io.Reader, p []byte) (n int, err error) {
	for idle := 0; n < len(p); {
		k, err := r.Read(p[n:])
		if k < 0 || k > len(p)-n {
			return n, errors.New("reader returned an impossible count")
		}
		n += k
		switch {
		case err != nil && (n < len(p) || err != io.EOF):
			return n, err
		case k > 0:
			idle = 0
		default:
			if idle++; idle == maxIdle {
				return n, io.ErrNoProgress
			}
		}
	}
	return n, nil
}

// bytes takes the next n bytes (headerBytes at most) of a stream that stands
// at a byte's boundary, with no bits held.
func (in *input) bytes(n uint) ([]byte, error) {
	if err := in.fill(n); err != nil {
		return nil, err
	}
	if in.end-in.next < n {
		return nil, &TruncatedError{Len: in.length}
	}
	b := in.window[in.next : in.next+n]
	in.next += n
	return b, nil
}

// putBack leaves less than eight bits held and returns the bytes above them to
// the window. It only serves between a refill and the next fill.
func (in *input) putBack() {
	in.next -= in.count >> 3
	in.count &= 7
	in.hold &= 1<<in.count - 1
}

// readAt fills p with the stream's next bytes.
func (in *input) readAt(p []byte) error {
	off := in.off + in.read
	for len(p) > 0 {
		n, err := in.src.ReadAt(p, off)
		if n < 0 || n > len(p) {
			return errors.New("reader returned an impossible count")
		}
		p, off = p[n:], off+int64(n)
		switch {
		case len(p) == 0:
			return nil // an error beside all the bytes asked for is io.EOF's place
		case errors.Is(err, io.EOF):
			return io.ErrUnexpectedEOF
		case err != nil:
			return err
		case n == 0:
			return io.ErrNoProgress
		}
	}
	return nil
}

// pos is the bit offset in the stream of the next bit.
func (in *input) pos() int64 {
	return (in.read-int64(in.end)+int64(in.next))*8 - int64(in.count)
}

// checkEnd returns an error if bits were used that the stream doesn't have.
func (in *input) checkEnd() error {
	if in.pos() > in.length*8 {
		return &TruncatedError{Len: in.length}
	}
	return nil
}

// refill brings the held bits to at least 56. The caller has seen to it that
// next is at most inputLimit and takes few bytes until it looks again.
func (in *input) refill() {
	in.hold |= binary.LittleEndian.Uint64(in.window[in.next:]) << (in.count & 63)
	in.next += (63 - in.count) >> 3
	in.count |= 56
}

// take removes n bits (at most 56 since the last refill) and returns them.
func (in *input) take(n uint) uint64 {
	v := in.hold & (1<<(n&63) - 1)
	in.hold >>= n & 63
	in.count -= n
	return v
}
