// Package lazyregexp compiles regular expressions when they are first used.
// Each run of the program would otherwise compile all of them before it reads
// its arguments, a good part of what a push with nothing new takes.
//
// Start with [New].
package lazyregexp

import (
	"os"
	"regexp"
	"strings"
	"sync"
)

// Regexp is a regular expression, safe for concurrent use. Its methods are
// those of the same names of [regexp.Regexp].
type Regexp struct {
	expr string
	get  func() *regexp.Regexp
}

// New returns the regular expression expr (RE2 syntax). It panics if that is
// not valid: when it is first used, but in a test's binary at once, so that no
// such expression goes unseen.
func New(expr string) *Regexp {
	re := &Regexp{expr, sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })}
	if len(os.Args) > 0 && strings.HasSuffix(strings.TrimSuffix(os.Args[0], ".exe"), ".test") {
		re.get()
	}
	return re
}

// MatchString reports whether s contains a match.
func (re *Regexp) MatchString(s string) bool { return re.get().MatchString(s) }

// FindString returns the first match in s.
func (re *Regexp) FindString(s string) string { return re.get().FindString(s) }

// Find returns the first match in b.
func (re *Regexp) Find(b []byte) []byte { return re.get().Find(b) }

// Match reports whether b contains a match.
func (re *Regexp) Match(b []byte) bool { return re.get().Match(b) }

// FindIndex returns where the first match in b begins and ends.
func (re *Regexp) FindIndex(b []byte) []int { return re.get().FindIndex(b) }

// String returns the expression.
func (re *Regexp) String() string { return re.expr }

// FindStringSubmatch returns the first match in s and its groups.
func (re *Regexp) FindStringSubmatch(s string) []string { return re.get().FindStringSubmatch(s) }

// FindSubmatch returns the first match in b and its groups.
func (re *Regexp) FindSubmatch(b []byte) [][]byte { return re.get().FindSubmatch(b) }

// FindAllStringSubmatch returns the first n matches in s, all if n < 0.
func (re *Regexp) FindAllStringSubmatch(s string, n int) [][]string {
	return re.get().FindAllStringSubmatch(s, n)
}

// FindAllSubmatch returns the first n matches in b, all if n < 0.
func (re *Regexp) FindAllSubmatch(b []byte, n int) [][][]byte {
	return re.get().FindAllSubmatch(b, n)
}

// ReplaceAllString returns src with its matches replaced; $1 in repl is a group.
func (re *Regexp) ReplaceAllString(src, repl string) string {
	return re.get().ReplaceAllString(src, repl)
}

// ReplaceAllStringFunc returns src with its matches replaced by what repl makes of
// them.
func (re *Regexp) ReplaceAllStringFunc(src string, repl func(string) string) string {
	return re.get().ReplaceAllStringFunc(src, repl)
}
