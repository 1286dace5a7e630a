package contents

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"

	"github.com/assemble-image/assemble/layers"
)

// Place is a directory or an empty file to make.
type Place struct {
	// Path is absolute.
	Path string
	// Mode has the permissions and special bits.
	Mode     fs.FileMode
	UID, GID int
}

// places are the entries for directories, empty files and links. What they lie
// in may be a link of the base's: they go where it leads.
func (a Accounts) places(on *Ground) ([]layers.Entry, error) {
	var list []layers.Entry
	for _, dir := range a.Dirs {
		if file := on.fileOnTheWay(dir.Path); file != "" {
			return nil, fmt.Errorf("dirs: %q can't be created: %q is a file in the base", dir.Path, file)
		}
		at := dir.Path
		if real, ok := on.Target.Facts.Resolve(at); ok && real != "/" && on.baseHasDir(at) {
			at = real
		}
		list = append(list, layers.Entry{Path: relative(on.inReal(at)), Mode: fs.ModeDir | dir.Mode, UID: dir.UID, GID: dir.GID, Owner: "dirs"})
	}
	for _, f := range a.Files {
		list = append(list, layers.Entry{Path: relative(on.inReal(f.Path)), Mode: f.Mode, UID: f.UID, GID: f.GID, Owner: "empty_files"})
	}
	for _, at := range slices.Sorted(maps.Keys(a.Links)) {
		list = append(list, layers.Entry{Path: relative(on.inReal(at)), Mode: fs.ModeSymlink | 0o777, Link: a.Links[at], Owner: "links"})
	}
	return list, a.checkPlaces(on, list)
}

// inReal is a path with the links followed that lead to what it lies in.
func (g *Ground) inReal(p string) string {
	dir, ok := g.Target.Facts.Resolve(path.Dir(p))
	if !ok {
		return p
	}
	return path.Join(dir, path.Base(p))
}

// checkPlaces holds files and links against what lies there.
func (a Accounts) checkPlaces(on *Ground, list []layers.Entry) error {
	for _, e := range list {
		at := "/" + e.Path
		if e.Mode.IsDir() {
			continue
		}
		r := replacing{on: on, allow: a.Replace}
		switch file := on.fileOnTheWay(path.Dir(at)); {
		case file != "":
			return fmt.Errorf("%s: %q can't be created: %q is a file in the base", e.Owner, at, file)
		case on.baseHasDir(at) && !on.isLink(at):
			return fmt.Errorf("%s: %q is a directory in the base, which it would replace", e.Owner, at)
		}
		r.see(path.Dir(at), path.Base(at))
		if err := r.err(); err != nil {
			return fmt.Errorf("%s: %w", e.Owner, err)
		}
		if len(r.noted) > 0 && a.Note != nil {
			a.Note(fmt.Sprintf("%s: %q takes the place of what the base has there", e.Owner, at))
		}
	}
	return nil
}

// isLink reports whether the base has a link to a directory at a path, which is
// real but for its last element.
func (g *Ground) isLink(at string) bool {
	_, ok := g.Target.Facts.Links[at]
	return ok
}
