package layers

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
)

// maxKeptSpool is how large a spool a store is given to keep, in bytes. What is
// larger is packed again from its files should it be read again; that is rare,
// and a cache of models would be as large as the models.
const maxKeptSpool = 128 << 20

// A spool takes the compressed plain content of one layer, in order, that is
// too large for the layer's recipe. One without a file keeps nothing.
type spool struct {
	file *os.File
	out  *bufio.Writer // nil once all is written
	path string        // to remove it by; empty once it has no name of its own
	care Store         // in whose care it is, nil if in none's
	why  error         // why it is not in the store's care
	dir  string        // where it goes if the store can't take all of it
	sum  hash.Hash     // nil once it is larger than is kept
	size int64

	limit int64 // of what a store keeps
}

// newSpool creates a spool. One that the store may take in later has a name
// there, unless it grows larger than limit; another one has none any more where
// the system allows that, so that nothing is left behind, however the program
// ends.
func newSpool(store Store, dir string, limit int64) (*spool, error) {
	var why error
	if store != nil {
		f, err := store.TempFile()
		if err == nil {
			return makeSpool(&spool{file: f, path: f.Name(), care: store, dir: dir, limit: limit}), nil
		}
		why = err
	}
	f, path, err := ownFile(dir)
	if err != nil {
		return nil, fmt.Errorf("creating a spool: %w", err)
	}
	return makeSpool(&spool{file: f, path: path, why: why, limit: limit}), nil
}

func makeSpool(s *spool) *spool {
	s.out, s.sum = bufio.NewWriterSize(spoolFile{s}, fillSize), sha256.New()
	return s
}

// ownFile creates a file in dir. Its path is empty if it has no name any more.
func ownFile(dir string) (*os.File, string, error) {
	f, err := os.CreateTemp(dir, "layer-*.spool")
	if err != nil {
		return nil, "", err
	}
	if os.Remove(f.Name()) == nil {
		return f, "", nil
	}
	return f, f.Name(), nil
}

// spoolFile writes to a spool's file. Where the store has no room, it goes on
// elsewhere with what was written so far.
type spoolFile struct{ s *spool }

func (w spoolFile) Write(p []byte) (int, error) {
	n, err := w.s.file.Write(p)
	if err == nil || w.s.care == nil {
		return n, err
	}
	if merr := w.s.move(err); merr != nil {
		return n, errors.Join(err, merr)
	}
	m, err := w.s.file.Write(p[n:])
	return n + m, err
}

// move takes the spool out of the store's care, which could not be written
// because of why, to a file of its own.
func (s *spool) move(why error) error {
	written, err := s.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	f, path, err := ownFile(s.dir)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, io.NewSectionReader(s.file, 0, written)); err != nil {
		err = errors.Join(err, f.Close())
		if path != "" {
			err = errors.Join(err, os.Remove(path))
		}
		return err
	}
	if t, ok := s.care.(failureTaker); ok {
		why = t.WriteFailed(why)
	}
	// What it was in is of no use any more; the store removes what stays.
	_ = s.file.Close()
	_ = os.Remove(s.path)
	s.file, s.path, s.care, s.why = f, path, nil, why
	return nil
}

func (s *spool) write(p []byte) error {
	if s.file != nil {
		if _, err := s.out.Write(p); err != nil {
			return fmt.Errorf("writing a spool: %w", err)
		}
	}
	if s.size += int64(len(p)); s.size > s.limit {
		s.sum = nil
	}
	if s.sum != nil {
		s.sum.Write(p)
	}
	return nil
}

// flush makes all that was written readable.
func (s *spool) flush() error {
	if s.file == nil {
		return nil
	}
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("writing a spool: %w", err)
	}
	return nil
}

// id returns what a recipe says of the spool: without a digest where no store
// keeps it.
func (s *spool) id() fileID {
	id := fileID{size: s.size}
	if s.sum != nil {
		id.sha256 = [sha256.Size]byte(s.sum.Sum(nil))
	}
	return id
}

// kept reports whether a store was to keep the spool of that identity.
func (f fileID) kept() bool { return f.sha256 != [sha256.Size]byte{} }

// keep hands the spool's file to the store, unless it is too large.
func (s *spool) keep(store Store) error {
	id := s.id()
	if !id.kept() {
		return nil
	}
	if s.why != nil {
		return fmt.Errorf("keeping a spool: %w", s.why)
	}
	if _, err := store.AddFile(KindSpool, fmt.Sprintf("%x", id.sha256), s.path); err != nil {
		return fmt.Errorf("keeping a spool: %w", err)
	}
	s.path = ""
	return nil
}

// close closes the spool and removes what is left of it.
func (s *spool) close() error {
	if s == nil || s.file == nil {
		return nil
	}
	err := s.file.Close()
	if s.path != "" {
		err = errors.Join(err, os.Remove(s.path))
	}
	return err
}

// openSpool opens a spool that a store has kept, and checks all of it.
func openSpool(path string, want fileID) (*spool, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening a spool: %w", err)
	}
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err == nil && (n != want.size || [sha256.Size]byte(sum.Sum(nil)) != want.sha256) {
		err = errors.New("it is damaged")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("reading the spool %q: %w", path, err), f.Close())
	}
	return &spool{file: f}, nil
}
