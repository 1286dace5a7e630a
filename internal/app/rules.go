package app

import (
	"path"
	"strings"
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
}

// scope is what a directory's place says of all that is in it: the directories
// on the way that are left out, unless something in them is taken back.
type scope []string

// judge decides about the path name, in a directory of that scope. The root
// itself stays, unless patterns leave it out.
func (r *rules) judge(name string, isDir bool, sc scope, isVenv func(string) bool) (verdict, error) {
	out, err := r.patterns.match(r.prefix, name)
	if err != nil {
		return verdict{}, err
	}
	if out {
		return verdict{out: true, descend: isDir && r.patterns.exceptions()}, nil
	}
	if name == "." {
		return verdict{}, nil
	}
	// A parent that is left out, but looked into, leaves out what is in it.
	for _, at := range sc {
		if !r.retaken(at, name) {
			return verdict{out: true, descend: isDir && r.patterns.specific()}, nil // told of the parent already
		}
	}
	why, drop := r.drops(name, isDir, isVenv)
	if !drop && !isDir {
		drop = isJunkFile(name)
	}
	if drop && !r.retaken(name, name) {
		return verdict{out: true, why: why, descend: isDir && r.patterns.specific()}, nil
	}
	return verdict{}, nil
}

// drops tells whether the name is one that is left out.
func (r *rules) drops(name string, isDir bool, isVenv func(string) bool) (why string, drop bool) {
	why, drop = dropped(path.Base(name))
	return why, drop || isDir && isVenv(name)
}

// within returns the scope of what is in the directory name.
func (r *rules) within(name string, sc scope, isVenv func(string) bool) scope {
	if name == "." {
		return sc
	}
	if _, drop := r.drops(name, true, isVenv); drop {
		return append(sc[:len(sc):len(sc)], name)
	}
	return sc
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
