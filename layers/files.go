package layers

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/assemble-image/assemble/internal/osfile"
)

// files holds the sources of one layer, opened when they are first needed. It
// is for concurrent use.
type files struct {
	sources []*Source
	mu      sync.Mutex
	open    []openFile
}

type openFile struct {
	*os.File       // nil until it is opened
	changed  int64 // its change time when it was opened
}

func newFiles(sources []*Source) *files {
	return &files{sources: sources, open: make([]openFile, len(sources))}
}

// source returns the i-th source; it is closed with the others.
func (f *files) source(i int) (io.ReaderAt, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open[i].File == nil {
		opened, err := f.sources[i].Open()
		if err != nil {
			return nil, err
		}
		fi, err := opened.Stat()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("reading the status of %q: %w", f.sources[i].Name, err), opened.Close())
		}
		f.open[i] = openFile{opened, osfile.VersionOf(fi).Changed}
	}
	return f.open[i].File, nil
}

// check holds the opened sources against what they were when they were hashed:
// after it, all that was read from them is known to be theirs. A file that was
// written to and had its modification time set back is noticed, too, by its
// change time.
func (f *files) check() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, file := range f.open {
		if file.File == nil {
			continue
		}
		if err := f.sources[i].recheck(file); err != nil {
			return err
		}
	}
	return nil
}

func (f *files) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	for i, file := range f.open {
		if file.File == nil {
			continue
		}
		if err := file.Close(); err != nil {
			errs = append(errs, fmt.Errorf("closing %q: %w", f.sources[i].Name, err))
		}
		f.open[i] = openFile{}
	}
	return errors.Join(errs...)
}
