package tags

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// maxTags bounds how many tags one compressed set may stand for. Real wheels
// stay below 20.
const maxTags = 1000

// Tag is one compatibility tag of PEP 425, in lower case.
type Tag struct {
	Python   string // interpreter, such as "cp310" or "py3"
	ABI      string // such as "cp310", "abi3" or "none"
	Platform string // such as "manylinux_2_17_aarch64" or "any"
}

// String returns the tag as "cp310-abi3-linux_aarch64".
func (t Tag) String() string { return t.Python + "-" + t.ABI + "-" + t.Platform }

// ParseTags reads a compressed tag set of PEP 425, such as
// "cp310-cp310-manylinux_2_17_aarch64.manylinux2014_aarch64", and returns the
// tags that it stands for, sorted, each once.
func ParseTags(s string) ([]Tag, error) {
	parts := strings.Split(s, "-")
	if len(parts) != 3 {
		return nil, fmt.Errorf("parsing tag %.120q: expected three parts separated by dashes", s)
	}
	var sets [3][]string
	count := 1
	for i, part := range parts {
		sets[i] = strings.Split(strings.ToLower(part), ".")
		if slices.Contains(sets[i], "") {
			return nil, fmt.Errorf("parsing tag %.120q: empty part", s)
		}
		if count *= len(sets[i]); count > maxTags {
			return nil, fmt.Errorf("parsing tag %.120q: stands for more than %d tags", s, maxTags)
		}
	}
	tags := make([]Tag, 0, count)
	for _, python := range sets[0] {
		if !isIdentifier(python) {
			return nil, fmt.Errorf("parsing tag %.120q: %.40q is not an interpreter", s, python)
		}
		for _, abi := range sets[1] {
			for _, platform := range sets[2] {
				tags = append(tags, Tag{python, abi, platform})
			}
		}
	}
	slices.SortFunc(tags, compare)
	return slices.Compact(tags), nil
}

func compare(a, b Tag) int { return strings.Compare(a.String(), b.String()) }

// isIdentifier follows Python's str.isidentifier closely enough for tags.
func isIdentifier(s string) bool {
	for i, r := range s {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return s != ""
}
