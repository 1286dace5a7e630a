package layers

import (
	"encoding/binary"
	"errors"
)

// A program says how a layer's compressed bytes are put together. It is a
// sequence of operations, each an unsigned varint (encoding/binary) of
// count<<2|kind, followed by:
//
//	opLiteral  count bytes, to be given out as they are
//	opCopy     place, back: count bytes of a source; back, unless 0, tells
//	           that the bit so many before the end is a final-block bit,
//	           to be cleared
//	opSpool    nothing: the next count bytes of the spool
//	opStored   place: count bytes of a source, as stored blocks
//
// A place is the source's index and, as a signed varint, the distance from
// where the last operation on that source ended. The first of the stored
// blocks begins at its length field, its header being in the literal before.
const (
	opLiteral = iota
	opCopy
	opSpool
	opStored
)

const (
	// maxStored is the most that a stored block holds (RFC 1951, 3.2.4).
	maxStored = 65535
	// storedHeader is the length of a stored block's header where it starts
	// at a byte boundary.
	storedHeader = 5
	// maxCount bounds the count of an operation, so that no sum overflows.
	maxCount = 1 << 48
)

// storedLength returns the length of n bytes as stored blocks, without the
// first byte of the first header.
func storedLength(n int64) int64 {
	blocks := (n + maxStored - 1) / maxStored
	return n + blocks*storedHeader - 1
}

// op is one operation, decoded.
type op struct {
	kind    int
	n       int64
	source  int
	offset  int64 // in the source
	final   int64 // opCopy: the bit to clear, from the offset on; -1 for none
	literal []byte
}

// size returns the length of the operation's output.
func (o *op) size() int64 {
	if o.kind == opStored {
		return storedLength(o.n)
	}
	return o.n
}

// programWriter builds a program.
type programWriter struct {
	buf     []byte
	literal []byte  // not yet in buf
	spooled int64   // bytes of the spool after it, not yet in buf
	ends    []int64 // by source
}

// flush writes what has been gathered: a literal, or how much of the spool is
// given out.
func (w *programWriter) flush() {
	if len(w.literal) > 0 {
		w.begin(opLiteral, int64(len(w.literal)))
		w.buf = append(w.buf, w.literal...)
		w.literal = w.literal[:0]
	}
	if w.spooled > 0 {
		w.begin(opSpool, w.spooled)
		w.spooled = 0
	}
}

func (w *programWriter) begin(kind int, n int64) {
	w.buf = binary.AppendUvarint(w.buf, uint64(n)<<2|uint64(kind))
}

func (w *programWriter) place(source int, offset, n int64) {
	w.buf = binary.AppendUvarint(w.buf, uint64(source))
	w.buf = binary.AppendVarint(w.buf, offset-w.ends[source])
	w.ends[source] = offset + n
}

// copy appends n bytes of a source; final is as in [op].
func (w *programWriter) copy(source int, offset, n, final int64) {
	w.flush()
	w.begin(opCopy, n)
	w.place(source, offset, n)
	back := uint64(0)
	if final >= 0 {
		back = uint64(8*n - final)
	}
	w.buf = binary.AppendUvarint(w.buf, back)
}

func (w *programWriter) stored(source int, offset, n int64) {
	w.flush()
	w.begin(opStored, n)
	w.place(source, offset, n)
}

// spool appends the next n bytes of the spool. Nothing but them may follow,
// unless flush is called.
func (w *programWriter) spool(n int64) {
	if w.spooled == 0 {
		w.flush()
	}
	w.spooled += n
}

var errProgram = errors.New("the program is damaged")

// programReader takes a program apart. It refuses whatever leaves the
// program, but knows nothing of the sources' sizes.
type programReader struct {
	buf  []byte
	ends []int64 // by source
}

// next returns the next operation. There must be one.
func (r *programReader) next() (op, error) {
	head, ok := r.uvarint()
	o := op{kind: int(head & 3), n: int64(head >> 2), final: -1}
	if !ok || o.n == 0 || o.n > maxCount {
		return op{}, errProgram
	}
	switch o.kind {
	case opLiteral:
		if o.n > int64(len(r.buf)) {
			return op{}, errProgram
		}
		o.literal, r.buf = r.buf[:o.n], r.buf[o.n:]
		return o, nil
	case opSpool:
		return o, nil
	}
	if !r.place(&o) {
		return op{}, errProgram
	}
	if o.kind == opCopy {
		back, ok := r.uvarint()
		if !ok || back > uint64(8*o.n) {
			return op{}, errProgram
		}
		if back > 0 {
			o.final = 8*o.n - int64(back)
		}
	}
	return o, nil
}

func (r *programReader) place(o *op) bool {
	source, ok := r.uvarint()
	if !ok || source >= uint64(len(r.ends)) {
		return false
	}
	delta, n := binary.Varint(r.buf)
	if n <= 0 || delta > maxCount || delta < -maxCount {
		return false
	}
	r.buf = r.buf[n:]
	o.source = int(source)
	o.offset = r.ends[source] + delta
	if o.offset < 0 || o.offset > maxCount {
		return false
	}
	r.ends[source] = o.offset + o.n
	return true
}

func (r *programReader) uvarint() (uint64, bool) {
	v, n := binary.Uvarint(r.buf)
	if n <= 0 {
		return 0, false
	}
	r.buf = r.buf[n:]
	return v, true
}
