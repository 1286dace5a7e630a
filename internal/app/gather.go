package app

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"

	"github.com/assemble-image/assemble/layers"
)

// gatherer takes what was found, in order, and makes a tree of it.
type gatherer struct {
	*walker
	list     *listing
	keep     *keeper
	digest   *digester
	problems []error
	unread   error // the first file that couldn't be hashed
	notes    []Note
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
	if it.problem != nil || it.unread != nil {
		g.failed.Store(true)
		if it.problem != nil {
			g.problems = append(g.problems, it.problem)
		} else {
			g.unread = cmp.Or(g.unread, it.unread)
		}
	}
	if g.failed.Load() {
		return nil
	}
	f := &it.found
	g.keep.add(f)
	if f.hash.key && !g.rules.retaken(f.name, f.name) {
		g.leftOut = true
		g.notes = append(g.notes, Note{Path: g.userPath(f.name), Why: "contains a private key"})
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

// finish tells what is wrong, if anything is, and completes the listing.
func (g *gatherer) finish() error {
	if err := errors.Join(g.problems...); err != nil {
		return err
	}
	if g.unread != nil {
		return g.unread
	}
	if g.leftOut && g.kept == 0 {
		return errors.New("everything in it is excluded by ignore patterns or as a secret")
	}
	slices.SortFunc(g.notes, func(a, b Note) int { return cmp.Compare(a.Path, b.Path) })
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
	if e.Mode.IsRegular() {
		e.Size, e.SHA256 = f.status.size, f.hash.sum[:]
	}
	return e
}
