package resolve

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
	"github.com/assemble-image/assemble/wheels/pep508"
)

// patterns are names of projects in which "*" stands for any characters.
type patterns []pattern

type pattern struct {
	text string // as it was given
	expr *regexp.Regexp
}

// separators are what PEP 503 makes one dash of; a pattern isn't a name, so that
// pep508.NormalizeName isn't used on it.
var separators = lazyregexp.New(`[-_.]+`)

func newPatterns(texts []string) (patterns, error) {
	var list patterns
	for _, text := range texts {
		parts := strings.Split(text, "*")
		for i, part := range parts {
			parts[i] = regexp.QuoteMeta(strings.ToLower(separators.ReplaceAllString(part, "-")))
		}
		expr, err := regexp.Compile("^" + strings.Join(parts, ".*") + "$")
		if err != nil {
			return nil, fmt.Errorf("reading pattern %q: %w", text, err)
		}
		list = append(list, pattern{text, expr})
	}
	return list, nil
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

// GPUOnly returns those of the names that are of projects known to be of use on
// a GPU only, and the patterns that deny all of these.
func GPUOnly(names []string) (gpu, deny []string, err error) {
	known, err := newPatterns(gpuOnly)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		if text, ok := known.find(name); ok {
			gpu = append(gpu, name)
			deny = addOnce(deny, text)
		}
	}
	slices.Sort(deny)
	return gpu, deny, nil
}

func (p patterns) match(name string) bool {
	_, ok := p.find(name)
	return ok
}

// find returns the first pattern that a name fits, as it was given.
func (p patterns) find(name string) (text string, ok bool) {
	name = pep508.NormalizeName(name)
	for _, one := range p {
		if one.expr.MatchString(name) {
			return one.text, true
		}
	}
	return "", false
}
