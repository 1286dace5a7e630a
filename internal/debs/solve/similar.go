package solve

import (
	"cmp"
	"slices"
	"strings"
)

const (
	// maxSimilar is how many names are suggested.
	maxSimilar = 5
	// maxEdits is by how many letters a name may be misspelt, if it is long enough
	// not to become any other one by that.
	maxEdits           = 2
	minTyped, minTwice = 5, 8
	minPart            = 3
)

// similar returns names of packages in the sources that may have been meant:
// those that differ by a letter or two, and those that have the name as a part
// or are a part of it; the shorter ones first.
func similar(sources []Source, name string) []string {
	name = strings.ToLower(name)
	type match struct {
		name string
		rank int
	}
	var found []match
	for _, source := range sources {
		for other := range source.Index.Names() {
			if rank := likeness(name, other); rank > 0 {
				found = append(found, match{other, rank})
			}
		}
	}
	slices.SortFunc(found, func(a, b match) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(len(a.name), len(b.name)), cmp.Compare(a.name, b.name))
	})
	var out []string
	for _, m := range found {
		if len(out) < maxSimilar && !slices.Contains(out, m.name) {
			out = append(out, m.name)
		}
	}
	return out
}

// likeness ranks another name by how likely it was meant, from 1 down; 0 is not
// at all.
func likeness(name, other string) int {
	if len(name) >= minPart && slices.Contains(words(other), name) || len(other) >= minTyped && slices.Contains(words(name), other) {
		return 1
	}
	if d := len(other) - len(name); len(name) >= minTyped && d >= -maxEdits && d <= maxEdits {
		switch edits := distance(name, other); {
		case edits <= 1:
			return 2
		case edits == 2 && len(name) >= minTwice:
			return 3
		}
	}
	if len(name) >= minPart && strings.Contains(other, name) {
		return 4
	}
	return 0
}

// words are the parts of a name, less the lib before it.
func words(name string) []string {
	return strings.FieldsFunc(strings.TrimPrefix(name, "lib"), func(r rune) bool { return r == '-' || r == '.' || r == '+' })
}

// distance is how many letters have to be inserted, left out or replaced to make
// b of a; what is more than [maxEdits] may be any such number.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal, least := row[0], i+1
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
			least = min(least, cost)
		}
		if least > maxEdits {
			return least
		}
	}
	return row[len(b)]
}
