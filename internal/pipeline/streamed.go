package pipeline

import (
	"io"
	"sync"

	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/layers"
)

// streamed are the layers that are uploaded while they are packed.
type streamed struct {
	open func() (*registry.BlobWriter, error)

	mu      sync.Mutex
	uploads map[int]*registry.BlobWriter // by the layer's index
}

// writer opens the upload of a layer; nil where that fails, which is found out
// again when the layer is pushed as others are.
func (s *streamed) writer(index int) io.Writer {
	w, err := s.open()
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.uploads == nil {
		s.uploads = map[int]*registry.BlobWriter{}
	}
	s.uploads[index] = w
	return w
}

// commit ends the upload of a layer, and reports whether it was one and went
// well.
func (s *streamed) commit(index int, l *layers.Layer) bool {
	s.mu.Lock()
	w := s.uploads[index]
	s.mu.Unlock()
	if w == nil {
		return false
	}
	digest, err := l.Digest()
	if err != nil {
		return false
	}
	size, err := l.Size()
	return err == nil && w.Commit(digest, size) == nil
}

// close gives up what isn't committed.
func (s *streamed) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.uploads {
		w.Abort()
	}
}
