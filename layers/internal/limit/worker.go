package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"

	"github.com/klauspost/compress/flate"

	"github.com/assemble-image/assemble/internal/inflate"
)

// pieceSize is how many bytes are read at once.
const pieceSize = 128 << 10

// inflater hands the content of a deflated entry to emit, in pieces.
type inflater func(src io.ReaderAt, e *entry, emit func([]byte) error) error

var inflaters = map[string]func() inflater{"own": newOwn, "klauspost": newKlauspost}

// newOwn is the inflater that layers are packed with.
func newOwn() inflater {
	d := inflate.NewDecoder()
	return func(src io.ReaderAt, e *entry, emit func([]byte) error) error {
		_, err := d.Decode(inflate.Stream{Src: src, Off: e.offset, Len: e.length, Size: e.size}, emit)
		return err
	}
}

// newKlauspost is the fastest inflater among Go's common libraries.
func newKlauspost() inflater {
	in := bufio.NewReaderSize(nil, pieceSize)
	r := flate.NewReader(bytes.NewReader(nil))
	piece := make([]byte, pieceSize)
	return func(src io.ReaderAt, e *entry, emit func([]byte) error) error {
		in.Reset(io.NewSectionReader(src, e.offset, e.length))
		if err := r.(flate.Resetter).Reset(in, nil); err != nil { //nolint:forcetypeassert // NewReader promises it
			return err
		}
		for {
			n, err := r.Read(piece)
			if eerr := emit(piece[:n]); eerr != nil {
				return eerr
			}
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
		}
	}
}

// worker is one core's means. The hashes run on from file to file: the
// digests aren't wanted, and ending one for each file would cost extra.
type worker struct {
	inflate         inflater
	packed, content hash.Hash
	piece           []byte
}

func newWorker(i inflater) *worker {
	return &worker{inflate: i, packed: sha256.New(), content: sha256.New(), piece: make([]byte, pieceSize)}
}

// read hashes both sides of one entry.
func (w *worker) read(e *entry) error {
	n := int64(0)
	emit := func(b []byte) error {
		n += int64(len(b))
		w.content.Write(b)
		return nil
	}
	src := hashingReader{e.wheel, w.packed}
	var err error
	if e.deflated {
		err = w.inflate(src, e, emit)
	} else {
		err = w.copy(src, e, emit)
	}
	if err == nil && n != e.size {
		err = fmt.Errorf("it has %d bytes, not %d", n, e.size)
	}
	return err
}

func (w *worker) copy(src io.ReaderAt, e *entry, emit func([]byte) error) error {
	for n := int64(0); n < e.length; {
		b := w.piece[:min(pieceSize, e.length-n)]
		if _, err := src.ReadAt(b, e.offset+n); err != nil {
			return err
		}
		n += int64(len(b))
		if err := emit(b); err != nil {
			return err
		}
	}
	return nil
}

// hashingReader hashes what is read. Both inflaters read each byte once, in
// order.
type hashingReader struct {
	src io.ReaderAt
	sum hash.Hash
}

func (h hashingReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := h.src.ReadAt(p, off)
	h.sum.Write(p[:n])
	return n, err
}
