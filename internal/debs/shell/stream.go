package shell

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/root"
)

// stream is an open file descriptor.
type stream struct {
	r io.Reader
	w io.Writer
	c io.Closer
}

func (s stream) close() {
	if s.c != nil {
		_ = s.c.Close() // of a virtual file, which has nothing to lose
	}
}

// empty is /dev/null.
type empty struct{}

func (empty) Read([]byte) (int, error)    { return 0, io.EOF }
func (empty) Write(p []byte) (int, error) { return len(p), nil }

// printer is what a script prints to.
type printer struct{ e *env }

func (p printer) Write(b []byte) (int, error) {
	p.e.print(len(b))
	p.e.spend(len(b))
	if p.e.Output == nil {
		return len(b), nil
	}
	return p.e.Output.Write(b)
}

// capture keeps what a command prints, for the next one.
type capture struct {
	m   *meter
	buf bytes.Buffer
}

func (c *capture) Write(b []byte) (int, error) {
	c.m.spend(len(b))
	c.m.hold(len(b))
	return c.buf.Write(b)
}

// closed is a descriptor that was closed.
type closed struct{}

var errClosed = errors.New("Bad file descriptor") //nolint:staticcheck // as the C library words it

func (closed) Read([]byte) (int, error)  { return 0, errClosed }
func (closed) Write([]byte) (int, error) { return 0, errClosed }

// fd returns an open descriptor.
func (s *state) fd(n int) stream {
	f := s.fds[n]
	if f.r == nil {
		f.r = closed{}
	}
	if f.w == nil {
		f.w = closed{}
	}
	return f
}

// open opens a path for a redirection.
func (s *state) open(path string, flags int) (stream, error) {
	switch path {
	case "/dev/null", "/dev/tty":
		return stream{r: empty{}, w: empty{}}, nil
	case "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0":
		return s.fd(0), nil
	case "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1":
		return s.fd(1), nil
	case "/dev/stderr", "/dev/fd/2", "/proc/self/fd/2":
		return s.fd(2), nil
	}
	h, err := s.Root.OpenFile(path, flags, 0o666&^mode(s.umask))
	if err != nil {
		return stream{}, err
	}
	f := stream{r: s.limitReader(h), c: h}
	if flags&(root.Write|root.Append) != 0 {
		f.w = fileWriter{s.env, h}
	}
	return f, nil
}

// fileWriter writes to the root; its bound ends the script.
type fileWriter struct {
	e *env
	h *root.Handle
}

func (w fileWriter) Write(p []byte) (int, error) {
	w.e.spend(len(p))
	n, err := w.h.Write(p)
	w.e.check(err)
	return n, err
}

// check ends the script if the root is full.
func (e *env) check(err error) {
	if _, full := errors.AsType[*root.LimitError](err); full {
		panic(stop{err})
	}
}

// limitReader counts what is read as work.
func (s *state) limitReader(r io.Reader) io.Reader { return countingReader{s.env, r} }

type countingReader struct {
	e *env
	r io.Reader
}

func (c countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.e.spend(n + 1)
	return n, err
}

func (s *state) text(text string) stream { return stream{r: s.limitReader(strings.NewReader(text))} }
