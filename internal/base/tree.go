package base

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// Names of whiteouts (image-spec, layer.md).
const (
	whiteoutPrefix = ".wh."
	opaqueWhiteout = ".wh..wh..opq"
	aufsPrefix     = ".wh..wh." // aufs' own files, which hide nothing
)

// node is a path of the image as its layers make it.
type node struct {
	entry
	layer    int // that wrote it last
	children map[string]*node
}

// tree is the image's file system. It counts what it is made of, because a
// short name in a tar can stand for many directories with long paths.
type tree struct {
	root         *node
	nodes, names int
}

func newTree() *tree {
	return &tree{root: &node{entry: entry{path: "/", kind: isDir}, children: map[string]*node{}}}
}

// add makes a node for e in dir, in the place of what was there.
func (t *tree) add(dir *node, name string, e entry, layer int) (*node, error) {
	e.path = join(dir.path, name)
	t.nodes++
	t.names += len(e.path)
	switch {
	case len(e.path) > maxPath:
		return nil, fmt.Errorf("its path, with links followed, is longer than %d bytes", maxPath)
	case t.nodes > maxEntries:
		return nil, fmt.Errorf("the base has more than %d files and directories", maxEntries)
	case t.names > maxNames:
		return nil, fmt.Errorf("the base has more than %d bytes of paths", maxNames)
	}
	n := &node{entry: e, layer: layer}
	if e.kind == isDir {
		n.children = map[string]*node{}
	}
	dir.children[name] = n
	return n, nil
}

// apply puts a layer on top. Whiteouts hide only what lower layers brought,
// wherever in the layer they stand.
func (t *tree) apply(layer int, entries []entry) error {
	for _, e := range entries {
		if err := t.put(layer, e); err != nil {
			return fmt.Errorf("entry %q: %w", shorten(e.path), err)
		}
	}
	return nil
}

func (t *tree) put(layer int, e entry) error {
	if e.path == "/" {
		return nil
	}
	dir, name := path.Split(e.path)
	at, err := t.mkdir(dir, layer)
	if err != nil {
		return err
	}
	if at.kind != isDir {
		return errNotDir
	}
	switch {
	case name == opaqueWhiteout:
		at.prune(layer)
		return nil
	case strings.HasPrefix(name, aufsPrefix):
		return nil
	case strings.HasPrefix(name, whiteoutPrefix):
		return at.hide(strings.TrimPrefix(name, whiteoutPrefix), layer)
	}
	old := at.children[name]
	if e.kind == isDir && old != nil && old.kind == isDir {
		old.layer, old.implied = layer, false
		old.mode, old.uid, old.gid = e.mode, e.uid, e.gid
		return nil
	}
	if e.kind == isHardlink {
		if e, err = t.hardlink(e); err != nil {
			return err
		}
	}
	_, err = t.add(at, name, e, layer)
	return err
}

// hardlink returns the entry that e is another name of.
func (t *tree) hardlink(e entry) (entry, error) {
	dir, name := path.Split(path.Clean("/" + e.link))
	at := t.lookup(dir)
	if at == nil || at.children[name] == nil || at.children[name].kind == isDir {
		return e, fmt.Errorf("it is a hard link to %q, which does not exist", shorten(e.link))
	}
	return at.children[name].entry, nil
}

// hide removes what lower layers have under the name.
func (n *node) hide(name string, layer int) error {
	if name == "" {
		return errors.New("it is a whiteout of nothing")
	}
	c := n.children[name]
	if c == nil {
		return nil
	}
	c.prune(layer)
	if c.layer < layer && len(c.children) == 0 {
		delete(n.children, name)
	}
	return nil
}

// prune removes all below n that lower layers brought.
func (n *node) prune(layer int) {
	for name, c := range n.children {
		c.prune(layer)
		if c.layer < layer && len(c.children) == 0 {
			delete(n.children, name)
		}
	}
}

var errLoop = errors.New("its path has a loop of symbolic links")

// mkdir returns the directory at p, through symbolic links, and makes what
// is missing of it, as runtimes do when they unpack a layer.
func (t *tree) mkdir(p string, layer int) (*node, error) {
	return t.walk(p, func(dir *node, elem string) (*node, error) {
		return t.add(dir, elem, entry{kind: isDir, implied: true}, layer)
	})
}

// lookup returns what p leads to, links in its last element followed too, or
// nil where there is nothing.
func (t *tree) lookup(p string) *node {
	n, err := t.walk(p, func(*node, string) (*node, error) { return nil, errMissing })
	if err != nil {
		return nil
	}
	return n
}

var (
	errMissing = errors.New("it does not exist")
	errNotDir  = errors.New("a part of its path is not a directory")
)

// walk follows p from the root, as if that were the system's. It asks missing
// for an element that is not there.
func (t *tree) walk(p string, missing func(dir *node, elem string) (*node, error)) (*node, error) {
	stack := []*node{t.root}
	todo := strings.Split(p, "/")
	for links := 0; len(todo) > 0; {
		var elem string
		elem, todo = todo[0], todo[1:]
		at := stack[len(stack)-1]
		switch {
		case elem == "" || elem == ".":
			continue
		case at.kind != isDir:
			return nil, errNotDir
		case elem == "..":
			stack = stack[:max(1, len(stack)-1)]
			continue
		}
		next := at.children[elem]
		if next == nil {
			var err error
			if next, err = missing(at, elem); err != nil {
				return nil, err
			}
		}
		if next.kind != isSymlink {
			stack = append(stack, next)
			continue
		}
		if links++; links > maxLinks {
			return nil, errLoop
		}
		if strings.HasPrefix(next.link, "/") {
			stack = stack[:1]
		}
		todo = append(strings.Split(next.link, "/"), todo...)
	}
	return stack[len(stack)-1], nil
}

// file returns the content of a file that was kept, or nil.
func (t *tree) file(p string) []byte {
	if n := t.lookup(p); n != nil && n.kind == isFile {
		return n.data
	}
	return nil
}

func (t *tree) isFile(p string) bool {
	n := t.lookup(p)
	return n != nil && n.kind == isFile
}

func (t *tree) isDir(p string) bool {
	n := t.lookup(p)
	return n != nil && n.kind == isDir
}

// list returns a directory's names, sorted.
func (t *tree) list(p string) []string {
	n := t.lookup(p)
	if n == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(n.children))
}

// each calls f for every node, parents first, in no certain order.
func (t *tree) each(f func(*node)) { t.root.each(f) }

// each calls f for the node and all below it, parents first.
func (n *node) each(f func(*node)) {
	todo := []*node{n}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		f(n)
		for _, c := range n.children {
			todo = append(todo, c)
		}
	}
}
