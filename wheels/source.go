package wheels

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/layers"
)

// openFile opens the file at path, which must be a regular one.
func openFile(path string) (*os.File, error) {
	f, _, err := osfile.OpenRegular(path)
	if errors.Is(err, osfile.ErrNotRegular) {
		return nil, fmt.Errorf("reading wheel %q: %w", filepath.Base(path), osfile.WithoutPath(err))
	}
	if err != nil {
		return nil, fmt.Errorf("reading wheel: %w", err)
	}
	return f, nil
}

// newSource describes the open file f at path, hashing it unless its digest is
// known.
func newSource(f *os.File, path string, opt Options) (*layers.Source, error) {
	fi, err := f.Stat()
	if err != nil {
		return nil, err
	}
	s := layers.Describe(path, fi)
	if opt.Source != nil && opt.Source.Same(s) {
		return opt.Source, nil
	}
	if opt.LookupDigest != nil {
		if digest, ok := opt.LookupDigest(s); ok {
			s.SHA256 = digest
			return s, nil
		}
	}
	sum, err := digest(f, s.Size, sha256.New())
	if err != nil {
		return nil, err
	}
	s.SHA256 = [sha256.Size]byte(sum)
	return s, nil
}

// digest hashes the size bytes of r.
func digest(r io.ReaderAt, size int64, h hash.Hash) ([]byte, error) {
	n, err := io.CopyBuffer(h, io.NewSectionReader(r, 0, size), make([]byte, min(size, 128<<10)+1))
	if err != nil {
		return nil, fmt.Errorf("hashing: %w", err)
	}
	if n != size {
		return nil, fmt.Errorf("hashing: %w", io.ErrUnexpectedEOF)
	}
	return h.Sum(nil), nil
}

// checkHashes compares the file with the digests that the lock allows. The
// longer digests are only computed when a lock has them and no SHA-256.
func checkHashes(f io.ReaderAt, s *layers.Source, allowed []string) error {
	got := "sha256:" + s.Digest()
	if len(allowed) == 0 {
		return nil
	}
	lower := make([]string, len(allowed))
	for i, h := range allowed {
		lower[i] = strings.ToLower(h)
	}
	if slices.Contains(lower, got) {
		return nil
	}
	for algorithm, h := range map[string]hash.Hash{"sha384:": sha512.New384(), "sha512:": sha512.New()} {
		if !slices.ContainsFunc(lower, func(s string) bool { return strings.HasPrefix(s, algorithm) }) {
			continue
		}
		sum, err := digest(f, s.Size, h)
		if err != nil {
			return err
		}
		if slices.Contains(lower, algorithm+hex.EncodeToString(sum)) {
			return nil
		}
	}
	return &HashMismatchError{Wheel: s.Name, Want: slices.Clone(allowed), Got: got}
}
