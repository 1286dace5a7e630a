package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/deb"
	"github.com/assemble-image/assemble/internal/debs/packages"
	"github.com/assemble-image/assemble/internal/osfile"
)

// LoadDirectory reads the packages (*.deb) that lie in a directory of this
// machine, as a source of its own. They are the user's, so nothing is signed;
// other files are passed over.
func (c *Client) LoadDirectory(ctx context.Context, dir, arch string) (*Loaded, error) {
	x, err := readDirectory(ctx, dir, arch)
	if err != nil {
		return nil, fmt.Errorf("reading the packages in %q: %w", dir, err)
	}
	return &Loaded{Directory: dir, Indexes: []*packages.Index{x}, Priority: defaultPriority}, nil
}

func readDirectory(ctx context.Context, dir, arch string) (*packages.Index, error) {
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		return nil, osfile.WithoutPath(err)
	}
	var list []byte
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".deb") || e.IsDir() {
			continue
		}
		if list, err = appendDeb(ctx, list, dir, e.Name()); err != nil {
			return nil, err
		}
	}
	distilled, err := packages.Distill(strings.NewReader(string(list)), arch)
	if err != nil {
		return nil, err
	}
	return packages.Open(distilled)
}

// locators are the fields that an archive adds to a package's own.
var locators = []string{"Filename", "Size", "SHA256", "SHA1", "MD5sum"}

// appendDeb writes the stanza of a package as a list would have it.
func appendDeb(ctx context.Context, list []byte, dir, name string) ([]byte, error) {
	path := filepath.Join(dir, name)
	p, err := deb.Open(ctx, path, deb.Options{})
	if err != nil {
		return nil, err
	}
	sum, size, err := hashFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading package %q: %w", name, err)
	}
	s := p.Control.Clone()
	for _, field := range locators {
		s.Delete(field)
	}
	s.Set("Filename", "./"+name)
	s.Set("Size", strconv.FormatInt(size, 10))
	s.Set("SHA256", sum)
	list, err = s.Append(list)
	if err != nil {
		return nil, fmt.Errorf("reading package %q: %w", name, err)
	}
	return append(list, '\n'), nil
}

func hashFile(path string) (_ string, size int64, err error) {
	f, _, err := osfile.OpenRegular(path)
	if err != nil {
		return "", 0, osfile.WithoutPath(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	if size, err = io.Copy(h, f); err != nil {
		return "", 0, osfile.WithoutPath(err)
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}
