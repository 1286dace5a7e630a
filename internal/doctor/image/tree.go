// Package image is the file system that an image would have: the base's files and
// what layers put on them, by their paths and without their content.
//
// Start with [New], put the base's files and then each layer's paths on it with
// [Tree.Put], and look paths up with [Tree.Lookup], which follows links as the
// kernel would in a container of that image.
package image

import (
	"io/fs"
	"path"
	"sort"
	"strings"

	"github.com/assemble-image/assemble/internal/doctor/scan"
)

// Node is a path of the image.
type Node struct {
	// Path is absolute, with the links of its directories followed.
	Path string
	// Mode has the type and the permissions.
	Mode     fs.FileMode
	UID, GID int
	Size     int64
	// Link is a symbolic link's target.
	Link string
	// Owner is what brought it, an index of whoever fills the tree; 0 is the
	// base.
	Owner int
	// Note is what is known of a file's content, nil for nothing.
	Note *scan.Note
	// Data is the content of a small file that the checks read, if it is known.
	Data []byte
}

// Tree is all paths.
type Tree struct {
	nodes map[string]*Node
	// names are the base names below each directory, made when they are asked.
	names map[string][]string
	// last is the directory that was made last, and where it really lies: what
	// is put comes a directory at a time. It is forgotten when a link or a file
	// may have come on its way, or something is taken away.
	last struct{ dir, real string }
}

// maxLinks is how many symbolic links a path may lead through, as in Linux.
const maxLinks = 40

// New returns the tree of an image without files.
func New() *Tree {
	return &Tree{nodes: map[string]*Node{"/": {Path: "/", Mode: fs.ModeDir | 0o755}}}
}

// Put adds a path, or puts it in the place of what is there. Directories on the
// way that are missing are added. A directory takes nothing's place but a file's.
func (t *Tree) Put(n Node) *Node {
	dir, name := path.Split(path.Clean("/" + n.Path))
	if name == "" {
		return t.nodes["/"]
	}
	n.Path = path.Join(t.mkdir(dir, &n), name)
	if old := t.nodes[n.Path]; old != nil && old.Mode.IsDir() && !n.Mode.IsDir() {
		t.Remove(n.Path)
	}
	if old := t.nodes[n.Path]; !n.Mode.IsRegular() || old != nil && !old.Mode.IsRegular() {
		t.last.dir = ""
	}
	added := n
	t.nodes[n.Path] = &added
	t.names = nil
	return &added
}

// mkdir returns the real path of a directory, which is made where it is missing.
func (t *Tree) mkdir(dir string, above *Node) string {
	if dir == t.last.dir {
		return t.last.real
	}
	real := t.Resolve(dir)
	for at := real; at != "/" && t.nodes[at] == nil; at = path.Dir(at) {
		t.nodes[at] = &Node{Path: at, Mode: fs.ModeDir | 0o755, Owner: above.Owner}
	}
	t.last.dir, t.last.real = dir, real
	return real
}

// Remove takes a path away, with all below it: a whiteout.
func (t *Tree) Remove(p string) {
	real := path.Join(t.Resolve(path.Dir(p)), path.Base(p))
	n := t.nodes[real]
	delete(t.nodes, real)
	t.names, t.last.dir = nil, ""
	if n == nil || !n.Mode.IsDir() {
		return
	}
	for at := range t.nodes {
		if strings.HasPrefix(at, real+"/") {
			delete(t.nodes, at)
		}
	}
}

// Resolve returns where a path really lies, with every link followed, in its last
// element too. What is missing stays as it is, and so does a loop.
func (t *Tree) Resolve(p string) string {
	todo := strings.Split(p, "/")
	at := "/"
	for links := 0; len(todo) > 0; {
		elem := todo[0]
		todo = todo[1:]
		switch elem {
		case "", ".":
			continue
		case "..":
			at = path.Dir(at)
			continue
		}
		next := path.Join(at, elem)
		n := t.nodes[next]
		if n == nil || n.Mode&fs.ModeSymlink == 0 {
			at = next
			continue
		}
		if links++; links > maxLinks {
			return path.Clean(p)
		}
		if strings.HasPrefix(n.Link, "/") {
			at = "/"
		}
		todo = append(strings.Split(n.Link, "/"), todo...)
	}
	return at
}

// Lookup returns what a path leads to, links followed, nil for nothing.
func (t *Tree) Lookup(p string) *Node {
	n := t.nodes[t.Resolve(p)]
	if n == nil || n.Mode&fs.ModeSymlink != 0 {
		return nil
	}
	return n
}

// At returns what is at a path itself: a link isn't followed where it is the last
// element.
func (t *Tree) At(p string) *Node {
	if p = path.Clean("/" + p); p == "/" {
		return t.nodes["/"]
	}
	return t.nodes[path.Join(t.Resolve(path.Dir(p)), path.Base(p))]
}

// IsDir and IsFile report what a path leads to.
func (t *Tree) IsDir(p string) bool {
	n := t.Lookup(p)
	return n != nil && n.Mode.IsDir()
}

// IsFile reports whether a path leads to a regular file.
func (t *Tree) IsFile(p string) bool {
	n := t.Lookup(p)
	return n != nil && n.Mode.IsRegular()
}

// List returns the names in a directory, sorted.
func (t *Tree) List(dir string) []string {
	if t.names == nil {
		t.names = map[string][]string{}
		for at := range t.nodes {
			if at != "/" {
				t.names[path.Dir(at)] = append(t.names[path.Dir(at)], path.Base(at))
			}
		}
		for _, names := range t.names {
			sort.Strings(names)
		}
	}
	return t.names[t.Resolve(dir)]
}

// Each calls f for each path, in no certain order.
func (t *Tree) Each(f func(*Node)) {
	for _, n := range t.nodes {
		f(n)
	}
}
