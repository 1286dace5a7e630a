package unpack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/deb"
	"github.com/assemble-image/assemble/internal/debs/root"
	"github.com/assemble-image/assemble/internal/debs/soname"
	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/layers"
)

// Tree is a package that is unpacked.
type Tree struct {
	Package *deb.Package
	// Files are its paths in its own order, without directories that are links on
	// the base.
	Files []File
	list  []string // all paths as the package has them, but for lost ones
	spool *spool
}

// File is a path of a package.
type File struct {
	// Shipped is the path as the package has it, absolute: "/lib/x" where
	// Entry.Path may be "usr/lib/x".
	Shipped string
	// Entry is the path in a layer. HardLink may name a path that comes after
	// it by order; each name of a file can open the content.
	Entry layers.Entry
	// Sum is the content's MD5; of files only.
	Sum deb.Sum
	// Lost says that another package's file takes its place.
	Lost bool
	// Library tells of a shared library what it is; nil for other files.
	Library *root.Library
}

// ConffileSum is a conffile as dpkg's status lists it.
type ConffileSum struct {
	Path string // absolute, as the package has it
	Sum  deb.Sum
	// RemoveOnUpgrade says that it isn't there.
	RemoveOnUpgrade bool
}

// Tree returns package i unpacked. It is unpacked when it is first asked for,
// held against all that [deb.Package.Each] checks, and kept until Close.
func (s *Set) Tree(ctx context.Context, i int) (*Tree, error) {
	slot := &s.trees[i]
	slot.mu.Lock()
	defer slot.mu.Unlock()
	if slot.tree != nil {
		return slot.tree, nil
	}
	sp, err := newSpool(s.opt.TempDir)
	if err != nil {
		return nil, fmt.Errorf("creating a file to unpack %q into: %w", s.packages[i].Path, err)
	}
	u := unpacker{layout: &s.layouts[i], lost: s.lost[i], tree: &Tree{Package: s.packages[i], spool: sp}, places: map[string]int{}}
	if err := u.unpack(ctx); err != nil {
		_ = sp.close() // what it has is of no use
		return nil, err
	}
	slot.tree = u.tree
	return slot.tree, nil
}

// Conffiles returns the package's conffiles with their sums.
func (t *Tree) Conffiles() []ConffileSum {
	sums := map[string]deb.Sum{}
	for i := range t.Files {
		sums[t.Files[i].Shipped] = t.Files[i].Sum
	}
	list := make([]ConffileSum, 0, len(t.Package.Conffiles))
	for _, c := range t.Package.Conffiles {
		list = append(list, ConffileSum{Path: c.Path, Sum: sums[c.Path], RemoveOnUpgrade: c.RemoveOnUpgrade})
	}
	return list
}

// unpacker makes a tree.
type unpacker struct {
	layout *layout
	lost   map[string]bool
	tree   *Tree
	places map[string]int // index in the tree's files by path in the layer
	read   []*deb.Entry   // of the tree's files
	// offsets are where the content of the tree's files lies in the spool.
	offsets []int64
}

func (u *unpacker) unpack(ctx context.Context) error {
	u.tree.list = []string{"/."}
	if err := u.tree.Package.Each(ctx, u.add); err != nil {
		return err
	}
	for i, e := range u.read {
		u.tree.Files[i].Sum = e.Sum
	}
	if err := u.tree.spool.flush(); err != nil {
		return err
	}
	for i := range u.tree.Files {
		f := &u.tree.Files[i]
		if f.Entry.HardLink == "" {
			if f.Entry.Open == nil {
				continue
			}
			var err error
			if f.Library, err = soname.Read(u.tree.spool.part(u.offsets[i], f.Entry.Size)); err != nil {
				return fmt.Errorf("unpacking package %q: %q: %w", u.tree.Package.Path, f.Shipped, osfile.WithoutPath(err))
			}
			continue
		}
		at, ok := u.places[f.Entry.HardLink]
		if !ok {
			return fmt.Errorf("unpacking package %q: %q: the hard link's target is gone", u.tree.Package.Path, f.Shipped)
		}
		target := &u.tree.Files[at]
		f.Sum, f.Library, f.Entry.Size, f.Entry.Open = target.Sum, target.Library, target.Entry.Size, target.Entry.Open
		f.Entry.Mode, f.Entry.UID, f.Entry.GID, f.Entry.Capability = target.Entry.Mode, target.Entry.UID, target.Entry.GID, target.Entry.Capability
	}
	return nil
}

// add takes one entry of the package.
func (u *unpacker) add(e *deb.Entry, content io.Reader) error {
	p := u.layout.rewrite(e.Path)
	if !e.Mode.IsDir() && strings.HasPrefix(p, "var/lib/dpkg/") {
		return &deb.PathError{Path: e.Path, Err: errors.New("it lies among dpkg's own files")}
	}
	if u.layout.isLink(p) {
		if e.Mode.IsDir() || e.Mode.Type() == fs.ModeSymlink && u.layout.links[p] == u.layout.follow(linked(p, e.Link)) {
			u.tree.list = append(u.tree.list, "/"+e.Path)
			return nil // the base's link stays
		}
		return &deb.PathError{Path: e.Path, Err: fmt.Errorf("it would replace the base's link to %q", "/"+u.layout.links[p])}
	}
	if !u.lost[p] {
		u.tree.list = append(u.tree.list, "/"+e.Path)
	}
	if at, twice := u.places[p]; twice {
		if first := &u.tree.Files[at].Entry; e.Mode.IsDir() && first.Mode.IsDir() {
			return nil // "lib" and "usr/lib": the first one's mode and owner stay
		}
		return &deb.PathError{Path: e.Path, Err: fmt.Errorf("it is at %q on the base, as another path of the package is", "/"+p)}
	}
	f := File{Shipped: "/" + e.Path, Lost: u.lost[p], Entry: layers.Entry{
		Path: p, Mode: e.Mode, UID: e.UID, GID: e.GID, Link: e.Link, Size: e.Size, Capability: e.Capability, Owner: path.Base(u.tree.Package.Path),
	}}
	if e.HardLink != "" {
		f.Entry.HardLink = u.layout.rewrite(e.HardLink)
	}
	var offset int64
	if e.IsFile() && e.Size > 0 {
		var err error
		if offset, err = u.tree.spool.add(content); err != nil {
			return err
		}
		f.Entry.Open = u.tree.spool.open(offset, e.Size)
	}
	u.offsets = append(u.offsets, offset)
	u.places[p] = len(u.tree.Files)
	u.tree.Files = append(u.tree.Files, f)
	u.read = append(u.read, e)
	return nil
}

// linked is the path that a link at p leads to, relative to the root.
func linked(p, target string) string {
	if !strings.HasPrefix(target, "/") {
		target = path.Join("/", path.Dir(p), target)
	}
	return path.Clean(target)[1:]
}

// Paths returns all paths as the package has them, absolute, but for those that
// another package's files take the place of.
func (t *Tree) Paths() []string { return t.list }
