package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/assemble-image/assemble/layers"
)

// openLayer returns how to open the layer, under the context of the push: it
// has retries of its own where it comes from a registry. The registry that gets
// it checks its digest, so it isn't hashed here unless it was refused.
func (u *blobUpload) openLayer(ctx context.Context) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		open := layers.OpenUnverified
		if u.refused {
			open = layers.OpenCompressed
		}
		rc, err := open(ctx, u.layer)
		if err != nil {
			return nil, fmt.Errorf("opening the layer: %w", err)
		}
		return rc, nil
	}
}

// mistrust makes one refusal of what was sent (400) worth another attempt, with
// content that is hashed while it is read: that tells what is wrong with it
// before all is sent.
func (u *blobUpload) mistrust(err error) error {
	var e *Error
	if u.refused || !errors.As(err, &e) || e.Status != http.StatusBadRequest {
		return err
	}
	u.refused = true
	return &Error{Status: http.StatusServiceUnavailable, Detail: join("the registry refuses the content", e.Detail), cause: err}
}

// source reads a blob section by section. It stays open between sections that
// follow each other, since reaching an offset means reading all before it.
type source struct {
	open func() (io.ReadCloser, error)

	mu      sync.Mutex
	rc      io.ReadCloser
	at      int64
	current *section
	failed  error
}

// section opens n bytes from the offset on. The section before ends.
func (s *source) section(offset, n int64) (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = nil
	if s.rc == nil || s.at != offset {
		if err := s.seek(offset); err != nil {
			s.failed = err
			return nil, err
		}
	}
	s.current = &section{source: s, left: n}
	return s.current, nil
}

// seek opens the blob anew and goes to the offset.
func (s *source) seek(offset int64) error {
	if s.rc != nil {
		s.rc.Close()
		s.rc = nil
	}
	rc, err := s.open()
	if err != nil {
		return err
	}
	s.rc, s.at = rc, offset
	if _, err := io.CopyN(io.Discard, rc, offset); err != nil {
		return fmt.Errorf("reading the layer: %w", err)
	}
	return nil
}

// release ends the section: the transport may still be at it when a request
// has failed.
func (s *source) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = nil
}

// failure is why the blob can't be read, which no registry can mend.
func (s *source) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

func (s *source) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = nil
	if s.rc != nil {
		s.rc.Close()
		s.rc = nil
	}
}

// section is a part of a source while it is the current one.
type section struct {
	source *source
	left   int64
}

func (r *section) Read(p []byte) (int, error) {
	s := r.source
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.current != r:
		return 0, http.ErrBodyReadAfterClose
	case r.left == 0:
		return 0, io.EOF
	}
	n, err := s.rc.Read(p[:min(int64(len(p)), r.left)])
	s.at += int64(n)
	r.left -= int64(n)
	if errors.Is(err, io.EOF) {
		err = nil
		if r.left > 0 {
			err = io.ErrUnexpectedEOF
		}
	}
	if err != nil {
		err = fmt.Errorf("reading the layer: %w", err)
		s.failed = err
	}
	return n, err
}

// Close implements io.Closer.
func (r *section) Close() error { return nil }
