package unpack

import (
	"bufio"
	"errors"
	"io"
	"os"

	"github.com/assemble-image/assemble/internal/osfile"
)

// A spool has the contents of a package's files, one behind the other.
type spool struct {
	file *os.File
	out  *bufio.Writer
	path string // to remove it by; empty once it has no name any more
	size int64
}

// newSpool creates a file that has no name any more where the system allows
// that, so that nothing is left behind, however the program ends.
func newSpool(dir string) (*spool, error) {
	f, err := os.CreateTemp(dir, osfile.TempPrefix+"unpack-*")
	if err != nil {
		return nil, err
	}
	s := &spool{file: f, out: bufio.NewWriterSize(f, 256<<10)}
	if os.Remove(f.Name()) != nil {
		s.path = f.Name()
	}
	return s, nil
}

// add appends content and returns where it lies.
func (s *spool) add(r io.Reader) (offset int64, err error) {
	offset = s.size
	n, err := s.out.ReadFrom(r)
	s.size += n
	return offset, err
}

// open returns a function that opens content.
func (s *spool) open(offset, size int64) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		return io.NopCloser(s.part(offset, size)), nil
	}
}

// part is content that lies there already.
func (s *spool) part(offset, size int64) *io.SectionReader {
	return io.NewSectionReader(s.file, offset, size)
}

// flush writes what is left; nothing is added after it.
func (s *spool) flush() error {
	err := s.out.Flush()
	s.out = nil // it takes memory
	return osfile.WithoutPath(err)
}

func (s *spool) close() error {
	err := s.file.Close()
	if s.path != "" {
		err = errors.Join(err, os.Remove(s.path))
	}
	return err
}
