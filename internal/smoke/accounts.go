package smoke

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/layers"
)

// maxAccountFileSize bounds a passwd or group file.
const maxAccountFileSize = 1 << 20

// accountFiles are an image's /etc/passwd and /etc/group; nil where it has none.
type accountFiles struct {
	passwd, group []byte
}

// readAccounts reads the account files from an image's layers, topmost first, and
// stops when both are known. Reading layers rather than a mounted snapshot needs
// neither root nor access to containerd's file system.
func readAccounts(ctx context.Context, from []v1.Layer) (accountFiles, error) {
	s := accountScanner{open: map[string]bool{"etc/passwd": true, "etc/group": true}, found: map[string][]byte{}}
	for i := len(from) - 1; i >= 0 && len(s.open) > 0; i-- {
		if err := s.layer(ctx, from[i]); err != nil {
			return accountFiles{}, fmt.Errorf("reading accounts in layer %d: %w", i, err)
		}
	}
	return accountFiles{s.found["etc/passwd"], s.found["etc/group"]}, nil
}

type accountScanner struct {
	open  map[string]bool // paths not found or deleted so far
	found map[string][]byte
}

func (s *accountScanner) layer(ctx context.Context, layer v1.Layer) error {
	rc, err := layers.OpenUncompressed(ctx, layer)
	if err != nil {
		return err
	}
	defer rc.Close()
	hidden := map[string]bool{} // deleted, for the layers below only
	tr := tar.NewReader(rc)
	for len(s.open) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		hdr, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := s.entry(hdr, tr, hidden); err != nil {
			return err
		}
	}
	for name := range hidden {
		delete(s.open, name)
	}
	return nil
}

// entry looks at one entry of a layer. Whiteouts: image-spec layer.md.
func (s *accountScanner) entry(hdr *tar.Header, r io.Reader, hidden map[string]bool) error {
	name := strings.TrimPrefix(path.Clean("/"+hdr.Name), "/")
	switch {
	case name == "etc/.wh..wh..opq" || name == ".wh.etc" || name == ".wh..wh..opq":
		hidden["etc/passwd"], hidden["etc/group"] = true, true
	case strings.HasPrefix(name, "etc/.wh."):
		hidden["etc/"+strings.TrimPrefix(name, "etc/.wh.")] = true
	case s.open[name]:
		if hdr.Typeflag != tar.TypeReg {
			return fmt.Errorf("%q is not a regular file", name)
		}
		if hdr.Size > maxAccountFileSize {
			return fmt.Errorf("%q has %d bytes; the limit is %d", name, hdr.Size, maxAccountFileSize)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		s.found[name] = data
		delete(s.open, name)
	}
	return nil
}
