package layers

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"io"

	"github.com/assemble-image/assemble/internal/inflate"
)

// gzipHeader (RFC 1952) has neither name nor time, and no system's number, so
// that it is the same everywhere.
const gzipHeader = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

const (
	// maxPendingHeaders bounds the headers that wait for a file's content.
	maxPendingHeaders = 64 << 10
	// maxInlinePlain is how much compressed plain content goes into the
	// recipe itself; the rest goes into a spool. In a layer of nothing else,
	// headers count, too, and what follows is all in the spool: many small
	// files take no more of a recipe than a large one.
	maxInlinePlain = 2 << 20
	// fillSize is the size of the pieces in which layers are put together.
	fillSize = 256 << 10
)

// zeroBlock is for padding and for the end of a tar.
var zeroBlock [blockSize]byte

// content is what is known of an entry's content once all of it is read.
type content struct {
	crc  uint32
	tail inflate.Tail // of a deflated slice
	last byte         // of a deflated slice
	// plain is the compressed content of an entry that isn't a slice, at
	// byte boundaries, unless it was handed to the assembly before.
	plain []byte
}

// An assembly is a layer in the making: entries go in, in their order; both
// digests and the recipe come out.
type assembly struct {
	mtime   int64
	tar     *tarHash
	crc     uint32 // of the tar
	tarSize int64
	headers headerEncoder
	blocks  []block // scratch

	program programWriter
	runner  *runner
	hashed  int // bytes of the program
	gzip    hash.Hash
	tee     io.Writer // gets the gzip stream, too; nil if nobody wants it
	size    int64     // of the gzip stream, as far as it is hashed
	buf     []byte
	inlined int64 // bytes of the program that could be in a spool

	sources  *files
	newSpool func() (*spool, error)
	spooled  *spool // nil until it is needed
}

func newAssembly(mtime int64, cores *cores, sources *files, spool func() (*spool, error)) *assembly {
	a := &assembly{mtime: mtime, tar: newTarHash(cores), gzip: sha256.New(), buf: make([]byte, fillSize), sources: sources, newSpool: spool}
	a.program.ends = make([]int64, len(sources.sources))
	a.program.literal = append(a.program.literal, gzipHeader...)
	a.runner = newRunner(nil, len(sources.sources), a)
	return a
}

func (a *assembly) source(i int) (io.ReaderAt, error) { return a.sources.source(i) }

func (a *assembly) spool() (io.ReaderAt, error) { return a.spooled.file, nil }

// begin writes what stands before the entry's content.
func (a *assembly) begin(e *Entry) error {
	a.blocks = appendHeaders(a.blocks[:0], e, a.mtime)
	for i := range a.blocks {
		b := &a.blocks[i]
		a.headers.block(b, a.tarSize)
		a.known(b.data[:])
	}
	a.tar.begin(e)
	if len(a.headers.buf) > maxPendingHeaders {
		return a.takeHeaders()
	}
	return nil
}

// known adds bytes of the tar that are no entry's content.
func (a *assembly) known(p []byte) {
	a.tar.known(p)
	a.crc = crc32.Update(a.crc, crc32.IEEETable, p)
	a.tarSize += int64(len(p))
}

// end writes the entry's content, all of which has been written to the tar,
// to the gzip stream, and what stands after it.
func (a *assembly) end(e *Entry, source int, c *content) error {
	if err := a.tar.end(); err != nil || e.Size == 0 {
		return err
	}
	switch {
	case e.Slice == nil:
		if c.plain != nil {
			if err := a.beginPlain(); err != nil {
				return err
			}
			if err := a.addPlain(c.plain); err != nil {
				return err
			}
		}
	case e.Slice.Deflated:
		if err := a.splice(e.Slice, source, c); err != nil {
			return err
		}
	default:
		a.headers.stored()
		if err := a.takeHeaders(); err != nil {
			return err
		}
		a.passSpool()
		a.program.stored(source, e.Slice.Offset, e.Slice.Length)
	}
	a.crc = crcConcat(a.crc, c.crc, e.Size)
	a.tarSize += e.Size
	a.pad(padding(e.Size))
	return nil
}

// splice adds a deflate stream as it is, but for its final-block bit and the
// unused bits of its last byte.
func (a *assembly) splice(s *Slice, source int, c *content) error {
	a.headers.sync()
	if err := a.takeHeaders(); err != nil {
		return err
	}
	used := uint(c.tail.End % 8) // bits of the last byte
	n := s.Length
	if used != 0 {
		n--
		a.headers.resume(c.last, used)
	}
	a.passSpool()
	a.program.copy(source, s.Offset, n, c.tail.Final)
	return nil
}

func (a *assembly) pad(n int) {
	if n > 0 {
		a.headers.zeros(n)
		a.known(zeroBlock[:n])
	}
}

// takeHeaders moves the whole bytes of encoded headers into the program, or
// into the spool.
func (a *assembly) takeHeaders() error {
	var err error
	if len(a.sources.sources) > 0 {
		a.literal(a.headers.buf)
	} else {
		err = a.addPlain(a.headers.buf)
	}
	a.headers.buf = a.headers.buf[:0]
	return err
}

// give hands on bytes of the gzip stream.
func (a *assembly) give(p []byte) {
	a.gzip.Write(p)
	a.size += int64(len(p))
	if a.tee == nil {
		return
	}
	if _, err := a.tee.Write(p); err != nil {
		a.tee = nil // who gave it knows
	}
}

// hash sees to it that all there is of the gzip stream is hashed.
func (a *assembly) hash() error {
	if a.spooled != nil {
		if err := a.spooled.flush(); err != nil {
			return err
		}
	}
	return a.run()
}

// run runs what is new in the program and hashes the outcome.
func (a *assembly) run() error {
	if a.program.spooled > 0 {
		return nil // it comes last, and is hashed
	}
	a.program.flush()
	if a.hashed == len(a.program.buf) {
		return nil
	}
	a.runner.program.buf = a.program.buf[a.hashed:]
	a.hashed = len(a.program.buf)
	for {
		n, err := a.runner.fill(a.buf)
		a.give(a.buf[:n])
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// finish ends the tar and the gzip stream and returns the recipe, whose key
// and entries are left to the caller.
func (a *assembly) finish() (*recipe, error) {
	a.pad(blockSize)
	a.pad(blockSize)
	a.headers.finish()
	a.headers.buf = binary.LittleEndian.AppendUint32(a.headers.buf, a.crc)
	a.headers.buf = binary.LittleEndian.AppendUint32(a.headers.buf, uint32(a.tarSize))
	if err := errors.Join(a.takeHeaders(), a.hash()); err != nil {
		return nil, err
	}
	a.program.flush()
	r := &recipe{program: bytes.Clone(a.program.buf)} // without the room to grow
	r.Digest = [sha256.Size]byte(a.gzip.Sum(nil))
	r.DiffID = [sha256.Size]byte(a.tar.sum())
	r.Size, r.TarSize = a.size, a.tarSize
	for _, s := range a.sources.sources {
		r.sources = append(r.sources, fileID{sha256: s.SHA256, size: s.Size})
	}
	if a.spooled != nil {
		r.spool = a.spooled.id()
	}
	return r, nil
}
