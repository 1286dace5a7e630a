package wheels

import (
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// Listing is what a [Set] must know of a wheel, for wheels that aren't here:
// what they ask for, and every path that they install.
type Listing struct {
	// File is the wheel's file name.
	File string `json:"file"`
	// SHA256 is that of the file, in lower-case hex.
	SHA256 string `json:"sha256"`
	// Metadata is what the METADATA file says of what the wheel needs.
	Metadata Metadata `json:"metadata"`
	// Paths are those that the wheel owns when it is installed by the scheme
	// that the listing was made for, sorted.
	Paths []string `json:"paths"`
	// Sums are the digests of the content at those paths that several wheels of
	// a set install, as [Set.SharedSums] has them. Others aren't told.
	Sums map[string]string `json:"sums,omitempty"`
}

// List returns the wheel's listing for the scheme, without sums.
func (w *Wheel) List(s Scheme) (Listing, error) {
	files, err := w.layout(s)
	if err != nil {
		return Listing{}, fmt.Errorf("installing wheel %q: %w", w.Name(), err)
	}
	m := w.Metadata
	l := Listing{
		File: w.Name(), SHA256: w.Source.Digest(), Paths: make([]string, len(files)),
		Metadata: Metadata{Name: m.Name, Version: m.Version, RequiresPython: m.RequiresPython, RequiresDist: m.RequiresDist, ProvidesExtra: m.ProvidesExtra},
	}
	for i, p := range files {
		l.Paths[i] = p.path
	}
	return l, nil
}

// AddListed adds a wheel after the others by its listing, which must be for the
// set's scheme. It fails where the listing's file name is no wheel's, or its
// paths are none of an image or not sorted.
func (s *Set) AddListed(l Listing) error {
	filename, err := tags.ParseFilename(l.File)
	if err != nil {
		return err
	}
	for i, p := range l.Paths {
		if !fs.ValidPath(p) || p == "." || i > 0 && l.Paths[i-1] >= p {
			return fmt.Errorf("the listing of %q is not sorted, or has an invalid path: %q", l.File, p)
		}
		sum, err := hex.DecodeString(l.Sums[p])
		if err != nil || len(sum) < len(halfHash{}) {
			sum = nil
		}
		s.paths.addListed(len(s.members), p, sum)
		if path.Dir(p) == s.scheme.Scripts {
			s.programs[path.Base(p)] = true
		}
	}
	s.members = append(s.members, member{l.File, filename, l.Metadata})
	return nil
}

// Unsure returns the indices of wheels that were added by listings and that
// share a path with another wheel whose content there isn't told: whether it is
// the same can't be known without them.
func (s *Set) Unsure() []int {
	var list []int
	for i := range s.members {
		if s.paths.unsure[i] {
			list = append(list, i)
		}
	}
	return list
}

// unknownSum stands for content whose digest isn't known to anybody.
const unknownSum = "00000000000000000000000000000000"

// SharedSums returns, for the wheel with that index, the first halves of the
// SHA-256 of its content at the paths that others install as well, in hex; zeros
// where its digest isn't known.
func (s *Set) SharedSums(wheel int) map[string]string { return s.paths.shared[wheel] }

// DescribeAmong returns the best of the wheels for a target with those supported
// tags that the pin allows: by version and by one of its hashes. False is none.
func DescribeAmong(pin requirements.Pin, list []Descriptor, supported []tags.Tag) (Descriptor, bool) {
	byPath := make(map[string]Descriptor, len(list))
	candidates := make([]Candidate, 0, len(list))
	for _, d := range list {
		if !slices.Contains(pin.Hashes, "sha256:"+hex.EncodeToString(d.SHA256[:])) {
			continue
		}
		name := d.Filename.String()
		byPath[name] = d
		candidates = append(candidates, Candidate{Path: name, Filename: d.Filename})
	}
	fits := fitting(candidates, pin, tags.NewIndex(supported))
	if len(fits) == 0 {
		return Descriptor{}, false
	}
	return byPath[fits[0].Path], true
}
