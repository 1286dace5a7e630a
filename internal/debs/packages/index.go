package packages

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/dependency"
)

// Index is the packages of one archive, for one architecture.
type Index struct {
	arch string
	text string
	// lines are where the packages' lines begin, in the file's order.
	lines []int32
	// named are the numbers of the packages of a name; providers, those of the
	// packages that provide one.
	named, providers map[string][]int32
	// mentioned are the ranks of names that no package here has.
	mentioned map[string]uint32
	// ranks is the number after the last rank.
	ranks uint32
}

// Open makes an index of what [Distill] returned, which it checks: the cache
// may have been written by others.
func Open(distilled []byte) (*Index, error) {
	text := string(distilled)
	first, rest, ok := strings.Cut(text, "\n")
	arch, known := strings.CutPrefix(first, formatLine)
	if !ok || !known || arch == "" {
		return nil, errors.New("it is no distilled index of this format")
	}
	if len(text) > 1<<31-1 {
		return nil, errors.New("it is too large")
	}
	x := &Index{arch: arch, text: text, mentioned: map[string]uint32{}}
	n := strings.Count(rest, "\n")
	x.lines = make([]int32, 0, n)
	x.named, x.providers = make(map[string][]int32, n), map[string][]int32{}
	for at := len(first) + 1; at < len(text); {
		end := strings.IndexByte(text[at:], '\n')
		if end < 0 {
			return nil, errors.New("its last line has no end")
		}
		if err := x.add(text[at:at+end], int32(at)); err != nil {
			return nil, err
		}
		at += end + 1
	}
	return x, nil
}

func (x *Index) add(line string, at int32) error {
	if name, ok := strings.CutPrefix(line, "\t"); ok {
		name, rank, ok := strings.Cut(name, "\t")
		if !ok {
			return fmt.Errorf("the line %q has no rank", line)
		}
		x.mentioned[name] = x.seen(rank)
		return nil
	}
	if strings.Count(line, "\t") != columns-1 {
		return fmt.Errorf("the line of %q hasn't %d columns", before(line, "\t"), columns)
	}
	i := int32(len(x.lines))
	x.lines = append(x.lines, at)
	name, rest, _ := strings.Cut(line, "\t")
	x.named[name] = append(x.named[name], i)
	for range colRank - 1 {
		_, rest, _ = strings.Cut(rest, "\t")
	}
	x.seen(before(rest, "\t"))
	for range colProvides - colRank {
		_, rest, _ = strings.Cut(rest, "\t")
	}
	x.provide(before(rest, "\t"), i)
	return nil
}

func before(s, sep string) string {
	s, _, _ = strings.Cut(s, sep)
	return s
}

func (x *Index) seen(rank string) uint32 {
	n := uint32(min(number(rank), 1<<31))
	x.ranks = max(x.ranks, n+1)
	return n
}

// provide notes what a package provides, by name; whether a version will do is
// for those to tell who ask.
func (x *Index) provide(field string, i int32) {
	if field == "" {
		return
	}
	for item := range strings.SplitSeq(field, ",") {
		name := strings.TrimLeft(item, " ")
		if end := strings.IndexAny(name, " (:"); end >= 0 {
			name = name[:end]
		}
		if have := x.providers[name]; name != "" && (len(have) == 0 || have[len(have)-1] != i) {
			x.providers[name] = append(have, i)
		}
	}
}

// Arch is the architecture that the index is for.
func (x *Index) Arch() string { return x.arch }

// Len is how many packages there are.
func (x *Index) Len() int { return len(x.lines) }

// Named returns the packages of that name, in the file's order.
func (x *Index) Named(name string) []Package { return x.packages(x.named[name]) }

// Names yields the names of the list's packages, each once, in no order.
func (x *Index) Names() iter.Seq[string] { return maps.Keys(x.named) }

// Providers returns the packages that provide the name, in the file's order.
func (x *Index) Providers(name string) []Package { return x.packages(x.providers[name]) }

// At returns package number i, counted from 0.
func (x *Index) At(i int) Package { return x.packages([]int32{int32(i)})[0] }

// Has reports whether a package has that name.
func (x *Index) Has(name string) bool { return len(x.named[name]) > 0 }

func (x *Index) packages(numbers []int32) []Package {
	out := make([]Package, 0, len(numbers))
	for _, i := range numbers {
		line := before(x.text[x.lines[i]:], "\n")
		var c row
		for col := range columns {
			c[col], line, _ = strings.Cut(line, "\t")
		}
		out = append(out, c.pkg())
	}
	return out
}

// Rank returns the order in which the file first mentions a name, as a package
// or in another's fields, and whether it does. apt prefers, where nothing else
// tells two packages apart, the one that it read of last.
func (x *Index) Rank(name string) (uint32, bool) {
	if i, ok := x.named[name]; ok {
		return x.packages(i[:1])[0].Rank, true
	}
	r, ok := x.mentioned[name]
	return r, ok
}

// Ranks is a number above all ranks.
func (x *Index) Ranks() uint32 { return x.ranks }

func sourceOf(field, name, version string) (string, string) {
	s, v := dependency.SplitSource(field)
	if s == "" {
		s = name
	}
	if v == "" {
		v = version
	}
	return s, v
}
