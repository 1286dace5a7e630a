package app

import (
	"iter"
	"path"
	"slices"

	"github.com/moby/patternmatcher"
)

// rules tell what is left out: what the patterns say, then what is junk or may
// be secret, unless a pattern takes just that back in.
type rules struct {
	patterns *patterns
	// prefix leads from the directory that patterns are relative to, to the
	// root of the walk; user is what the user calls that.
	prefix, user string
	own          own
	include      *patternmatcher.PatternMatcher // nil for everything
}

// verdict is what the rules say of a path.
type verdict struct {
	out     bool
	own     bool   // it is the tool's own, which is told of together
	why     string // to be told, "" for no word
	descend bool   // something in it may be taken back
	within  scope  // of a directory: what its place says of what is in it
}

// scope is what a directory's place says of all that is in it.
type scope struct {
	// dropped are the directories on the way that are left out, unless
	// something in them is taken back.
	dropped []string
	matched patternmatcher.MatchInfo // what the patterns said of it
	// included says that it is one of what is taken.
	included bool
}

// root decides about the root of the walk: it stays, unless patterns leave it
// out. Where the walk is for a single file, that is the directory it lies in.
func (r *rules) root() (verdict, error) {
	var v verdict
	for at := range parents(r.prefix) {
		out, matched, err := r.patterns.match(at, v.within.matched)
		if err != nil {
			return verdict{}, err
		}
		v = verdict{out: out, descend: out && r.patterns.exceptions(), within: scope{matched: matched}}
	}
	return v, nil
}

// parents gives the directories that lead to p, and p, but not ".".
func parents(p string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if p == "." {
			return
		}
		for i := range p {
			if p[i] == '/' && !yield(p[:i]) {
				return
			}
		}
		yield(p)
	}
}

// lookInto tells what a directory is by what is in it.
type lookInto interface {
	isVenv(name string) bool
	isStore(name string) bool
}

// judge decides about the path name, in a directory of that scope.
func (r *rules) judge(name string, isDir bool, sc scope, dirs lookInto) (verdict, error) {
	out, matched, err := r.patterns.match(path.Join(r.prefix, name), sc.matched)
	if err != nil {
		return verdict{}, err
	}
	why, drop := dropped(path.Base(name), isDir)
	own := r.own.names[name] || isDir && !drop && dirs.isStore(name)
	drop = drop || own || isDir && dirs.isVenv(name)
	v := verdict{within: scope{dropped: sc.dropped, matched: matched}}
	if isDir && drop {
		v.within.dropped = append(slices.Clip(sc.dropped), name)
	}
	if v.within.included, err = r.includes(name, sc); err != nil {
		return verdict{}, err
	}
	if out {
		v.out, v.descend = true, isDir && r.patterns.exceptions()
		return v, nil
	}
	if !v.within.included {
		v.out, v.descend = true, isDir
		if isDir && drop { // a cache, or a secret: told of where it would be taken
			v.descend = r.patterns.specific()
		}
		return v, nil
	}
	// A parent that is left out, but looked into, leaves out what is in it.
	for _, at := range sc.dropped {
		if !r.retaken(at, name) {
			v.out, v.descend = true, isDir && r.patterns.specific() // told of the parent already
			return v, nil
		}
	}
	if drop && !r.retaken(name, name) {
		v.out, v.own, v.why, v.descend = true, own, why, isDir && r.patterns.specific()
	}
	return v, nil
}

// includes tells whether a path is one of what is taken, by itself or by the
// directory that it is in.
func (r *rules) includes(name string, sc scope) (bool, error) {
	if r.include == nil || sc.included {
		return true, nil
	}
	return r.include.MatchesOrParentMatches(name)
}

// retaken tells whether a pattern takes back name, or a parent of it from at on
// (at is name or a parent of it), or whether it is allowed.
func (r *rules) retaken(at, name string) bool {
	if r.patterns.allows(path.Join(r.prefix, name)) || r.patterns.allows(path.Join(r.user, name)) {
		return true
	}
	for i := len(at); i <= len(name); i++ {
		if i < len(name) && name[i] != '/' {
			continue
		}
		if r.patterns.takesBack(path.Join(r.prefix, name[:i])) {
			return true
		}
	}
	return false
}
