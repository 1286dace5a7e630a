package app

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"

	"github.com/assemble-image/assemble/internal/osfile"
)

// ignoreFiles are the names of ignore files; a later one wins.
var ignoreFiles = []string{".dockerignore", ".assembleignore"}

// maxIgnoreFile bounds an ignore file in bytes.
const maxIgnoreFile = 1 << 20

// patterns are those of all ignore files, in the order of precedence.
type patterns struct {
	all *patternmatcher.PatternMatcher
	// back are the exceptions (!) that name something in particular.
	back []exception
	// allowed match what is not left out as a secret; one matcher each.
	allowed []exception
}

// exception is a pattern that takes something back.
type exception struct {
	*patternmatcher.PatternMatcher
	// nowhere is what it says of a path that it doesn't match: what is asked
	// for with it counts as having a parent that doesn't match.
	nowhere patternmatcher.MatchInfo
}

// newException compiles a pattern, after which it can be matched by several
// goroutines at once.
func newException(pattern string) (exception, error) {
	m, err := patternmatcher.New([]string{pattern})
	if err != nil {
		return exception{}, err
	}
	_, nowhere, err := m.MatchesUsingParentResults("\x00", patternmatcher.MatchInfo{}) // nothing is called so
	return exception{m, nowhere}, err
}

// readRules reads the ignore files of the config's directory and of real.
func readRules(real string, single bool, opt Options) (*rules, error) {
	prefix, inside, err := prefixOf(real, opt.Dir)
	if err != nil {
		return nil, err
	}
	r := &rules{prefix: filepath.ToSlash(prefix), user: relative(opt.Name)}
	var list []string
	for _, name := range ignoreFiles {
		if inside {
			more, err := readIgnore(filepath.Join(opt.Dir, name), "")
			if err != nil {
				return nil, err
			}
			list = append(list, more...)
		}
		if !single && prefix != "." && !opt.NoIgnoreFiles {
			more, err := readIgnore(filepath.Join(real, name), r.prefix)
			if err != nil {
				return nil, err
			}
			list = append(list, more...)
		}
	}
	list = append(list, below(r.prefix, opt.Ignore)...)
	if single {
		r.prefix, r.user = path.Dir(r.prefix), path.Dir(r.user)
	}
	r.own = newOwn(real, opt.Own)
	if len(opt.Include) > 0 && !single {
		if r.include, err = patternmatcher.New(below(".", opt.Include)); err != nil {
			return nil, fmt.Errorf("reading what is to be included: %w", err)
		}
	}
	r.patterns, err = compile(list, opt.Allow)
	return r, err
}

// relative is a path, or a pattern, as what is allowed has it: where it leads up
// or begins at the root is left out on both sides.
func relative(p string) string {
	p = strings.TrimPrefix(path.Clean(filepath.ToSlash(p)), "/")
	for strings.HasPrefix(p, "../") {
		p = p[len("../"):]
	}
	return p
}

// prefixOf returns the way from the directory that the config's patterns are
// relative to, down to real. Without such a directory, or where real isn't
// inside it, the own patterns alone count, and real's name does as well as any.
func prefixOf(real, dir string) (prefix string, inside bool, err error) {
	if dir == "" {
		return filepath.Base(real), false, nil
	}
	base, err := resolve(dir)
	if err != nil {
		return "", false, err
	}
	rel, err := filepath.Rel(base, real)
	if err == nil && filepath.IsLocal(rel) {
		return rel, true, nil
	}
	return filepath.Base(real), false, nil
}

// readIgnore reads an ignore file, none if it isn't there, as patterns relative
// to the directory that prefix leads from.
func readIgnore(file, prefix string) ([]string, error) {
	data, err := osfile.ReadBounded(file, maxIgnoreFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", file, err)
	}
	list, err := ignorefile.ReadAll(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", file, err)
	}
	list = below(prefix, list)
	if _, err := patternmatcher.New(list); err != nil {
		return nil, fmt.Errorf("reading %q: %w", file, err)
	}
	return list, nil
}

// below puts a directory's path before patterns that are relative to it.
// Patterns that name the directory itself or leave it are without effect, as
// they are for container tools.
func below(prefix string, list []string) []string {
	out := make([]string, 0, len(list))
	escaped := strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(prefix)
	for _, p := range list {
		not := ""
		if strings.HasPrefix(p, "!") {
			not, p = "!", p[1:]
		}
		p = strings.TrimPrefix(path.Clean(p), "/")
		if p == "" || p == "." || p == ".." || strings.HasPrefix(p, "../") {
			continue
		}
		if escaped != "" && escaped != "." {
			p = escaped + "/" + p
		}
		out = append(out, not+p)
	}
	return out
}

func compile(list, allow []string) (*patterns, error) {
	all, err := patternmatcher.New(list)
	if err != nil {
		return nil, fmt.Errorf("reading patterns: %w", err)
	}
	p := &patterns{all: all}
	for _, s := range allow {
		m, err := newException(relative(s))
		if err != nil {
			return nil, fmt.Errorf("reading what is allowed: %q: %w", s, err)
		}
		p.allowed = append(p.allowed, m)
	}
	for _, s := range list {
		s, not := strings.CutPrefix(s, "!")
		if !not || strings.Trim(path.Base(s), "*?") == "" {
			continue
		}
		m, err := newException(s)
		if err != nil {
			return nil, fmt.Errorf("reading patterns: %w", err)
		}
		p.back = append(p.back, m)
	}
	return p, nil
}

// match tells whether the patterns leave out the path name. As in BuildKit's walk
// (MatchesUsingParentResults, down from the top), a pattern that has matched a
// parent has matched the path, and one that wasn't asked about the parent,
// because it could have changed nothing there, has not.
func (p *patterns) match(name string, parent patternmatcher.MatchInfo) (bool, patternmatcher.MatchInfo, error) {
	if len(p.all.Patterns()) == 0 {
		return false, parent, nil
	}
	return p.all.MatchesUsingParentResults(name, parent)
}

// exceptions tells whether there are any patterns that take something back.
func (p *patterns) exceptions() bool { return p.all.Exclusions() }

// specific tells whether any of them names something in particular: an
// exception such as !src/** says nothing about the secrets in src.
func (p *patterns) specific() bool { return len(p.back) > 0 || len(p.allowed) > 0 }

// allows tells whether the path, or a directory that it is in, is allowed.
func (p *patterns) allows(name string) bool {
	for _, m := range p.allowed {
		if ok, err := m.MatchesOrParentMatches(name); err == nil && ok {
			return true
		}
	}
	return false
}

// takesBack tells whether such an exception names the path itself, not merely
// a directory that it is in.
func (p *patterns) takesBack(name string) bool {
	for _, m := range p.back {
		if ok, _, err := m.MatchesUsingParentResults(name, m.nowhere); err == nil && ok {
			return true
		}
	}
	return false
}
