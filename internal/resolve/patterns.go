package resolve

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/assemble-image/assemble/wheels/pep508"
)

// patterns are names of projects in which "*" stands for any characters.
type patterns []*regexp.Regexp

func newPatterns(texts []string) (patterns, error) {
	var list patterns
	for _, text := range texts {
		parts := strings.Split(text, "*")
		for i, part := range parts {
			parts[i] = regexp.QuoteMeta(strings.ToLower(strings.Map(dashes, part)))
		}
		expr, err := regexp.Compile("^" + strings.Join(parts, ".*") + "$")
		if err != nil {
			return nil, fmt.Errorf("reading pattern %q: %w", text, err)
		}
		list = append(list, expr)
	}
	return list, nil
}

// dashes does with single separators what pep508.NormalizeName does; a pattern
// isn't a name, so that isn't used on it.
func dashes(r rune) rune {
	if r == '_' || r == '.' {
		return '-'
	}
	return r
}

func (p patterns) match(name string) bool {
	name = pep508.NormalizeName(name)
	for _, expr := range p {
		if expr.MatchString(name) {
			return true
		}
	}
	return false
}
