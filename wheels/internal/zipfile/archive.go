package zipfile

import (
	"bufio"
	"compress/flate"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"strings"
)

// Archive is a zip archive whose structure has been checked.
type Archive struct {
	// Entries are the files and directories in the order of the central
	// directory.
	Entries []Entry

	r io.ReaderAt
}

// Read checks the archive of size bytes in r: every structure in it, but no
// file's content. The archive keeps r for [Archive.Open].
func Read(r io.ReaderAt, size int64, lim Limits) (*Archive, error) {
	entries, d, err := readDirectory(r, size, lim.fill())
	if err != nil {
		return nil, err
	}
	if err := checkLocal(r, entries, d.offset); err != nil {
		return nil, err
	}
	return &Archive{Entries: entries, r: r}, nil
}

// readDirectory reads the end record and the central directory, and checks
// what can be checked without a look at the entries themselves.
func readDirectory(r io.ReaderAt, size int64, lim Limits) ([]Entry, directory, error) {
	d, err := readEnd(r, size)
	if err != nil {
		return nil, d, err
	}
	entries, err := readCentral(r, d, lim)
	if err != nil {
		return nil, d, err
	}
	if err := checkUnique(entries); err != nil {
		return nil, d, err
	}
	return entries, d, lim.checkTotals(entries, size)
}

// Open returns e's content. Its last Read fails unless the content has the
// declared size and CRC-32 and the packed bytes end with it. A directory has
// none, as [Read] has made sure.
func (a *Archive) Open(e *Entry) io.Reader {
	if e.IsDir() {
		return strings.NewReader("")
	}
	raw := io.NewSectionReader(a.r, e.DataOffset, e.PackedSize)
	c := &content{left: e.Size, want: e.CRC32, sum: crc32.NewIEEE()}
	if e.Method == Stored {
		c.r, c.raw = raw, raw
		return c
	}
	// flate takes single bytes from a bufio.Reader, so that what it has not
	// taken is really left over.
	buf := bufio.NewReaderSize(raw, int(min(max(e.PackedSize, 16), 32<<10)))
	c.r, c.raw = flate.NewReader(buf), buf
	return c
}

// ReadAll returns e's content, which may have limit bytes at most.
func (a *Archive) ReadAll(e *Entry, limit int64) ([]byte, error) {
	if e.Size > limit {
		return nil, fmt.Errorf("reading %q: it has %d bytes, more than the limit of %d", e.Name, e.Size, limit)
	}
	r := a.Open(e)
	b := make([]byte, e.Size)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, fmt.Errorf("reading %q: %w", e.Name, err)
	}
	if n, err := r.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading %q: %w", e.Name, err)
	}
	return b, nil
}

// content counts and sums what is read through it.
type content struct {
	r    io.Reader
	raw  io.Reader
	left int64
	want uint32
	sum  hash.Hash32
	err  error
}

// Read implements [io.Reader].
func (c *content) Read(p []byte) (int, error) {
	if c.err != nil || len(p) == 0 {
		return 0, c.err
	}
	// One byte more than is left is asked for, to see that nothing follows.
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.r.Read(p)
	if int64(n) > c.left {
		c.err = errors.New("the content is longer than declared")
		return 0, c.err
	}
	c.left -= int64(n)
	c.sum.Write(p[:n])
	switch {
	case errors.Is(err, io.EOF):
		c.err = c.finish()
	case err != nil:
		c.err = fmt.Errorf("unpacking: %w", err)
	}
	return n, c.err
}

// finish returns io.EOF when the content is as it was declared.
func (c *content) finish() error {
	switch {
	case c.left != 0:
		return fmt.Errorf("the content is %d bytes shorter than declared", c.left)
	case c.sum.Sum32() != c.want:
		return errors.New("the content does not have the declared CRC-32")
	}
	if n, err := c.raw.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		return errors.New("bytes follow the end of the packed content")
	}
	return io.EOF
}

// Reopen returns the archive with its content read from r, which must hold
// the same bytes as the one it was read from.
func (a *Archive) Reopen(r io.ReaderAt) *Archive {
	return &Archive{Entries: a.Entries, r: r}
}
