package wheels

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/assemble-image/assemble/layers"
)

// Identify returns the wheel at path as a source for layers without reading the
// archive: its SHA-256 comes from opt.LookupDigest, or is computed. It fails with
// a [*HashMismatchError] if opt.Hashes doesn't list it. It trusts
// opt.LookupDigest to know whether the file is still the one that was hashed.
func Identify(path string, opt Options) (_ *layers.Source, err error) {
	name := filepath.Base(path)
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	source, err := newSource(f, path, opt)
	if err != nil {
		return nil, fmt.Errorf("reading wheel %q: %w", name, err)
	}
	if err := checkHashes(f, source, opt.Hashes); err != nil {
		return nil, err
	}
	return source, nil
}
