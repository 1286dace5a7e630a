package doctor

import (
	"sync"

	"github.com/assemble-image/assemble/internal/doctor/scan"
	"github.com/assemble-image/assemble/internal/supply"
	"github.com/assemble-image/assemble/layers"
)

// Observer notes the files of wheels while their layers are packed, so that
// nothing needs unpacking twice. The zero value is ready for use, by several
// goroutines.
type Observer struct {
	mu   sync.Mutex
	seen map[place]*scan.Note
}

// place is where a file lies in a source.
type place struct {
	source [32]byte // its SHA-256
	offset int64
}

// Observe is for [layers.Options].
func (o *Observer) Observe(e *layers.Entry) (see func(piece []byte), done func()) {
	if !noted(e) {
		return nil, nil
	}
	s := scan.NewStream(e.Size)
	return s.See, func() {
		note, again := s.Note()
		if again {
			return // it is read once more when it is asked for
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.seen == nil {
			o.seen = map[place]*scan.Note{}
		}
		o.seen[place{e.Slice.Source.SHA256, e.Slice.Offset}] = note
	}
}

// note returns what was noted of a wheel's file, which may be nothing, and
// whether it was seen. A nil observer has seen none.
func (o *Observer) note(e *layers.Entry) (note *scan.Note, seen bool) {
	if o == nil {
		return nil, false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	note, seen = o.seen[place{e.Slice.Source.SHA256, e.Slice.Offset}]
	return note, seen
}

// noted reports whether an entry is a wheel's file of which something may have to
// be noted.
func noted(e *layers.Entry) bool {
	return e.Slice != nil && e.Size > 0 && (!scan.Passes(e.Path) || e.Mode&0o111 != 0)
}

// Unread returns the size of the wheels whose files would have to be read to be
// noted, in packed bytes: has reports what the store of [Options] has.
func Unread(set *supply.Set, has func(kind, key string) bool) (size int64) {
	if set == nil {
		return 0
	}
	for _, w := range set.Wheels {
		if !has(kindNotes, notesKey(w.Source)) {
			size += w.Source.Size
		}
	}
	return size
}
