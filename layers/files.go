package layers

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// files holds the sources of one layer, opened when they are first needed. It
// is for concurrent use.
type files struct {
	sources []*Source
	mu      sync.Mutex
	open    []*os.File
}

func newFiles(sources []*Source) *files {
	return &files{sources: sources, open: make([]*os.File, len(sources))}
}

// source returns the i-th source; it is closed with the others.
func (f *files) source(i int) (io.ReaderAt, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open[i] == nil {
		opened, err := f.sources[i].Open()
		if err != nil {
			return nil, err
		}
		f.open[i] = opened
	}
	return f.open[i], nil
}

// check holds the opened sources against what they were when they were hashed.
func (f *files) check() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, file := range f.open {
		if file == nil {
			continue
		}
		if err := f.sources[i].check(file); err != nil {
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
		if file == nil {
			continue
		}
		if err := file.Close(); err != nil {
			errs = append(errs, fmt.Errorf("closing %q: %w", f.sources[i].Name, err))
		}
		f.open[i] = nil
	}
	return errors.Join(errs...)
}
