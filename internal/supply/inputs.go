package supply

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// ErrOutside says that a requirements file, or one that it includes, lies
// outside of the directories that it may come from.
var ErrOutside = errors.New("it lies outside of the config's directory, and include_dirs doesn't name its own")

// fileOptions are how requirements files are read: what they may have of the
// environment.
func (s settings) fileOptions() requirements.Options {
	return requirements.Options{Env: os.Getenv, CredentialHost: s.credentialHost}
}

// credentialHost reports whether the config or a flag names the host.
func (s settings) credentialHost(host string) bool {
	if slices.Contains(s.cfg.CredentialHosts, host) {
		return true
	}
	named := func(text string) bool {
		u, err := url.Parse(text)
		return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
	}
	return slices.ContainsFunc(s.cfg.Index, named) ||
		slices.ContainsFunc(s.cfg.FindLinks, func(l config.Link) bool { return named(l.Target) })
}

// opener opens a requirements file and what it includes, as long as that lies
// below the config's directory, the file's own, or one that the config permits,
// once symbolic links are followed: a file from anybody must not have any
// other that the user can read printed line by line. beside tells where a path
// in messages lies.
func (s settings) opener(file string, beside func(string) string) requirements.Opener {
	roots := make([]string, 0, 2+len(s.cfg.IncludeDirs))
	roots = append(roots, s.cfg.Dir, filepath.Dir(file))
	for _, d := range s.cfg.IncludeDirs {
		roots = append(roots, d.Abs)
	}
	return func(path string) (io.ReadCloser, error) {
		at, err := filepath.Abs(beside(path))
		if err != nil {
			return nil, err
		}
		f, err := osfile.OpenInput(at)
		if err != nil {
			return nil, err
		}
		if err := within(f, at, roots); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return f, nil
	}
}

// within checks that the open file, which path led to, lies below one of the
// roots. A pipe of the shell's own, as in <(…), lies nowhere.
func within(f *os.File, path string, roots []string) error {
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	if !fi.Mode().IsRegular() {
		return nil
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	if there, err := os.Stat(real); err != nil || !os.SameFile(fi, there) {
		return fmt.Errorf("%q was replaced while it was being opened", path)
	}
	for _, root := range roots {
		root, err := filepath.EvalSymlinks(root)
		if err != nil {
			continue // it isn't there, and so nothing is in it
		}
		if rel, err := filepath.Rel(root, real); err == nil && filepath.IsLocal(rel) {
			return nil
		}
	}
	return ErrOutside
}
