package images

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/layers"
)

// maxFiles bounds the files of the layers that are compared.
const maxFiles = 2_000_000

// whiteout begins the names of files that a layer removes (image-spec, layer.md).
const whiteout = ".wh."

// diffFiles compares the files of the layers that only one of the images has.
func diffFiles(ctx context.Context, a, b *Image, d *Difference) ([]Change, error) {
	from, err := files(ctx, a.image, d.Removed)
	if err != nil {
		return nil, err
	}
	to, err := files(ctx, b.image, d.Added)
	if err != nil {
		return nil, err
	}
	return changes(from, to), nil
}

// files describes what the layers hold, the later over the earlier: each file by
// its mode, size, and the beginning of its SHA-256.
func files(ctx context.Context, img v1.Image, list []Layer) (map[string]string, error) {
	out := map[string]string{}
	for _, l := range list {
		h, err := v1.NewHash(l.DiffID)
		if err != nil {
			return nil, err
		}
		layer, err := img.LayerByDiffID(h)
		if err != nil {
			return nil, err
		}
		if err := addFiles(ctx, layer, out); err != nil {
			return nil, fmt.Errorf("reading layer %s: %w", l.Digest, err)
		}
	}
	return out, nil
}

func addFiles(ctx context.Context, layer v1.Layer, out map[string]string) error {
	return layers.EachEntry(ctx, layer, func(h *tar.Header, content io.Reader) (err error) {
		name := path.Clean("/" + h.Name)
		if base := path.Base(name); strings.HasPrefix(base, whiteout) {
			out[path.Join(path.Dir(name), strings.TrimPrefix(base, whiteout))] = "removed"
			return nil
		}
		if out[name], err = describeFile(h, content); err != nil {
			return err
		}
		if len(out) > maxFiles {
			return fmt.Errorf("limit exceeded: more than %d files", maxFiles)
		}
		return nil
	})
}

func describeFile(h *tar.Header, r io.Reader) (string, error) {
	owner := ""
	if h.Uid != 0 || h.Gid != 0 {
		owner = fmt.Sprintf(" %d:%d", h.Uid, h.Gid)
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return fmt.Sprintf("directory %04o%s", h.Mode&0o7777, owner), nil
	case tar.TypeSymlink, tar.TypeLink:
		return "link to " + h.Linkname, nil
	case tar.TypeReg:
		sum := sha256.New()
		if _, err := io.Copy(sum, r); err != nil {
			return "", err
		}
		return fmt.Sprintf("%04o%s, %d bytes, %x", h.Mode&0o7777, owner, h.Size, sum.Sum(nil)[:6]), nil
	}
	return fmt.Sprintf("special file %q", h.Typeflag), nil
}

// FileSummary counts changes by the directories two or three levels down, where
// there are many of them.
func FileSummary(list []Change, most int) []string {
	if len(list) <= most {
		return nil
	}
	counts := map[string]int{}
	for _, c := range list {
		parts := strings.SplitN(strings.TrimPrefix(c.What, "/"), "/", 7)
		counts["/"+strings.Join(parts[:min(len(parts)-1, 6)], "/")]++
	}
	var out []string
	for dir, n := range counts {
		out = append(out, fmt.Sprintf("%s: %d", dir, n))
	}
	slices.Sort(out)
	return out
}
