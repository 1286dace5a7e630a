package resolve

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// localOptions drops what is about one wheel only, and leaves out what isn't
// needed to read metadata.
func localOptions(opt wheels.Options) wheels.Options {
	opt.Hashes, opt.Source, opt.SkipRecord = nil, nil, true
	return opt
}

// localFile identifies the wheel at a path.
func localFile(path string, opt wheels.Options) (File, error) {
	src, err := wheels.Identify(path, opt)
	if err != nil {
		return File{}, err
	}
	return File{Name: filepath.Base(path), Path: path, Size: src.Size, SHA256: src.Digest()}, nil
}

// localMetadata reads the metadata of the wheel at f.Path, which must still be
// the file that was identified.
func localMetadata(f File, opt wheels.Options) (Metadata, error) {
	opt.Hashes = []string{"sha256:" + f.SHA256}
	w, err := wheels.Open(f.Path, opt)
	if err != nil {
		return Metadata{}, fmt.Errorf("%w of %q: %w", ErrBadMetadata, f.Name, err)
	}
	return readMetadata(f.Name, w.Metadata)
}

// hashOf returns the one SHA-256 that a requirement lists or that is in a URL's
// fragment, in hex.
func hashOf(r requirements.Requirement) (string, error) {
	var found []string
	if _, fragment, ok := strings.Cut(r.URL, "#"); ok {
		for _, part := range strings.Split(fragment, "&") {
			if digits, ok := strings.CutPrefix(part, "sha256="); ok {
				found = addOnce(found, strings.ToLower(digits))
			}
		}
	}
	for _, hash := range r.Hashes {
		if digits, ok := strings.CutPrefix(hash, "sha256:"); ok {
			found = addOnce(found, digits)
		}
	}
	if len(found) != 1 {
		return "", fmt.Errorf("a wheel named by URL needs one SHA-256, as #sha256=… or --hash=sha256:…; there are %d", len(found))
	}
	if raw, err := hex.DecodeString(found[0]); err != nil || len(raw) != 32 {
		return "", fmt.Errorf("%q is no SHA-256", cmp.Or(oneLine(found[0]), "nothing"))
	}
	return found[0], nil
}
