package app

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// errChanged reports a file that was altered while it was being assembled.
var errChanged = errors.New("it changed while it was being read")

// open opens a regular file below the root, and checks that it is the one that
// fi describes. Should a pipe have taken its place, that doesn't block.
func (w *walker) open(name string, fi fs.FileInfo) (*os.File, error) {
	f, err := w.root.OpenFile(name, os.O_RDONLY|nonBlock, 0)
	if err != nil {
		return nil, err
	}
	if err := unchanged(f, fi); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// unchanged tells whether the open file still is what fi describes.
func unchanged(f *os.File, fi fs.FileInfo) error {
	now, err := f.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(now, fi) || !now.Mode().IsRegular() || !now.ModTime().Equal(fi.ModTime()) {
		return errChanged
	}
	if now.Size() != fi.Size() {
		return fmt.Errorf("%w (%d bytes, not %d)", errChanged, now.Size(), fi.Size())
	}
	return nil
}

// opener returns how the entry's content is opened. The packer compares size
// and SHA-256 of what it reads.
func (w *walker) opener(name string, fi fs.FileInfo) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		f, err := w.open(name, fi)
		if err != nil {
			return nil, w.fileError(name, err)
		}
		return f, nil
	}
}
