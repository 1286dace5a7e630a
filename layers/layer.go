package layers

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/assemble-image/assemble/internal/uncompress"
)

// Layer is a packed layer: a view of its sources, from which its bytes are
// put together each time they are read. It is for concurrent use.
type Layer struct {
	name, createdBy string
	mediaType       types.MediaType
	cached          bool
	head            Head
	forget          func() // loses a recipe that proved wrong; may be nil

	loading sync.Mutex
	load    func() error // reads the recipe; nil once it is there
	recipe  *recipe
	sources []*Source // by index in the recipe

	mu      sync.Mutex
	spooled *spool                 // nil if there is none, or it isn't open yet
	respool func() (*spool, error) // opens it
}

var _ UnverifiedLayer = (*Layer)(nil)

func newLayer(spec *Spec, r *recipe, mediaType types.MediaType) *Layer {
	return &Layer{name: spec.Name, createdBy: spec.CreatedBy, mediaType: mediaType, head: r.Head, recipe: r}
}

// whole returns the layer's recipe, read from the store if it isn't yet, and
// its sources.
func (l *Layer) whole() (*recipe, []*Source, error) {
	l.loading.Lock()
	defer l.loading.Unlock()
	if l.load != nil {
		if err := l.load(); err != nil {
			return nil, nil, fmt.Errorf("reading layer %q: %w", l.name, err)
		}
		l.load = nil
	}
	return l.recipe, l.sources, nil
}

// Name returns the name in the layer's [Spec].
func (l *Layer) Name() string { return l.name }

// CreatedBy returns the history line in the layer's [Spec].
func (l *Layer) CreatedBy() string { return l.createdBy }

// Key returns the key in the layer's [Spec].
func (l *Layer) Key() Key { return l.head.Key }

// Head returns what the layer's recipe tells of it.
func (l *Layer) Head() Head { return l.head }

// Cached reports whether the layer came from a recipe, without its content
// being read.
func (l *Layer) Cached() bool { return l.cached }

// Digest returns the SHA-256 of the compressed bytes.
func (l *Layer) Digest() (v1.Hash, error) { return sha(l.head.Digest[:]), nil }

// DiffID returns the SHA-256 of the tar.
func (l *Layer) DiffID() (v1.Hash, error) { return sha(l.head.DiffID[:]), nil }

// Size returns the number of compressed bytes.
func (l *Layer) Size() (int64, error) { return l.head.Size, nil }

// MediaType returns what [Options] say.
func (l *Layer) MediaType() (types.MediaType, error) { return l.mediaType, nil }

func sha(sum []byte) v1.Hash { return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum)} }

// Compressed returns the layer's gzip stream. Its end is reported only when
// all of it has the layer's digest; otherwise the last read returns an error,
// which wraps [ErrSourceChanged] as a rule. The reader is an io.WriterTo.
func (l *Layer) Compressed() (io.ReadCloser, error) { return newReader(l), nil }

// Unverified returns the layer's gzip stream as Compressed does, for somebody
// who checks its digest ([OpenUnverified]). Its end is reported only when it
// has the layer's size and the sources still look as they did when they were
// hashed: by their sizes and times.
func (l *Layer) Unverified() (io.ReadCloser, error) {
	r := newReader(l)
	r.sum = nil
	return r, nil
}

// Uncompressed returns the layer's tar. The end of it is checked in the same
// way as that of [Layer.Compressed].
func (l *Layer) Uncompressed() (io.ReadCloser, error) {
	r := newReader(l)
	tar, err := uncompress.Layer(r, types.OCILayer) // gzip, whatever the media type calls it
	if err != nil {
		return nil, errors.Join(fmt.Errorf("reading layer %q: %w", l.name, err), r.Close())
	}
	return tar, nil
}

// Close gives free what the layer holds open between reads; it can't be read
// any more. A layer that is not closed gives it free when it is collected.
func (l *Layer) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.spooled
	l.spooled, l.respool = nil, nil
	return s.close()
}

// openSpool returns the layer's spool.
func (l *Layer) openSpool() (io.ReaderAt, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.spooled == nil {
		if l.respool == nil {
			return nil, fmt.Errorf("reading layer %q: it is closed", l.name)
		}
		s, err := l.respool()
		if err != nil {
			return nil, err
		}
		l.spooled = s
	}
	return l.spooled.file, nil
}
