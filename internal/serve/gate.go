package serve

import (
	"errors"
	"os"
	"path/filepath"
	"sync"

	"github.com/assemble-image/assemble/internal/osfile"
)

// lockName is the file in the registry's directory by which a collection and the
// registries that serve from there keep out of each other's way.
const lockName = ".lock"

// gate lets requests that rely on what is in the store run beside each other,
// but not while garbage is collected, by another process as well. The first one
// in takes the lock, the last one out gives it back.
type gate struct {
	path string

	mu   sync.Mutex
	in   int
	file *os.File
}

func newGate(dir string) *gate { return &gate{path: filepath.Join(dir, lockName)} }

// enter returns what gives the place back. A file system without locks has
// none, and then a collection must not run beside a registry.
func (g *gate) enter() (leave func(), err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.in == 0 {
		if g.file, err = lockFile(g.path); err != nil {
			return nil, err
		}
	}
	g.in++
	return g.leave, nil
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.in--; g.in == 0 && g.file != nil {
		_ = g.file.Close() // which ends the lock
		g.file = nil
	}
}

// lockFile waits for the lock; the file is nil where there are none.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := osfile.WaitLock(f); err != nil {
		if closing := f.Close(); errors.Is(err, errors.ErrUnsupported) {
			return nil, closing
		}
		return nil, err
	}
	return f, nil
}
