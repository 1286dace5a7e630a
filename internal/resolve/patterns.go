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

// Matcher returns what tells whether a project's name fits one of patterns like
// those of [Options.Deny]: "*" stands for any characters, and case and the
// kind of separators don't matter.
func Matcher(texts ...string) (match func(name string) bool, err error) {
	p, err := newPatterns(texts)
	if err != nil {
		return nil, err
	}
	return p.match, nil
}

// GPUOnly returns a matcher of the projects that are known to be of use on a
// GPU only.
func GPUOnly() (match func(name string) bool, err error) { return Matcher(gpuOnly...) }

func (p patterns) match(name string) bool {
	name = pep508.NormalizeName(name)
	for _, expr := range p {
		if expr.MatchString(name) {
			return true
		}
	}
	return false
}
