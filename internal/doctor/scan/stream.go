package scan

import (
	"bytes"
	"errors"

	"github.com/assemble-image/assemble/internal/doctor/object"
)

// Stream notes a file that is given out once, piece by piece.
type Stream struct {
	size   int64
	head   []byte // as long as it isn't known what the file is
	known  bool
	object *object.Collector // of an ELF file
	line   []byte            // of a script, its beginning
}

// NewStream returns the stream of a file of size bytes.
func NewStream(size int64) *Stream { return &Stream{size: size} }

// See takes the next piece, which isn't kept.
func (s *Stream) See(piece []byte) {
	if !s.known {
		n := min(int(min(headSize, s.size))-len(s.head), len(piece))
		s.head = append(s.head, piece[:n]...)
		piece = piece[n:]
		if int64(len(s.head)) < min(headSize, s.size) {
			return
		}
		s.decide()
	}
	switch {
	case s.object != nil:
		s.object.See(piece)
	case s.line != nil && len(s.line) < maxShebang:
		s.line = append(s.line, piece[:min(len(piece), maxShebang-len(s.line))]...)
	}
}

// decide tells by the file's first bytes what it is.
func (s *Stream) decide() {
	s.known = true
	switch {
	case bytes.HasPrefix(s.head, []byte(shebang)):
		s.line = s.head
	case bytes.HasPrefix(s.head, []byte(object.Magic)):
		s.object = object.NewCollector(s.size)
		s.object.See(s.head)
	}
	s.head = nil
}

// Note is what the pieces tell, as that of [File]; again says that the file must
// be read once more to tell.
func (s *Stream) Note() (note *Note, again bool) {
	switch {
	case s.object != nil:
		f, err := s.object.File()
		if errors.Is(err, object.ErrApart) {
			return nil, true
		}
		return noteObject(f, err), false
	case s.line != nil:
		return noteScript(s.line), false
	}
	return nil, !s.known
}
