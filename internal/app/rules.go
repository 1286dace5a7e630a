package app

import (
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/moby/patternmatcher"
)

// rules tell what is left out: what the patterns say, then what is junk or may
// be secret, unless a pattern takes just that back in.
type rules struct {
	patterns *patterns
	// prefix leads from the directory that patterns are relative to, to the
	// root of the walk.
	prefix string
}

// verdict is what the rules say of a path.
type verdict struct {
	out     bool
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

// judge decides about the path name, in a directory of that scope.
func (r *rules) judge(name string, isDir bool, sc scope, isVenv func(string) bool) (verdict, error) {
	out, matched, err := r.patterns.match(path.Join(r.prefix, name), sc.matched)
	if err != nil {
		return verdict{}, err
	}
	why, drop := dropped(path.Base(name))
	drop = drop || isDir && isVenv(name)
	v := verdict{within: scope{dropped: sc.dropped, matched: matched}}
	if isDir && drop {
		v.within.dropped = append(slices.Clip(sc.dropped), name)
	}
	if out {
		v.out, v.descend = true, isDir && r.patterns.exceptions()
		return v, nil
	}
	// A parent that is left out, but looked into, leaves out what is in it.
	for _, at := range sc.dropped {
		if !r.retaken(at, name) {
			v.out, v.descend = true, isDir && r.patterns.specific() // told of the parent already
			return v, nil
		}
	}
	drop = drop || !isDir && isJunkFile(name)
	if drop && !r.retaken(name, name) {
		v.out, v.why, v.descend = true, why, isDir && r.patterns.specific()
	}
	return v, nil
}

// retaken tells whether a pattern takes back name, or a parent of it from at on
// (at is name or a parent of it).
func (r *rules) retaken(at, name string) bool {
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

// junk are names that tools leave behind, of no use in an image.
var junk = map[string]bool{
	"__pycache__": true, ".git": true, ".hg": true, ".svn": true, ".mypy_cache": true, ".pytest_cache": true,
	".ruff_cache": true, ".tox": true, ".nox": true, ".DS_Store": true,
	".dockerignore": true, ".assembleignore": true,
}

// secret are names of what as a rule holds passwords or keys.
var secret = map[string]string{
	".netrc": "may contain passwords", "_netrc": "may contain passwords", ".pypirc": "may contain passwords",
	"pip.conf": "may contain passwords", "pip.ini": "may contain passwords", ".git-credentials": "may contain passwords",
	".npmrc": "may contain passwords", ".envrc": "may contain secrets",
	".aws": "may contain credentials", ".ssh": "may contain keys", ".docker": "may contain credentials", ".kube": "may contain credentials",
	"cosign.key": "is a private key", "id_rsa": "is a private key", "id_dsa": "is a private key",
	"id_ecdsa": "is a private key", "id_ed25519": "is a private key",
}

// dropped tells whether a file or directory of that name is left out, and what
// to say of it.
func dropped(base string) (why string, drop bool) {
	if junk[base] {
		return "", true
	}
	if why, ok := secret[base]; ok {
		return why, true
	}
	if base == ".env" || strings.HasPrefix(base, ".env.") || strings.HasPrefix(base, ".env-") || strings.HasPrefix(base, ".env_") {
		return "may contain secrets", true
	}
	return "", false
}

func isJunkFile(name string) bool {
	ext := path.Ext(name)
	return ext == ".pyc" || ext == ".pyo"
}
