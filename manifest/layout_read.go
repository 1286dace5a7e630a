package manifest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/osfile"
)

// ReadLayout opens an image of the OCI layout in dir. The reference is a tag,
// a digest ("sha256:…"), or empty for a layout with one image; an image for
// several platforms is narrowed down to p, whose zero value takes the only
// one there is. The error lists the tags where the reference is unknown, and
// is a [*PlatformError] where the platform is missing.
//
// Layers are verified as they are read; see [ErrCorrupt].
func ReadLayout(dir, ref string, p v1.Platform) (v1.Image, error) {
	img, err := ReadLayoutFS(os.DirFS(dir), ref, p)
	if err != nil {
		return nil, fmt.Errorf("reading OCI layout %q: %w", dir, err)
	}
	return img, nil
}

// ReadLayoutFS is [ReadLayout] for a layout in a file system of any kind.
func ReadLayoutFS(fsys fs.FS, ref string, p v1.Platform) (v1.Image, error) {
	open, idx, err := openLayout(fsys)
	if err != nil {
		return nil, err
	}
	img, err := resolve(open, idx, ref, p)
	if err != nil {
		return nil, err
	}
	return img, nil
}

// openLayout reads a layout's index.
func openLayout(fsys fs.FS) (blobOpener, *v1.IndexManifest, error) {
	read := func(name string) ([]byte, error) { return readFSFile(fsys, name, maxManifestSize) }
	idx, err := readIndex(read)
	return func(h v1.Hash) (io.ReadCloser, error) { return openFSFile(fsys, blobPath(h)) }, idx, err
}

// dirBlobs opens the blobs of the layout in dir.
func dirBlobs(dir string) blobOpener {
	return func(h v1.Hash) (io.ReadCloser, error) { return openFile(filepath.Join(dir, blobPath(h))) }
}

// readIndex reads the index of a layout whose files read gives.
func readIndex(read func(name string) ([]byte, error)) (*v1.IndexManifest, error) {
	marker, err := read(layoutMarker)
	if err != nil {
		return nil, err
	}
	if err := checkMarker(marker); err != nil {
		return nil, err
	}
	raw, err := read(layoutIndex)
	if err != nil {
		return nil, err
	}
	idx, err := parseIndex(raw)
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", layoutIndex, err)
	}
	return idx, nil
}

// blobPath is where a layout keeps the blob. A [v1.Hash] that was parsed has
// hex digits only, so it can't lead elsewhere.
func blobPath(h v1.Hash) string { return path.Join("blobs", h.Algorithm, h.Hex) }

// openFile opens a regular file; a pipe would be waited for.
func openFile(path string) (io.ReadCloser, error) {
	f, _, err := osfile.OpenRegular(path)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// openFSFile is [openFile] in a file system of any kind.
func openFSFile(fsys fs.FS, name string) (io.ReadCloser, error) {
	fi, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if !fi.Mode().IsRegular() {
		return nil, fmt.Errorf("opening %q: %w, but %s", name, osfile.ErrNotRegular, osfile.Kind(fi.Mode()))
	}
	return fsys.Open(name)
}

func readFSFile(fsys fs.FS, name string, limit int64) ([]byte, error) {
	f, err := openFSFile(fsys, name)
	if err != nil {
		return nil, err
	}
	return readAllClose(f, name, limit)
}

func readAllClose(rc io.ReadCloser, name string, limit int64) (b []byte, err error) {
	defer func() { err = errors.Join(err, rc.Close()) }()
	b, err = io.ReadAll(io.LimitReader(rc, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", name, err)
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("reading %q: limit exceeded: more than %d bytes", name, limit)
	}
	return b, nil
}
