package fetch

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"io"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/index"
)

// digests are the digests that will do for a file, as "sha256:HEX" in lower
// case. Any one of them is enough, as with pip.
type digests []string

// has reports whether one of the digests is of that algorithm.
func (d digests) has(algorithm string) bool {
	return slices.ContainsFunc(d, func(h string) bool { return strings.HasPrefix(h, algorithm+":") })
}

// verdict is what the digests that an index gives say about a file.
type verdict int

const (
	mismatched verdict = iota // it is none of those that are wanted
	unknown                   // only its content can tell
	matched                   // as far as the index is right
)

// judge holds the digests that an index gives for a file, by algorithm, to the
// wanted ones.
func (d digests) judge(hashes index.Hashes) verdict {
	j := mismatched
	for _, want := range d {
		switch got := given(hashes, want); {
		case got == "":
			j = unknown
		case strings.EqualFold(got, want):
			return matched
		}
	}
	return j
}

// given returns the digest of want's algorithm that an index gives, in the same
// form, "" where it gives none.
func given(hashes index.Hashes, want string) string {
	algorithm, _, _ := strings.Cut(want, ":")
	if digits := hashes.Of(algorithm); digits != "" {
		return algorithm + ":" + digits
	}
	return ""
}

// narrow returns the one digest by which a matched file is known, else all.
func (d digests) narrow(hashes index.Hashes) digests {
	for _, want := range d {
		if strings.EqualFold(given(hashes, want), want) {
			return digests{want}
		}
	}
	return d
}

// digester computes the digests of a file that are needed: the SHA-256 always,
// for it is what a wheel is known by, the longer ones where they are wanted.
type digester struct {
	names []string
	sums  []hash.Hash
}

func newDigester(want digests) *digester {
	s := &digester{names: []string{"sha256"}, sums: []hash.Hash{sha256.New()}}
	if want.has("sha384") {
		s.names, s.sums = append(s.names, "sha384"), append(s.sums, sha512.New384())
	}
	if want.has("sha512") {
		s.names, s.sums = append(s.names, "sha512"), append(s.sums, sha512.New())
	}
	return s
}

var _ io.Writer = (*digester)(nil)

// Write implements io.Writer. It doesn't fail.
func (s *digester) Write(p []byte) (int, error) {
	for _, h := range s.sums {
		h.Write(p)
	}
	return len(p), nil
}

func (s *digester) Reset() {
	for _, h := range s.sums {
		h.Reset()
	}
}

// sha256 returns the SHA-256 of what was written.
func (s *digester) sha256() [sha256.Size]byte { return [sha256.Size]byte(s.sums[0].Sum(nil)) }

// match returns whether one of the wanted digests is that of what was written,
// and the digest to be told where none is: one of an algorithm that is wanted.
func (s *digester) match(want digests) (got string, ok bool) {
	for i, h := range s.sums {
		sum := s.names[i] + ":" + hex.EncodeToString(h.Sum(nil))
		if slices.Contains(want, sum) {
			return sum, true
		}
		if want.has(s.names[i]) && got == "" {
			got = sum
		}
	}
	return got, false
}
