package app

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/layers"
)

// ErrDigest reports a file that isn't the one that is meant.
var ErrDigest = errors.New("this is another file")

// Store keeps content hashes from one run to the next. A *cache.Cache is one.
type Store interface {
	Get(kind, key string) ([]byte, bool)
	Put(kind, key string, data []byte) error
}

// Options change how a directory is read. The zero value is valid.
type Options struct {
	// Name is how messages call the directory; as a rule the path that the
	// user wrote. "" means from itself.
	Name string
	// Dir is the config's directory. Its ignore files apply, with patterns
	// relative to it, to what lies in it. "" means no such files.
	Dir string
	// Within is a directory that from must lie in, symbolic links resolved.
	// "" means anywhere.
	Within string
	// Ignore are further patterns in the syntax of .dockerignore, relative
	// to from. They win over those of files.
	Ignore []string
	// NoIgnoreFiles says that from is not the user's own, but was unpacked: ignore
	// files in it mean nothing here.
	NoIgnoreFiles bool
	// SHA256 is what from must have, where it is a file; the zero one is any.
	SHA256 [sha256.Size]byte
	// Include are patterns, relative to from, of what is taken; directories with
	// all that is in them. None takes everything.
	Include []string
	// Allow are patterns of what is not left out, nor refused, as a secret:
	// paths as messages give them, or relative to Dir. A directory stands for
	// all that is in it.
	Allow []string
	// Own are paths on this machine that the tool itself reads or writes. What
	// of them is below from is left out.
	Own []string
	// UID and GID own the entries.
	UID, GID int
	// Mode has the permissions of files, 0 for 0644 or 0755 as they are
	// executable here or not. Of a directory's files, those that are executable,
	// and all directories, may be executed by whom it lets read them.
	Mode fs.FileMode
	// GroupLikeOwner lets the group do what the owner may, where Mode is 0.
	GroupLikeOwner bool
	// Store remembers hashes, so that an unchanged file isn't read again.
	// Nil hashes everything.
	Store Store
	// Jobs is how many files are looked at at once; less than 1 means
	// GOMAXPROCS.
	Jobs int
	// Each, if set, is shown each entry in turn, sorted by path, but not
	// how to open it. The entry is valid until Each returns.
	Each func(*layers.Entry)
}

// Tree is an application's directory or file, as it goes into a layer. What it
// takes of memory doesn't grow with the number of files.
type Tree struct {
	// Notes tell what was left out for safety and what looks unsafe, the
	// first of them by path; MoreNotes is how many others there are.
	Notes     []Note
	MoreNotes int
	// Own are the paths that were left out as the tool's own, as the user
	// would write them.
	Own []string
	// Files and Size count regular files and their bytes.
	Files int
	Size  int64
	// Digest identifies the entries: paths, modes, owners, link targets and
	// contents.
	Digest [sha256.Size]byte

	w    *walker
	list *listing
}

// Close gives back what the tree holds open. Entries can't be read or opened
// afterwards.
func (t *Tree) Close() error { return errors.Join(t.list.close(), t.w.close()) }

// Walk reads the directory or file from (a path on this machine) as what shall
// lie at to (an absolute path in the image). The patterns of .dockerignore and
// .assembleignore in opt.Dir and in from apply; what is junk or may be secret is
// left out besides (see docs/configuration.md). Modes become 0644, or 0755 for
// directories and what is executable.
//
// All symbolic links that lead out of from, all sockets, pipes and devices, and
// all code with a credential in it come in one error, which then wraps
// [ErrCredential]; from some number on, they are counted only. The Tree must be
// closed.
func Walk(ctx context.Context, from, to string, opt Options) (_ *Tree, err error) {
	if opt.Name == "" {
		opt.Name = from
	}
	to, err = imagePath(to)
	if err != nil {
		return nil, fmt.Errorf("reading app %q: %w", opt.Name, err)
	}
	w, err := newWalker(from, to, opt)
	if err != nil {
		return nil, fmt.Errorf("reading app %q: %w", opt.Name, err)
	}
	t, err := w.tree(ctx)
	if err != nil {
		// The first error in the walk names the directory as well.
		return nil, errors.Join(fmt.Errorf("reading app %q: %w", opt.Name, err), w.close())
	}
	return t, nil
}

// imagePath turns an absolute path in the image into an entry's path.
func imagePath(to string) (string, error) {
	p := strings.TrimPrefix(path.Clean(to), "/")
	if !strings.HasPrefix(to, "/") || p == "" || slices.Contains(strings.Split(to, "/"), "..") {
		return "", fmt.Errorf("%q is not an absolute path below the root of an image", to)
	}
	return p, nil
}

// newWalker opens from, and finds out what is to be left out.
func newWalker(from, to string, opt Options) (*walker, error) {
	real, err := realPath(from, opt.Within)
	if err != nil {
		return nil, err
	}
	fi, err := os.Stat(real)
	if err != nil {
		return nil, osfile.WithoutPath(err)
	}
	w := &walker{opt: opt, to: to, real: real}
	dir := real
	switch {
	case fi.Mode().IsRegular():
		dir, w.single = filepath.Split(real)
	case fi.IsDir() && opt.SHA256 != [sha256.Size]byte{}:
		return nil, errors.New("it is a directory, which has no SHA-256")
	case !fi.IsDir():
		return nil, fmt.Errorf("is %s, neither a directory nor a file", osfile.Kind(fi.Mode()))
	}
	if w.opt.Jobs < 1 {
		w.opt.Jobs = runtime.GOMAXPROCS(0)
	}
	w.rules, err = readRules(real, w.single != "", opt)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, osfile.WithoutPath(err)
	}
	w.root, w.dirs = root, newDirs(root)
	return w, nil
}

// Inside returns a path with its links resolved, which must then lie in the
// directory within.
func Inside(from, within string) (string, error) { return realPath(from, within) }

// realPath resolves from, and holds it against the directory it must lie in.
func realPath(from, within string) (string, error) {
	real, err := resolve(from)
	if err != nil {
		return "", err
	}
	if within == "" {
		return real, nil
	}
	base, err := resolve(within)
	if err != nil {
		return "", err
	}
	rel, err := filepath.Rel(base, real)
	if err != nil || !filepath.IsLocal(rel) {
		return "", errors.New("it is outside the config's directory")
	}
	return real, nil
}

func resolve(p string) (string, error) {
	abs, err := filepath.Abs(p)
	if err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return "", osfile.WithoutPath(err)
	}
	return real, nil
}
