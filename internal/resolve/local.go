package resolve

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// wheelhouse is a Provider of the wheels in a directory.
type wheelhouse struct {
	wheels map[string][]wheels.Candidate // by normalized name
	opt    wheels.Options
}

// Wheelhouse returns a [Provider] of the wheels in a directory, which also
// takes wheels named by path. Metadata comes from the wheels themselves, which
// are opened by opt, for its limits and known digests. Names ending in .whl
// that are no wheel's are returned as junk.
func Wheelhouse(dir string, opt wheels.Options) (p Provider, junk []string, err error) {
	list, junk, err := wheels.ListWheelhouse(dir)
	if err != nil {
		return nil, nil, err
	}
	h := &wheelhouse{wheels: map[string][]wheels.Candidate{}, opt: localOptions(opt)}
	for _, c := range list {
		h.wheels[c.Filename.Normalized] = append(h.wheels[c.Filename.Normalized], c)
	}
	return h, junk, nil
}

// localOptions drops what is about one wheel only, and leaves out what isn't
// needed to read metadata.
func localOptions(opt wheels.Options) wheels.Options {
	opt.Hashes, opt.Source, opt.SkipRecord = nil, nil, true
	return opt
}

// Files implements Provider.
func (h *wheelhouse) Files(ctx context.Context, name string) ([]File, error) {
	list, ok := h.wheels[name]
	if !ok {
		return nil, ErrNoProject
	}
	files := make([]File, 0, len(list))
	for _, c := range list {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f, err := localFile(c.Path, h.opt)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// Metadata implements Provider.
func (h *wheelhouse) Metadata(_ context.Context, f File) (Metadata, error) {
	return localMetadata(f, h.opt)
}

// Direct implements Director for paths.
func (h *wheelhouse) Direct(_ context.Context, r requirements.Requirement) (File, error) {
	if r.Path == "" {
		return File{}, ErrNoProject
	}
	return localFile(r.Path, h.opt)
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
