package manifest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/osfile"
)

// LayoutOptions says how an image is written to a layout or an archive.
type LayoutOptions struct {
	// Tag names the image in the index, and is taken from the image that
	// had it. Empty means that only the digest names it.
	Tag string
	// Referrers are artifacts, such as signatures, whose subject is the image,
	// the index, or an image in it. They are written along, and listed in the
	// layout's index. Docker archives can't hold any.
	Referrers []v1.Image
	// Jobs is how many blobs are written at once; if it is less than 1, as
	// many as there are processors.
	Jobs int
	// Progress, unless nil, is told how many bytes of how many there are.
	// Calls never overlap.
	Progress func(done, total int64)
}

// WriteLayout adds an image to the OCI layout in dir (image-spec,
// image-layout.md), which is made where it doesn't exist.
//
// Blobs come first, each under a temporary name until it is complete and
// verified; those that are there already, and hash right, are kept. The index
// is replaced last and in one step. So a reader finds the old or the new
// state, after a crash too, and what is missing then is only the new image.
// Several writers may use one layout: all tags survive.
func WriteLayout(ctx context.Context, dir string, img v1.Image, opt LayoutOptions) error {
	c, err := imageContent(img, opt)
	if err == nil {
		err = writeLayout(ctx, dir, c, opt)
	}
	if err != nil {
		return fmt.Errorf("writing OCI layout %q: %w", dir, err)
	}
	return nil
}

// WriteLayoutIndex is [WriteLayout] for an index: all its images are written,
// and the tag names the index.
func WriteLayoutIndex(ctx context.Context, dir string, idx v1.ImageIndex, opt LayoutOptions) error {
	c, err := indexContent(idx, opt)
	if err == nil {
		err = writeLayout(ctx, dir, c, opt)
	}
	if err != nil {
		return fmt.Errorf("writing OCI layout %q: %w", dir, err)
	}
	return nil
}

func writeLayout(ctx context.Context, dir string, c *content, opt LayoutOptions) error {
	if err := checkTag(opt.Tag); err != nil {
		return err
	}
	blobDir := filepath.Join(dir, "blobs", "sha256")
	if err := prepareLayout(dir, blobDir); err != nil {
		return err
	}
	if err := writeBlobs(ctx, blobDir, c.blobs, opt); err != nil {
		return err
	}
	return updateIndex(ctx, dir, func(old []byte) ([]byte, error) { return indexWith(old, c, opt.Tag, dirBlobs(dir)) })
}

// prepareLayout makes the directories and the marker file. A directory that
// holds something else is refused rather than littered.
func prepareLayout(dir, blobDir string) error {
	marker := filepath.Join(dir, layoutMarker)
	raw, err := osfile.ReadBounded(marker, maxManifestSize)
	switch {
	case err == nil:
		if err := checkMarker(raw); err != nil {
			return err
		}
	case !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("reading %q: %w", marker, err)
	default:
		if err := checkEmpty(dir); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(blobDir, 0o755); err != nil {
		return err
	}
	if raw == nil {
		if err := writeOfMany(marker, osfile.Bytes([]byte(layoutMarkerContent))); err != nil {
			return err
		}
	}
	osfile.Sweep(dir, osfile.TempPrefix)
	osfile.Sweep(blobDir, osfile.TempPrefix)
	return nil
}

// checkEmpty accepts what another writer may have begun at the same time.
func checkEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case name == "blobs", name == layoutMarker, strings.HasPrefix(name, osfile.TempPrefix):
		default:
			return fmt.Errorf("not an OCI layout: the directory contains %q", name)
		}
	}
	return nil
}

// writeBlobs writes what is missing, several at once, and makes it durable.
func writeBlobs(ctx context.Context, dir string, blobs []blob, opt LayoutOptions) error {
	jobs := opt.Jobs
	if jobs < 1 {
		jobs = runtime.GOMAXPROCS(0)
	}
	p := newProgress(blobs, opt.Progress)
	var mu sync.Mutex
	add := func(n int64) {
		mu.Lock()
		defer mu.Unlock()
		p.add(n)
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(jobs)
	for _, b := range blobs {
		g.Go(func() error { return writeLayoutBlob(gctx, dir, b, add) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return osfile.SyncDir(dir)
}

func writeLayoutBlob(ctx context.Context, dir string, b blob, add func(int64)) error {
	if b.desc.Digest.Algorithm != "sha256" {
		return fmt.Errorf("blob %s: the digest is not a SHA-256", b.desc.Digest)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	path := filepath.Join(dir, b.desc.Digest.Hex)
	if intact(ctx, path, b.desc) {
		add(b.desc.Size)
		return nil
	}
	return writeOfMany(path, func(w io.Writer) error {
		return copyBlob(ctx, w, b.desc, b.open, func(n int) { add(int64(n)) })
	})
}

// intact reports whether the file at path is the blob. Its bytes are hashed:
// a size alone says nothing about a disk that was full or failed.
func intact(ctx context.Context, path string, desc v1.Descriptor) bool {
	fi, err := os.Stat(path)
	if err != nil || fi.Size() != desc.Size {
		return false
	}
	open := func(context.Context) (io.ReadCloser, error) { return openFile(path) }
	return copyBlob(ctx, io.Discard, desc, open, nil) == nil
}
