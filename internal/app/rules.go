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

// judge decides about the path name. The root itself stays, unless patterns
// leave it out.
func (r *rules) judge(name string, isDir bool, isVenv func(string) bool) (verdict, error) {
	out, err := r.patterns.match(path.Join(r.prefix, name))
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
	for i := 0; i <= len(name); i++ {
		if i < len(name) && name[i] != '/' {
			continue
		}
		at := name[:i]
		why, drop := dropped(path.Base(at))
		if !drop && i == len(name) && !isDir {
			drop = isJunkFile(at)
		}
		if !drop && (i < len(name) || isDir) {
			drop = isVenv(at)
		}
		if drop && !r.retaken(at, name) {
			if i < len(name) {
				why = "" // told of the parent already
			}
			return verdict{out: true, why: why, descend: isDir && r.patterns.specific()}, nil
		}
	}
	return verdict{}, nil
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
	".netrc": "may hold passwords", "_netrc": "may hold passwords", ".pypirc": "may hold passwords",
	"pip.conf": "may hold passwords", "pip.ini": "may hold passwords", ".git-credentials": "may hold passwords",
	".npmrc": "may hold passwords", ".envrc": "may hold secrets",
	".aws": "may hold credentials", ".ssh": "may hold keys", ".docker": "may hold credentials", ".kube": "may hold credentials",
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
		return "may hold secrets", true
	}
	return "", false
}

func isJunkFile(name string) bool {
	ext := path.Ext(name)
	return ext == ".pyc" || ext == ".pyo"
}
