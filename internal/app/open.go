package app

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/assemble-image/assemble/internal/osfile"
)

// errChanged reports a file that was altered while it was being assembled.
var errChanged = errors.New("it changed while it was being read")

// open opens a regular file below the root, and checks that it is the one of
// that status. Should a pipe have taken its place, that doesn't block.
func (w *walker) open(name string, st status) (*os.File, error) {
	at, base := split(name)
	dir, err := w.dirs.get(at)
	if err != nil {
		return nil, err
	}
	defer w.dirs.put(dir)
	f, err := dir.OpenFile(base, os.O_RDONLY|osfile.NonBlock, 0)
	if err != nil {
		return nil, err
	}
	if err := unchanged(f, st); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// unchanged tells whether the open file still has that status, but for the
// time at which it was changed: a new name or mode is no matter.
func unchanged(f *os.File, st status) error {
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	now := statusOf(fi)
	if !fi.Mode().IsRegular() || now.ino != st.ino || now.mtime != st.mtime {
		return errChanged
	}
	if now.size != st.size {
		return fmt.Errorf("%w (%d bytes, not %d)", errChanged, now.size, st.size)
	}
	return nil
}

// opener returns how the entry's content is opened. The packer compares size
// and SHA-256 of what it reads.
func (w *walker) opener(name string, st status) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		f, err := w.open(name, st)
		if err != nil {
			return nil, w.fileError(name, err)
		}
		return f, nil
	}
}
