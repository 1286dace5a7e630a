package app

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/assemble-image/assemble/internal/credential"
)

// ErrCredential reports credentials in code or texts, which can't be left out
// without a loss.
var ErrCredential = errors.New("credentials in an image can be read by whoever has it")

// maxNamed is how many files are named, in notes and in an error.
const maxNamed = 50

// Note tells of one file or directory that was left out, or of a file that
// wasn't, though it looks unsafe.
type Note struct {
	// Path is as the user would write it.
	Path string
	// Why it was left out, as in "contains a private key".
	Why string
	// Kept says that it was not left out.
	Kept bool
}

// String returns the note as a sentence for people.
func (n Note) String() string {
	if n.Kept {
		return fmt.Sprintf("%q %s, and is kept, since it is code or a text", n.Path, n.Why)
	}
	return fmt.Sprintf("skipped %q: it %s", n.Path, n.Why)
}

// notes are the first ones by path, and how many others there are. They come in
// the order of paths.
type notes struct {
	list []Note
	more int
}

func (n *notes) add(notes ...Note) {
	for _, one := range notes {
		if len(n.list) == maxNamed {
			n.more++
			continue
		}
		n.list = append(n.list, one)
	}
}

// join adds those of another goroutine.
func (n *notes) join(o notes) {
	n.list = slices.SortedFunc(slices.Values(append(n.list, o.list...)), func(a, b Note) int { return cmp.Compare(a.Path, b.Path) })
	n.more += o.more
	if len(n.list) > maxNamed {
		n.more += len(n.list) - maxNamed
		n.list = n.list[:maxNamed]
	}
}

// holds says what a file holds.
func holds(h fileHash) string { return "contains " + h.holds.String() }

// problems are the first ones, and how many others there are.
type problems struct {
	list       []error
	more       int
	credential bool
}

func (p *problems) add(err error) {
	if len(p.list) == maxNamed {
		p.more++
		return
	}
	p.list = append(p.list, err)
}

// err returns all of them as one, nil for none.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	list := slices.Clone(p.list)
	if p.more > 0 {
		list = append(list, fmt.Errorf("and %d more", p.more))
	}
	if p.credential {
		list = append(list, ErrCredential)
	}
	return errors.Join(list...)
}

// credential decides about a file that holds a credential: whether it is kept. In
// data, it is left out. Code stays: with a note for a key, since tests and
// examples have keys of their own; a token there is a problem.
func (g *gatherer) credential(f *found) (keep bool) {
	n := Note{Path: g.userPath(f.name), Why: holds(f.hash)}
	if searchAs(f.name) == credential.Data {
		g.leftOut = true
		g.notes.add(n)
		return false
	}
	if f.hash.holds.IsKey() {
		n.Kept = true
		g.notes.add(n)
		return true
	}
	g.problems.credential = true
	g.problems.add(fmt.Errorf("%q %s (line %d)", n.Path, n.Why, f.hash.line))
	return true
}
