package layers

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// maxProblems bounds how many faults of one kind an error lists.
const maxProblems = 20

// parentMode is what directories get that no entry describes.
const parentMode = fs.ModeDir | 0o755

// arrange returns the entries in the order in which they are written: sorted
// by path, byte by byte, with the parents that the image lacks. It refuses
// bad entries and those that can't be in one layer, all at once.
func arrange(entries []Entry, exists func(dir string) bool) ([]*Entry, error) {
	var faults problems
	byPath := make(map[string]*Entry, len(entries)+len(entries)/8)
	sorted := make([]*Entry, 0, len(entries)+len(entries)/8)
	for i := range entries {
		e := &entries[i]
		if err := e.check(); err != nil {
			faults.add(err)
			continue
		}
		first := byPath[e.Path]
		if first == nil {
			byPath[e.Path] = e
			sorted = append(sorted, e)
		} else if !sameDirectory(first, e) {
			faults.add(conflict(e.Path, first, e))
		}
	}
	for _, e := range sorted {
		for dir := parent(e.Path); dir != ""; dir = parent(dir) {
			above := byPath[dir]
			if above == nil {
				above = &Entry{Path: dir, Mode: parentMode, Owner: e.Owner}
				byPath[dir] = above
				if exists == nil || !exists(dir) {
					sorted = append(sorted, above)
				}
				continue
			}
			if !above.Mode.IsDir() {
				faults.add(&ConflictError{Path: dir, Owners: [2]string{above.Owner, e.Owner}, Err: ErrNotDirectory})
			}
			break // its own parents are seen to when its turn comes, or were
		}
	}
	for _, e := range sorted {
		if e.HardLink == "" {
			continue
		}
		if err := checkHardLink(e, byPath[e.HardLink]); err != nil {
			faults.add(&EntryError{Owner: e.Owner, Path: e.Path, Err: err})
		}
	}
	if err := faults.join(); err != nil {
		return nil, err
	}
	slices.SortFunc(sorted, func(a, b *Entry) int { return strings.Compare(a.Path, b.Path) })
	return sorted, nil
}

// checkHardLink holds a hard link against the file that it is another name of.
func checkHardLink(e, target *Entry) error {
	switch {
	case target == nil || !target.Mode.IsRegular() || target.HardLink != "" || isWhiteout(base(target.Path)):
		return fmt.Errorf("the hard link's target %q is no file of the layer", e.HardLink)
	case e.Mode != target.Mode || e.UID != target.UID || e.GID != target.GID:
		return fmt.Errorf("the hard link has another mode or owner than its target %q", e.HardLink)
	}
	return nil
}

// sameDirectory reports whether a and b say the same of one directory: two
// owners may both bring it.
func sameDirectory(a, b *Entry) bool {
	return a.Mode.IsDir() && a.Mode == b.Mode && a.UID == b.UID && a.GID == b.GID
}

func conflict(path string, a, b *Entry) error {
	err := ErrDuplicatePath
	if a.Mode.IsDir() != b.Mode.IsDir() {
		err = ErrNotDirectory
	}
	return &ConflictError{Path: path, Owners: [2]string{a.Owner, b.Owner}, Err: err}
}

// problems collects faults, as many as a reader wants to see at once.
type problems struct {
	errs []error
	more int
}

func (p *problems) add(err error) {
	if len(p.errs) < maxProblems {
		p.errs = append(p.errs, err)
	} else {
		p.more++
	}
}

func (p *problems) join() error {
	if p.more > 0 {
		return errors.Join(append(p.errs, fmt.Errorf("and %d more", p.more))...)
	}
	return errors.Join(p.errs...)
}
