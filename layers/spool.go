package layers

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
)

// A spool takes the compressed plain content of one layer, in order, that is
// too large for the layer's recipe.
type spool struct {
	file *os.File
	path string // to remove it by; empty once it has no name of its own
	why  error  // why it is not in the store's care
	sum  hash.Hash
	size int64
}

// newSpool creates a spool. One that the store may take in later has a name
// there; another one has none any more where the system allows that, so that
// nothing is left behind, however the program ends.
func newSpool(store Store, dir string) (*spool, error) {
	var why error
	if store != nil {
		f, err := store.TempFile()
		if err == nil {
			return &spool{file: f, path: f.Name(), sum: sha256.New()}, nil
		}
		why = err
	}
	f, err := os.CreateTemp(dir, "layer-*.spool")
	if err != nil {
		return nil, fmt.Errorf("creating a spool: %w", err)
	}
	s := &spool{file: f, path: f.Name(), why: why, sum: sha256.New()}
	if os.Remove(s.path) == nil {
		s.path = ""
	}
	return s, nil
}

func (s *spool) write(p []byte) error {
	if _, err := s.file.Write(p); err != nil {
		return fmt.Errorf("writing a spool: %w", err)
	}
	s.sum.Write(p)
	s.size += int64(len(p))
	return nil
}

func (s *spool) id() fileID {
	return fileID{sha256: [sha256.Size]byte(s.sum.Sum(nil)), size: s.size}
}

// keep hands the spool's file to the store.
func (s *spool) keep(store Store) error {
	if s.why != nil {
		return fmt.Errorf("keeping a spool: %w", s.why)
	}
	id := s.id()
	if _, err := store.AddFile(KindSpool, fmt.Sprintf("%x", id.sha256), s.path); err != nil {
		return fmt.Errorf("keeping a spool: %w", err)
	}
	s.path = ""
	return nil
}

// close closes the spool and removes what is left of it.
func (s *spool) close() error {
	if s == nil {
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
