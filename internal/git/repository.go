package git

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/assemble-image/assemble/internal/osfile"
)

var (
	// ErrNoRepository reports that there is none here or above.
	ErrNoRepository = errors.New("this is not in a Git repository")
	// ErrNoCommit reports a repository in which nothing was committed yet.
	ErrNoCommit = errors.New("the repository has no commit yet")
	// ErrUnsupported reports a form of repositories that isn't read here.
	ErrUnsupported = errors.New("this form of repository is not supported")
)

const (
	maxSmallFile  = 64 << 10 // of .git, HEAD, commondir, references
	maxPackedRefs = 64 << 20
	maxAlternates = 64 // object directories in all
)

// repository says where things are.
type repository struct {
	// dir is what is the work tree's own (HEAD), common what work trees share.
	dir, common string
	// objects are the directories of objects, the repository's own first.
	objects []string
	reads   int // of objects so far
}

// find looks for the repository of dir, upwards.
func find(dir string) (*repository, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	for {
		git, err := gitDir(filepath.Join(dir, ".git"))
		if err != nil {
			return nil, err
		}
		if git != "" {
			return open(git)
		}
		if filepath.Dir(dir) == dir {
			return nil, ErrNoRepository
		}
		dir = filepath.Dir(dir)
	}
}

// gitDir returns the repository's directory that path is, or that it names as a
// file does in linked work trees and submodules; "" where it is neither.
func gitDir(path string) (string, error) {
	fi, err := os.Stat(path)
	if err == nil && fi.IsDir() {
		// A directory without it is passed over by git, too.
		_, err = os.Lstat(filepath.Join(path, "HEAD"))
	}
	switch {
	case missing(err):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("looking for a Git repository: %w", err)
	case fi.IsDir():
		return path, nil
	}
	text, err := small(path)
	if err != nil {
		return "", err
	}
	target, ok := strings.CutPrefix(text, "gitdir: ")
	if !ok {
		return "", fmt.Errorf("%q does not say where the repository is", path)
	}
	return from(filepath.Dir(path), target), nil
}

func open(dir string) (*repository, error) {
	r := &repository{dir: dir, common: dir}
	switch text, err := small(filepath.Join(dir, "commondir")); {
	case err == nil:
		r.common = from(dir, text)
	case !missing(err):
		return nil, err
	}
	if fi, err := os.Stat(filepath.Join(r.common, "reftable")); err == nil && fi.IsDir() {
		return nil, fmt.Errorf("%w: %q has its references in a reftable", ErrUnsupported, r.common)
	}
	r.addObjects(filepath.Join(r.common, "objects"))
	return r, nil
}

// addObjects adds a directory of objects and its alternates
// (gitrepository-layout, objects/info/alternates).
func (r *repository) addObjects(dir string) {
	for _, known := range r.objects {
		if known == dir {
			return
		}
	}
	if len(r.objects) == maxAlternates {
		return
	}
	r.objects = append(r.objects, dir)
	text, err := small(filepath.Join(dir, "info", "alternates"))
	if err != nil {
		return // none, as a rule; what lacks is missed by its name
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			r.addObjects(from(dir, line))
		}
	}
}

// small reads a small file, less the end of its last line.
func small(path string) (string, error) {
	data, err := osfile.ReadBounded(path, maxSmallFile)
	if err != nil {
		return "", fmt.Errorf("reading %q: %w", path, err)
	}
	return strings.TrimRight(string(data), "\r\n"), nil
}

// missing reports whether there is no such file, be it that there is another in
// the place of its directory.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// from is path, counted from dir where it is relative.
func from(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, filepath.FromSlash(path))
}
