package supply

import (
	"fmt"

	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels"
)

// identifyOne finds out w's SHA-256: from the cache where the file is the one
// that was hashed before, by hashing it otherwise; and holds it against the
// lock. A wheel that was chosen by its metadata is known already.
func (p settings) identifyOne(w *Wheel) error {
	if w.Source != nil {
		return nil
	}
	source, err := identifyWheel(p.digests(), w.path, w.Pin.Hashes)
	if err != nil {
		return fmt.Errorf("%s:%d: %w", w.Pin.File, w.Pin.Line, err)
	}
	w.Source = source
	return nil
}

// identifyWheel is [wheels.Identify], which m knows the answer to from then on.
func identifyWheel(m wheels.DigestCache, path string, hashes []string) (*layers.Source, error) {
	known := false
	source, err := wheels.Identify(path, wheels.Options{Hashes: hashes, LookupDigest: func(s *layers.Source) (digest [32]byte, ok bool) {
		digest, known = m.Lookup(s)
		return digest, known
	}})
	if err != nil {
		return nil, err
	}
	if !known {
		_ = m.Save(source) // a cache that can't be written says so itself, once
	}
	return source, nil
}
