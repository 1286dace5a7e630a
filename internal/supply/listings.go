package supply

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/klauspost/compress/gzip"

	"github.com/assemble-image/assemble/wheels"
)

// kindListings is what the cache keeps of what the wheels of a set install,
// under the key of its facts.
const kindListings = "wheellistings"

// listing is a wheel's, with how it is split where it is too large for one layer.
type listing struct {
	wheels.Listing
	MaxLayer int64   `json:"maxLayer,omitempty"`
	Parts    []int64 `json:"parts,omitempty"`

	outline bool // it has neither sums nor what the wheel requires
}

// Bounds of listings: a lock of a hundred wheels has some 30,000 paths in 1.3 MB.
const (
	maxListedPaths = 400_000
	maxListed      = 64 << 20
)

// lister gathers the listings of a set's wheels, in order, unless they have too
// many paths to be held.
type lister struct {
	scheme wheels.Scheme
	list   []listing
	paths  int
}

func (l *lister) add(one listing) {
	if l.paths += len(one.Paths); l.paths > maxListedPaths {
		l.list = nil
		return
	}
	l.list = append(l.list, one)
}

func (l *lister) addWheel(w *wheels.Wheel) error {
	if l.paths > maxListedPaths {
		return nil
	}
	one, err := w.List(l.scheme)
	if err == nil {
		l.add(listing{Listing: one})
	}
	return err
}

// finish completes the listings by what only all wheels together tell.
func (l *lister) finish(together *wheels.Set, parts map[int][]int64, maxLayer int64) []listing {
	if l.paths > maxListedPaths {
		return nil
	}
	for i := range l.list {
		l.list[i].Sums = merged(l.list[i].Sums, together.SharedSums(i))
		l.list[i].MaxLayer, l.list[i].Parts = 0, nil
		if sizes := parts[i]; len(sizes) > 0 {
			l.list[i].MaxLayer, l.list[i].Parts = maxLayer, sizes
		}
	}
	return l.list
}

// packListings writes listings as gzip of JSON, a line each; nil for none.
func packListings(list []listing) ([]byte, error) {
	if list == nil {
		return nil, nil
	}
	var out bytes.Buffer
	zip, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	enc := json.NewEncoder(zip)
	enc.SetEscapeHTML(false)
	for _, l := range list {
		if err := enc.Encode(l); err != nil {
			return nil, fmt.Errorf("encoding the listing of %q: %w", l.File, err)
		}
	}
	if err := zip.Close(); err != nil {
		return nil, fmt.Errorf("compressing listings: %w", err)
	}
	return out.Bytes(), nil
}

// unpackListings reads what packListings wrote.
func unpackListings(b []byte) ([]listing, error) {
	zip, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("reading listings: %w", err)
	}
	dec := json.NewDecoder(io.LimitReader(zip, maxListed))
	var list []listing
	paths := 0
	for {
		var l listing
		err := dec.Decode(&l)
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading listings: %w", err)
		}
		if paths += len(l.Paths); paths > maxListedPaths {
			return nil, fmt.Errorf("reading listings: more than %d paths", maxListedPaths)
		}
		list = append(list, l)
	}
}

// Listings returns what each of the set's wheels installs, for whoever has some
// of them only ([Known]): from the cache, or by opening the wheels. It is empty
// where they aren't here, or have too many paths.
func (p *Supplier) Listings(ctx context.Context, s *Set) ([]byte, error) {
	if s.all != nil {
		return packListings(s.all)
	}
	if s.outlined != nil {
		return p.ownListings(ctx, s)
	}
	if packed, ok := p.opt.Cache.Get(kindListings, s.Key()); ok {
		return packed, nil
	}
	for _, w := range s.Wheels {
		if w.Source.Absent() {
			return nil, nil
		}
	}
	all, _, err := s.examine(ctx, p.opt, nil)
	if err != nil {
		return nil, err
	}
	packed, err := packListings(all)
	if err == nil {
		_ = p.opt.Cache.Put(kindListings, s.Key(), packed) // as in readOwnFacts
	}
	return packed, err
}

// merged adds what a listing has told of shared paths already: with fewer wheels
// than now, or with others.
func merged(told, now map[string]string) map[string]string {
	if len(told) == 0 {
		return now
	}
	all := maps.Clone(told)
	maps.Copy(all, now)
	return all
}

// ownListings are the listings of those wheels of an outlined set that are here,
// or that somebody knows more of than their paths.
func (p *Supplier) ownListings(ctx context.Context, s *Set) ([]byte, error) {
	facts := s.Facts
	all, _, err := s.examine(ctx, p.opt, s.outlined)
	s.Facts = facts
	if err != nil {
		return nil, err
	}
	return packListings(slices.DeleteFunc(all, func(l listing) bool { return l.outline }))
}

// Outlined reports whether the set's facts are good for planning layers only.
func (s *Set) Outlined() bool { return s.outlined != nil }
