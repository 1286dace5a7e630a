package root

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"strings"
)

// Bounds that apply where [Options] has none.
const (
	defaultNodes = 4_000_000
	defaultBytes = 256 << 20
)

const (
	maxLinks = 40 // symbolic links on the way of one path, as in Linux
	maxPath  = 4096
	maxName  = 255
)

// Options bounds a [Root]; zero values stand for generous bounds.
type Options struct {
	// MaxNodes bounds the files, directories and links.
	MaxNodes int
	// MaxBytes bounds the bytes that are written, those that were overwritten
	// since included.
	MaxBytes int64
}

// Root is a file system in memory.
type Root struct {
	top     *node
	opts    Options
	nodes   int
	written int64
	clock   int64 // counts changes, in place of a time
}

// node is a file, directory or symbolic link, under one name or more.
type node struct {
	mode     fs.FileMode
	uid, gid int
	link     string
	data     []byte
	own      bool // data is shared with nobody
	open     func() (io.ReadCloser, error)
	size     int64
	children map[string]*node
	changed  int64
	library  *Library
	cap      string
	// lower says that the base or a package brought it; was is then what they
	// brought, once it differs.
	lower bool
	was   *node
}

// Library is what the dynamic loader's cache needs to know of a shared library.
type Library struct {
	// Soname is what it calls itself (DT_SONAME); it may be empty.
	Soname string
	// Machine and Class are those of its ELF header.
	Machine uint16
	Class   byte
}

// File is what the base or a package brings.
type File struct {
	// Path is absolute; a leading slash may be left out.
	Path string
	// Mode has the type (none for a regular file, fs.ModeDir, fs.ModeSymlink),
	// the permissions, and fs.ModeSetuid, fs.ModeSetgid and fs.ModeSticky.
	Mode     fs.FileMode
	UID, GID int
	// Link is a symbolic link's target.
	Link string
	// Hardlink is the path that a hard link shares its content with, or empty.
	Hardlink string
	// Size, and Data or Open, are a regular file's content.
	Size int64
	Data []byte
	Open func() (io.ReadCloser, error)
	// Capability is a file's attribute security.capability, raw.
	Capability string
	// Library tells of a shared library what it is; nil where it isn't one, or
	// that isn't known.
	Library *Library
}

// New returns an empty root: a directory.
func New(opts Options) *Root {
	if opts.MaxNodes == 0 {
		opts.MaxNodes = defaultNodes
	}
	if opts.MaxBytes == 0 {
		opts.MaxBytes = defaultBytes
	}
	top := &node{mode: fs.ModeDir | 0o755, children: map[string]*node{}, lower: true}
	return &Root{top: top, opts: opts}
}

// Add puts what the base or a package brings in its place, on top of what was
// there. It is no change that [Root.Changes] would list. A directory that is
// there keeps its owner and mode, as dpkg leaves it; symbolic links on the way
// are followed, and missing parents made. It fails where the path leads
// through a file, and beyond the bounds.
func (r *Root) Add(f File) error {
	dir, name, err := r.parent(f.Path)
	if err != nil {
		return pathError("adding", f.Path, err)
	}
	old := dir.children[name]
	if f.Mode.IsDir() {
		if at := r.behind(f.Path); at != nil && at.mode.IsDir() {
			at.ground(&node{mode: f.Mode, uid: f.UID, gid: f.GID, children: map[string]*node{}})
			dir.groundChild(name, dir.children[name])
			return nil
		}
	} else if old != nil && old.mode.IsDir() {
		return pathError("adding", f.Path, ErrIsDir)
	}
	n, err := r.brought(f)
	if err != nil {
		return pathError("adding", f.Path, err)
	}
	dir.children[name] = n
	dir.groundChild(name, n)
	return nil
}

// brought makes the node of a file, or finds the one that a hard link names.
func (r *Root) brought(f File) (*node, error) {
	if f.Hardlink != "" {
		n, err := r.walk(f.Hardlink, false)
		if err != nil {
			return nil, fmt.Errorf("hard link to %q: %w", f.Hardlink, err)
		}
		if n.mode.IsDir() {
			return nil, ErrIsDir
		}
		return n, nil
	}
	n := &node{mode: f.Mode, uid: f.UID, gid: f.GID, link: f.Link, size: f.Size, data: f.Data, open: f.Open, lower: true, library: f.Library, cap: f.Capability}
	if f.Data != nil {
		n.size = int64(len(f.Data))
	}
	if f.Mode.IsDir() {
		n.children = map[string]*node{}
	}
	return n, r.count()
}

// Drop removes what the base or a package brought and a newer package no
// longer brings; directories only when they are empty. It is no change either.
func (r *Root) Drop(path string) error {
	dir, name, err := r.parent(path)
	if err != nil {
		return pathError("dropping", path, err)
	}
	n := dir.children[name]
	if n == nil {
		return pathError("dropping", path, ErrNotExist)
	}
	if len(n.children) > 0 {
		return pathError("dropping", path, ErrNotEmpty)
	}
	delete(dir.children, name)
	if dir.was != nil {
		delete(dir.was.children, name)
	}
	return nil
}

// ground makes a directory that a script had made part of what was brought.
func (n *node) ground(was *node) {
	if !n.lower {
		n.lower, n.was = true, was
	}
}

func (n *node) groundChild(name string, child *node) {
	if n.was != nil {
		n.was.children[name] = child
	}
}

// alter is called before a node changes: it keeps what it was.
func (r *Root) alter(n *node) {
	r.clock++
	n.changed = r.clock
	if n.lower && n.was == nil {
		was := *n
		was.children = maps.Clone(n.children)
		n.was = &was
	}
}

func (r *Root) count() error {
	if r.nodes++; r.nodes > r.opts.MaxNodes {
		return &LimitError{fmt.Sprintf("%d files and directories", r.opts.MaxNodes)}
	}
	return nil
}

func (r *Root) spend(n int) error {
	if r.written += int64(n); r.written > r.opts.MaxBytes {
		return &LimitError{fmt.Sprintf("%d bytes written to it", r.opts.MaxBytes)}
	}
	return nil
}

// behind returns what a path leads to, or nil.
func (r *Root) behind(path string) *node {
	n, err := r.walk(path, true)
	if err != nil {
		return nil
	}
	return n
}

// parent returns the directory that a path's last element is in, and makes
// what is missing on the way as part of what was brought.
func (r *Root) parent(path string) (*node, string, error) {
	path = strings.TrimRight(path, "/")
	i := strings.LastIndexByte(path, '/')
	name := path[i+1:]
	if name == "" || name == "." || name == ".." {
		return nil, "", ErrInvalid
	}
	dir, err := r.follow(path[:i+1], true, func(at *node, elem string) (*node, error) {
		n := &node{mode: fs.ModeDir | 0o755, children: map[string]*node{}, lower: true}
		at.children[elem] = n
		at.groundChild(elem, n)
		return n, r.count()
	})
	if err != nil {
		return nil, "", err
	}
	if !dir.mode.IsDir() {
		return nil, "", ErrNotDir
	}
	return dir, name, nil
}
