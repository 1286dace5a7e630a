package pipeline

import (
	"fmt"

	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels"
)

// memory knows the wheels that were hashed in earlier runs.
func (p *Pipeline) memory() wheels.DigestCache {
	if p.opt.Cache == nil { // a nil *Cache would be a non-nil Store
		return wheels.DigestCache{}
	}
	return wheels.DigestCache{Store: p.opt.Cache}
}

// identifyOne finds out w's SHA-256: from the cache where the file is the one
// that was hashed before, by hashing it otherwise; and holds it against the
// lock. A wheel that was chosen by its metadata is known already.
func (p *Pipeline) identifyOne(w *lockedWheel) error {
	if w.source != nil {
		return nil
	}
	source, err := identifyWheel(p.memory(), w.path, w.pin.Hashes)
	if err != nil {
		return fmt.Errorf("%s:%d: %w", w.pin.File, w.pin.Line, err)
	}
	w.source = source
	return nil
}

// identifyWheel is [wheels.Identify], which m knows the answer to from then on.
func identifyWheel(m wheels.DigestCache, path string, hashes []string) (*layers.Source, error) {
	source, err := wheels.Identify(path, wheels.Options{Hashes: hashes, LookupDigest: m.Lookup})
	if err != nil {
		return nil, err
	}
	_ = m.Save(source) // a cache that can't be written says so itself, once
	return source, nil
}
