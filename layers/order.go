package layers

import (
	"errors"
	"fmt"
	"strings"
)

// order checks entries that come one after the other, as [arrange] checks
// those of a list. In the order of paths, byte by byte, all directories that
// a path lies in have been seen before it and are beginnings of each path in
// between ("a", "a-b", "a/c"): what must be remembered is no more than that.
type order struct {
	exists func(dir string) bool
	last   string  // the path before
	open   []above // entries whose paths the one before began with, and itself
	known  string  // a directory that is there
}

// above is what is remembered of an entry.
type above struct {
	path, owner string
	dir         bool
}

// next returns what is to be written for e: its parents that the image lacks,
// and e.
func (o *order) next(e *Entry) ([]*Entry, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	if e.HardLink != "" {
		return nil, &EntryError{Owner: e.Owner, Path: e.Path, Err: errors.New("hard links can't come in a stream")}
	}
	if e.Path <= o.last {
		err := fmt.Errorf("it comes after %q, and paths must be sorted", o.last)
		if e.Path == o.last {
			err = ErrDuplicatePath
		}
		return nil, &EntryError{Owner: e.Owner, Path: e.Path, Err: err}
	}
	list, err := o.parents(e)
	if err != nil {
		return nil, err
	}
	o.push(e)
	return append(list, e), nil
}

// parents returns the parents of e that neither came before nor exist.
func (o *order) parents(e *Entry) ([]*Entry, error) {
	o.pop(e.Path)
	var list []*Entry
	for dir := parent(e.Path); dir != "" && dir != o.known; dir = parent(dir) {
		if a := o.find(dir); a != nil {
			if !a.dir {
				return nil, &ConflictError{Path: dir, Owners: [2]string{a.owner, e.Owner}, Err: ErrNotDirectory}
			}
			break
		}
		if o.exists != nil && o.exists(dir) {
			continue // those above it are seen to as well: nothing else says that they exist
		}
		if dir <= o.last {
			return nil, &EntryError{Owner: e.Owner, Path: e.Path, Err: errors.New("its directory comes after it")}
		}
		list = append([]*Entry{{Path: dir, Mode: parentMode, Owner: e.Owner}}, list...)
	}
	for _, dir := range list {
		o.push(dir)
	}
	o.known = parent(e.Path)
	return list, nil
}

// find returns the entry of that path, if it is one that is remembered.
func (o *order) find(path string) *above {
	for i := len(o.open) - 1; i >= 0; i-- {
		if o.open[i].path == path {
			return &o.open[i]
		}
	}
	return nil
}

// pop forgets what no later path can lie in.
func (o *order) pop(path string) {
	for n := len(o.open); n > 0; n-- {
		top := o.open[n-1].path
		if rest, ok := strings.CutPrefix(path, top); ok && rest != "" && rest[0] <= '/' {
			return
		}
		o.open = o.open[:n-1]
	}
}

func (o *order) push(e *Entry) {
	o.open = append(o.open, above{path: e.Path, owner: e.Owner, dir: e.Mode.IsDir()})
	o.last = e.Path
}
