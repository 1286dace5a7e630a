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

// wanted are the digests that will do for a file, as "sha256:HEX" in lower
// case. Any one of them is enough, as with pip.
type wanted []string

// has reports whether one of the digests is of that algorithm.
func (w wanted) has(algorithm string) bool {
	return slices.ContainsFunc(w, func(h string) bool { return strings.HasPrefix(h, algorithm+":") })
}

// judgement is what the digests that an index gives say about a file.
type judgement int

const (
	refuted judgement = iota // it is none of those that are wanted
	unknown                  // only its content can tell
	proven                   // as far as the index is right
)

// judge holds the digests that an index gives for a file, by algorithm, to the
// wanted ones.
func (w wanted) judge(hashes index.Hashes) judgement {
	j := refuted
	for _, want := range w {
		switch got := given(hashes, want); {
		case got == "":
			j = unknown
		case strings.EqualFold(got, want):
			return proven
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

// narrow returns the one digest by which a proven file is known, else all.
func (w wanted) narrow(hashes index.Hashes) wanted {
	for _, want := range w {
		if strings.EqualFold(given(hashes, want), want) {
			return wanted{want}
		}
	}
	return w
}

// summer computes the digests of a file that are needed: the SHA-256 always,
// for it is what a wheel is known by, the longer ones where they are wanted.
type summer struct {
	names []string
	sums  []hash.Hash
}

func newSummer(want wanted) *summer {
	s := &summer{names: []string{"sha256"}, sums: []hash.Hash{sha256.New()}}
	if want.has("sha384") {
		s.names, s.sums = append(s.names, "sha384"), append(s.sums, sha512.New384())
	}
	if want.has("sha512") {
		s.names, s.sums = append(s.names, "sha512"), append(s.sums, sha512.New())
	}
	return s
}

var _ io.Writer = (*summer)(nil)

// Write implements io.Writer. It doesn't fail.
func (s *summer) Write(p []byte) (int, error) {
	for _, h := range s.sums {
		h.Write(p)
	}
	return len(p), nil
}

func (s *summer) reset() {
	for _, h := range s.sums {
		h.Reset()
	}
}

// sha256 returns the SHA-256 of what was written.
func (s *summer) sha256() [sha256.Size]byte { return [sha256.Size]byte(s.sums[0].Sum(nil)) }

// match returns whether one of the wanted digests is that of what was written,
// and the digest to be told where none is: one of an algorithm that is wanted.
func (s *summer) match(want wanted) (got string, ok bool) {
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
