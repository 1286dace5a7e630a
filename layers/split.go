package layers

import (
	"cmp"
	"slices"
	"strings"
)

// entryOverhead is about what an entry takes in a layer besides its content.
const entryOverhead = 64

// Split parts the entries of one layer into several of at most maxLayer packed
// bytes each, as far as single files allow; 0 or less means any number.
//
// Which part a file is in depends on its path and on how often the whole must
// be halved, so that another version of the same wheel leaves most files where
// they are. All names of a file are in the same part. Directories are in each part that has paths below them; whiteouts
// are in the first, where they can't hide another part.
func Split(entries []Entry, maxLayer int64) [][]Entry {
	var first, files []int
	dirs := make(map[string]int)
	names := make(map[string][]int) // hard links, by the file's path
	for i := range entries {
		switch e := &entries[i]; {
		case e.Mode.IsDir():
			dirs[e.Path] = i
		case isWhiteout(base(e.Path)):
			first = append(first, i)
		case e.HardLink != "":
			names[e.HardLink] = append(names[e.HardLink], i)
		default:
			files = append(files, i)
		}
	}
	weight := func(i int) int64 { return entries[i].packedSize() + entryOverhead }
	path := func(i int) string { return entries[i].Path }
	parts := halve(files, maxLayer, weight, path)
	if len(parts) <= 1 {
		return [][]Entry{entries}
	}
	files = nil
	for n, part := range parts {
		for _, i := range part {
			parts[n] = append(parts[n], names[entries[i].Path]...)
			delete(names, entries[i].Path)
		}
		files = append(files, parts[n]...)
	}
	for _, orphans := range names { // the part that has them is refused
		parts[0] = append(parts[0], orphans...)
	}
	// Directories that none of the files lies in go with the whiteouts.
	used := make(map[string]bool)
	for _, i := range files {
		for dir := parent(entries[i].Path); dir != "" && !used[dir]; dir = parent(dir) {
			used[dir] = true
		}
	}
	for i := range entries {
		if e := &entries[i]; e.Mode.IsDir() && !used[e.Path] {
			first = append(first, i)
		}
	}
	parts[0] = append(first, parts[0]...)
	split := make([][]Entry, len(parts))
	for n, part := range parts {
		split[n] = withParents(entries, part, dirs)
	}
	return split
}

// withParents returns the entries of a part, and those of the directories that
// they lie in.
func withParents(entries []Entry, part []int, dirs map[string]int) []Entry {
	list := make([]Entry, 0, len(part))
	have := make(map[string]bool)
	for _, i := range part {
		e := &entries[i]
		if e.Mode.IsDir() && have[e.Path] {
			continue
		}
		have[e.Path] = true
		list = append(list, *e)
		for dir := parent(e.Path); dir != "" && !have[dir]; dir = parent(dir) {
			have[dir] = true
			if d, ok := dirs[dir]; ok {
				list = append(list, entries[d])
			}
		}
	}
	return list
}

// packedSize is how much the content takes in a layer, at most, as far as is
// known beforehand.
func (e *Entry) packedSize() int64 {
	if e.Slice != nil {
		return e.Slice.Length
	}
	return e.Size
}

// halve parts the elements until none of the parts weighs more than limit,
// unless it has but one element. If they must be parted at all, those that
// weigh more than half the limit get a part each; of the others, each bit of
// the hash of an element's name tells which half it belongs to. The order of
// the elements doesn't matter. No elements make no parts.
func halve(elements []int, limit int64, weight func(int) int64, name func(int) string) [][]int {
	if len(elements) == 0 {
		return nil
	}
	if limit <= 0 || sum(elements, weight) <= limit {
		return [][]int{elements}
	}
	elements = slices.Clone(elements)
	slices.SortFunc(elements, func(i, j int) int {
		return cmp.Or(strings.Compare(name(i), name(j)), cmp.Compare(i, j))
	})
	var parts [][]int
	var rest []int
	hashes := make(map[int]uint64, len(elements))
	for _, i := range elements {
		if weight(i) > limit/2 {
			parts = append(parts, []int{i})
			continue
		}
		rest = append(rest, i)
		hashes[i] = nameHash(name(i))
	}
	var part func(elements []int, bit int)
	part = func(elements []int, bit int) {
		if len(elements) <= 1 || bit < 0 || sum(elements, weight) <= limit {
			if len(elements) > 0 {
				parts = append(parts, elements)
			}
			return
		}
		var halves [2][]int
		for _, i := range elements {
			h := hashes[i] >> bit & 1
			halves[h] = append(halves[h], i)
		}
		part(halves[0], bit-1)
		part(halves[1], bit-1)
	}
	part(rest, 63)
	return parts
}

func sum(elements []int, weight func(int) int64) int64 {
	total := int64(0)
	for _, i := range elements {
		total += weight(i)
	}
	return total
}
