package root

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/layers"
)

// whiteout precedes the name of what a layer removes (image-spec, layer.md).
const whiteout = ".wh."

// Change is a path that scripts made, changed or removed.
type Change struct {
	// Path is absolute.
	Path string
	// Removed says that it isn't there any more.
	Removed bool
	File
}

// Changes lists what differs from what the base and the packages brought,
// sorted by path, parents before what is in them. A file that was written anew
// with the content, mode and owner that it had is no change.
func (r *Root) Changes() ([]Change, error) {
	d := &differ{root: r}
	if err := d.dir("", r.top.before(), r.top); err != nil {
		return nil, err
	}
	return d.list, nil
}

// Entries returns the changes as entries of one layer: whiteouts for what was
// removed, and each name of a hard link as a file of its own.
func (r *Root) Entries(owner string) ([]layers.Entry, error) {
	changes, err := r.Changes()
	if err != nil {
		return nil, err
	}
	list := make([]layers.Entry, 0, len(changes))
	for _, c := range changes {
		path := strings.TrimPrefix(c.Path, "/")
		if c.Removed {
			dir, name := path[:strings.LastIndexByte(path, '/')+1], path[strings.LastIndexByte(path, '/')+1:]
			list = append(list, layers.Entry{Path: dir + whiteout + name, Mode: 0o644, Owner: owner})
			continue
		}
		e := layers.Entry{Capability: c.Capability, Path: path, Mode: c.Mode, UID: c.UID, GID: c.GID, Link: c.Link, Owner: owner}
		if c.Mode.IsRegular() {
			e.Size, e.Data, e.Open = c.Size, c.Data, c.Open
		}
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b layers.Entry) int { return strings.Compare(a.Path, b.Path) })
	return list, nil
}

// differ collects changes.
type differ struct {
	root *Root
	list []Change
}

func (n *node) before() *node {
	if n.was != nil {
		return n.was
	}
	return n
}

// dir compares what is in a directory with what was in it. was may be nil.
func (d *differ) dir(path string, was, now *node) error {
	names := maps.Clone(now.children)
	if was != nil && was != now {
		maps.Copy(names, was.children)
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		var before *node
		if was != nil {
			before = was.children[name]
		}
		if err := d.node(path+"/"+name, before, now.children[name]); err != nil {
			return err
		}
	}
	return nil
}

// node compares what lies at a path with the node that the base or a package
// put there.
func (d *differ) node(path string, brought, now *node) error {
	var was *node
	if brought != nil {
		was = brought.before()
	}
	if now == nil {
		d.list = append(d.list, Change{Path: path, Removed: true})
		return nil
	}
	same, err := d.equal(was, now)
	if err != nil {
		return fmt.Errorf("comparing %q: %w", path, err)
	}
	if !same {
		d.list = append(d.list, Change{Path: path, File: now.file(path)})
	}
	if !now.mode.IsDir() {
		return nil
	}
	if was != nil && !was.mode.IsDir() {
		was = nil
	}
	return d.dir(path, was, now)
}

func (n *node) file(path string) File {
	f := File{Path: path, Mode: n.mode, UID: n.uid, GID: n.gid, Link: n.link, Capability: n.cap}
	if n.mode.IsRegular() {
		f.Size, f.Open = n.size, n.open
		if n.open == nil && n.size > 0 {
			f.Data = n.data
		}
	}
	return f
}

// equal reports whether a layer need not have the node.
func (d *differ) equal(was, now *node) (bool, error) {
	switch {
	case was == now:
		return true, nil
	case was == nil, was.mode != now.mode, was.uid != now.uid, was.gid != now.gid, was.link != now.link, was.size != now.size, was.cap != now.cap:
		return false, nil
	case !now.mode.IsRegular(), now.lower && now.was == nil:
		return was.mode.IsDir() || now.mode&fs.ModeSymlink != 0, nil
	}
	before, err := was.read(d.root.opts.MaxBytes)
	if err != nil {
		return false, err
	}
	after, err := now.read(d.root.opts.MaxBytes)
	return bytes.Equal(before, after), err
}
