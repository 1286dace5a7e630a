package serve

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/osfile"
)

// maxDocument bounds a manifest that is read from the store, in bytes; the
// registry takes no larger ones.
const maxDocument = 4 << 20

// store is the registry's directory, in the layout of the distribution project
// (registry/storage/paths.go there): blobs by digest, and for each repository
// links to them, for its manifests ("revisions"), tags and layers.
type store struct{ root string }

func newStore(dir string) store {
	return store{filepath.Join(dir, "docker", "registry", "v2")}
}

func (s store) repositoriesDir() string { return filepath.Join(s.root, "repositories") }

func (s store) repositoryDir(name string) string {
	return filepath.Join(s.repositoriesDir(), filepath.FromSlash(name))
}

func (s store) blobDir(h v1.Hash) string {
	return filepath.Join(s.root, "blobs", h.Algorithm, h.Hex[:2], h.Hex)
}

func (s store) blobFile(h v1.Hash) string { return filepath.Join(s.blobDir(h), "data") }

func (s store) revisionDir(name string, h v1.Hash) string {
	return filepath.Join(s.repositoryDir(name), "_manifests", "revisions", h.Algorithm, h.Hex)
}

func (s store) tagDir(name, tag string) string {
	return filepath.Join(s.repositoryDir(name), "_manifests", "tags", tag)
}

func (s store) layerDir(name string, h v1.Hash) string {
	return filepath.Join(s.repositoryDir(name), "_layers", h.Algorithm, h.Hex)
}

// repositories lists the repositories, sorted.
func (s store) repositories() ([]string, error) {
	var names []string
	root := s.repositoriesDir()
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // it went away meanwhile, or nothing was ever pushed
		case err != nil:
			return err
		case !d.IsDir():
			return nil
		case !strings.HasPrefix(d.Name(), "_"):
			return nil
		}
		if rel, err := filepath.Rel(root, filepath.Dir(p)); err == nil && rel != "." {
			names = append(names, filepath.ToSlash(rel))
		}
		return fs.SkipDir
	})
	slices.Sort(names)
	return slices.Compact(names), err
}

// tags lists a repository's tags and what they stand for.
func (s store) tags(name string) (map[string]v1.Hash, error) {
	entries, err := readDir(filepath.Join(s.repositoryDir(name), "_manifests", "tags"))
	out := map[string]v1.Hash{}
	for _, e := range entries {
		if h, ok := s.link(filepath.Join(s.tagDir(name, e.Name()), "current")); ok {
			out[e.Name()] = h
		}
	}
	return out, err
}

// revisions lists the manifests of a repository.
func (s store) revisions(name string) ([]v1.Hash, error) {
	return hashesIn(filepath.Join(s.repositoryDir(name), "_manifests", "revisions"), 1, func(dir string) bool {
		_, ok := s.link(dir)
		return ok
	})
}

// layers lists the blobs that a repository has beside its manifests.
func (s store) layers(name string) ([]v1.Hash, error) {
	return hashesIn(filepath.Join(s.repositoryDir(name), "_layers"), 1, nil)
}

// blobs lists all blobs.
func (s store) blobs() ([]v1.Hash, error) {
	return hashesIn(filepath.Join(s.root, "blobs"), 2, nil)
}

// hashesIn lists directories that are named for digests, depth levels below
// that of their algorithm.
func hashesIn(dir string, depth int, want func(string) bool) ([]v1.Hash, error) {
	dirs := []string{dir}
	for range depth + 1 {
		var next []string
		for _, d := range dirs {
			entries, err := readDir(d)
			if err != nil {
				return nil, err
			}
			for _, e := range entries {
				next = append(next, filepath.Join(d, e.Name()))
			}
		}
		dirs = next
	}
	var out []v1.Hash
	for _, d := range dirs {
		rel, err := filepath.Rel(dir, d)
		if err != nil {
			return nil, err
		}
		algorithm, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
		if h, err := v1.NewHash(algorithm + ":" + path.Base(filepath.ToSlash(rel))); err == nil && (want == nil || want(d)) {
			out = append(out, h)
		}
	}
	return out, nil
}

// link reads the digest that a directory's link file names.
func (s store) link(dir string) (v1.Hash, bool) {
	raw, err := osfile.ReadBounded(filepath.Join(dir, "link"), 256)
	if err != nil {
		return v1.Hash{}, false
	}
	h, err := v1.NewHash(strings.TrimSpace(string(raw)))
	return h, err == nil
}

// document reads a manifest or index of a repository.
func (s store) document(name string, h v1.Hash) ([]byte, error) {
	if _, ok := s.link(s.revisionDir(name, h)); !ok {
		return nil, fmt.Errorf("%s has no manifest %s: %w", name, h, fs.ErrNotExist)
	}
	return osfile.ReadBounded(s.blobFile(h), maxDocument)
}

// readDir is os.ReadDir, for which what isn't there is empty.
func readDir(dir string) ([]os.DirEntry, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return entries, err
}
