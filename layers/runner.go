package layers

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A runner executes a program: what it reads is the layer's compressed bytes.
// The same code hashes a layer while it is packed and streams it later.
type runner struct {
	program programReader
	inputs  inputs

	op      op
	left    int64  // of op: bytes of the literal, source or spool
	header  []byte // of a stored block, still to be given out
	chunk   int64  // of a stored block, still to be given out
	spooled int64  // bytes of the spool already used
	array   [storedHeader]byte
}

// inputs is where a program's bytes come from besides itself.
type inputs interface {
	// source returns the source with that index.
	source(i int) (io.ReaderAt, error)
	// spool returns the layer's spool.
	spool() (io.ReaderAt, error)
}

func newRunner(program []byte, sources int, in inputs) *runner {
	return &runner{program: programReader{buf: program, ends: make([]int64, sources)}, inputs: in}
}

// fill reads until dst is full or the program is at its end, when it returns
// io.EOF with whatever it has read.
func (r *runner) fill(dst []byte) (int, error) {
	n := 0
	for {
		if r.left == 0 {
			if len(r.program.buf) == 0 {
				return n, io.EOF
			}
			if err := r.load(); err != nil {
				return n, err
			}
		}
		if n == len(dst) {
			return n, nil
		}
		m, err := r.step(dst[n:])
		n += m
		if err != nil {
			return n, err
		}
	}
}

func (r *runner) load() error {
	o, err := r.program.next()
	if err != nil {
		return err
	}
	r.op, r.left = o, o.n
	if o.kind == opStored {
		r.nextStored()
		r.header = r.header[1:] // it is in the literal before
	}
	return nil
}

// nextStored readies the header of the next stored block.
func (r *runner) nextStored() {
	r.chunk = min(r.left, maxStored)
	r.array[0] = blockStored
	binary.LittleEndian.PutUint16(r.array[1:], uint16(r.chunk))
	binary.LittleEndian.PutUint16(r.array[3:], ^uint16(r.chunk))
	r.header = r.array[:]
}

// step gives out what it can of the current operation, at least one byte.
func (r *runner) step(dst []byte) (int, error) {
	switch r.op.kind {
	case opLiteral:
		n := copy(dst, r.op.literal[r.op.n-r.left:])
		r.left -= int64(n)
		return n, nil
	case opSpool:
		f, err := r.inputs.spool()
		if err != nil {
			return 0, err
		}
		n, err := readAt(f, clip(dst, r.left), r.spooled)
		r.spooled += int64(n)
		r.left -= int64(n)
		return n, err
	case opStored:
		return r.stepStored(dst)
	}
	n, err := r.read(clip(dst, r.left))
	if at := r.op.final / 8; r.op.final >= 0 && at >= r.op.n-r.left && at < r.op.n-r.left+int64(n) {
		dst[at-(r.op.n-r.left)] &^= 1 << (r.op.final % 8)
	}
	r.left -= int64(n)
	return n, err
}

func (r *runner) stepStored(dst []byte) (int, error) {
	if len(r.header) > 0 {
		n := copy(dst, r.header)
		r.header = r.header[n:]
		return n, nil
	}
	n, err := r.read(clip(dst, r.chunk))
	r.left -= int64(n)
	r.chunk -= int64(n)
	if r.chunk == 0 && r.left > 0 {
		r.nextStored()
	}
	return n, err
}

// read reads the next bytes of the current operation's source.
func (r *runner) read(dst []byte) (int, error) {
	f, err := r.inputs.source(r.op.source)
	if err != nil {
		return 0, err
	}
	return readAt(f, dst, r.op.offset+r.op.n-r.left)
}

// readAt fills dst. A file that ends before has been cut since it was hashed.
func readAt(f io.ReaderAt, dst []byte, offset int64) (int, error) {
	n, err := f.ReadAt(dst, offset)
	if n == len(dst) {
		return n, nil
	}
	if errors.Is(err, io.EOF) {
		return n, fmt.Errorf("reading %d bytes at %d: %w", len(dst), offset, ErrSourceChanged)
	}
	return n, fmt.Errorf("reading %d bytes at %d: %w", len(dst), offset, err)
}

func clip(p []byte, n int64) []byte {
	return p[:min(int64(len(p)), n)]
}
