package wheels

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/assemble-image/assemble/layers"
)

// Identify returns the wheel at path as a source for layers without looking
// into it: its SHA-256 is opt.Known's, or computed. It fails with a
// [*HashMismatchError] where opt.Hashes doesn't list it. It trusts
// opt.Known about whether the file is still the one that was hashed.
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
