package app

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"

	"github.com/assemble-image/assemble/layers"
)

// gatherer takes what was found, in order, and makes a tree of it.
type gatherer struct {
	*walker
	list     *listing
	keep     *keeper
	digest   *digester
	problems problems
	unread   error // the first file that couldn't be hashed
	notes    notes
	leftOut  bool
	files    int
	size     int64
	kept     int // paths, but for the root
}

// take takes the next path.
func (g *gatherer) take(it *item) error {
	if it.err != nil {
		return it.err
	}
	if !g.isFine(it) {
		return nil // the others are looked at, too
	}
	f := &it.found
	if want := g.opt.SHA256; want != [sha256.Size]byte{} && f.hash.sum != want {
		return fmt.Errorf("%w: it has the SHA-256 %x, not %x", ErrDigest, f.hash.sum, want)
	}
	g.keep.add(f)
	if f.hash.holds != 0 && !g.rules.retaken(f.name, f.name) && !g.credential(f) {
		return nil
	}
	e := g.entry(f)
	if e.Mode.IsRegular() {
		g.files++
		g.size += e.Size
	}
	if f.name != "." {
		g.kept++
	}
	g.digest.add(&e)
	if g.opt.Each != nil {
		g.opt.Each(&e)
	}
	return g.list.add(f)
}

// isFine keeps what is wrong with a path, to be told at the end.
func (g *gatherer) isFine(it *item) bool {
	if it.problem != nil {
		g.problems.add(it.problem)
	}
	if it.unread != nil {
		g.failed.Store(true)
		g.unread = cmp.Or(g.unread, it.unread)
	}
	return it.problem == nil && !g.failed.Load()
}

// finish tells what is wrong, if anything is, and completes the listing.
func (g *gatherer) finish() error {
	if err := g.problems.err(); err != nil {
		return err
	}
	if g.unread != nil {
		return g.unread
	}
	if g.leftOut && g.kept == 0 && g.rules.include != nil {
		return errors.New("nothing in it is included, or ignore patterns leave it out")
	}
	if g.leftOut && g.kept == 0 {
		return errors.New("everything in it is excluded by ignore patterns or as a secret")
	}
	g.keep.end()
	return g.list.end()
}

// entry turns a path into an entry, but for how to open it.
func (w *walker) entry(f *found) layers.Entry {
	e := layers.Entry{
		Path: w.to, Mode: fs.ModeDir | 0o755,
		UID: w.opt.UID, GID: w.opt.GID, Owner: w.opt.Name,
	}
	if w.single == "" && f.name != "." {
		e.Path = w.to + "/" + f.name
	}
	switch f.kind {
	case kindLink:
		e.Mode, e.Link = fs.ModeSymlink|0o777, f.link
	case kindFile:
		e.Mode = 0o644
	case kindExec:
		e.Mode = 0o755
	default:
	}
	if f.kind != kindLink {
		e.Mode = w.permissions(e.Mode, f.kind)
	}
	if e.Mode.IsRegular() {
		e.Size, e.SHA256 = f.status.size, f.hash.sum[:]
	}
	return e
}
