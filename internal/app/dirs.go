package app

import (
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
)

// maxOpenDirs is how many directories are kept open between uses.
const maxOpenDirs = 32

// dirs keeps directories open below the root, so that a file's path isn't
// walked through each time. It is for concurrent use.
type dirs struct {
	root *os.Root
	mu   sync.Mutex
	open map[string]*openDir
	idle []*openDir // not in use, the one unused for longest first
}

type openDir struct {
	*os.Root
	name string
	uses int
}

func newDirs(root *os.Root) *dirs { return &dirs{root: root, open: map[string]*openDir{}} }

// get opens the directory name, which the root leads to. It must be put back.
func (d *dirs) get(name string) (*openDir, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if o := d.open[name]; o != nil {
		if o.uses++; o.uses == 1 {
			d.idle = slices.DeleteFunc(d.idle, func(i *openDir) bool { return i == o })
		}
		return o, nil
	}
	root, err := d.openRoot(name)
	if err != nil {
		return nil, err
	}
	o := &openDir{Root: root, name: name, uses: 1}
	d.open[name] = o
	return o, nil
}

// openRoot opens a directory from the one that it lies in, if that is open.
func (d *dirs) openRoot(name string) (*os.Root, error) {
	at, base := split(name)
	if above := d.open[at]; above != nil && name != "." {
		return above.OpenRoot(base)
	}
	return d.root.OpenRoot(name)
}

// split parts the directory off a name below the root.
func split(name string) (dir, base string) {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		return name[:i], name[i+1:]
	}
	return ".", name
}

// put says that a directory isn't needed any more.
func (d *dirs) put(o *openDir) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if o.uses--; o.uses > 0 {
		return
	}
	if d.idle = append(d.idle, o); len(d.idle) > maxOpenDirs {
		oldest := d.idle[0]
		d.idle = d.idle[1:]
		delete(d.open, oldest.name)
		_ = oldest.Close() // it was read only
	}
}

// close closes all that are open. None may be in use.
func (d *dirs) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	errs := make([]error, 0, len(d.idle))
	for _, o := range d.idle {
		errs = append(errs, o.Close())
	}
	d.idle, d.open = nil, nil
	return errors.Join(errs...)
}

// names are a directory's names, in the order in which their paths are sorted:
// a subdirectory is there twice, as itself and, with a slash at the end, in the
// place of what is in it ("a", "a-b", "a/").
type names struct {
	buf  []byte
	list []nameAt
	dir  *os.Root
	err  error // of a name
}

type nameAt struct {
	offset uint32
	length uint16
	typ    nameType
}

type nameType uint8

const (
	nameFile nameType = iota // or anything else
	nameLink
	nameDir
	nameWithin  // what is in the directory
	nameUnknown // nobody has said
)

func (n *names) at(i int) (string, nameType) {
	a := n.list[i]
	return string(n.buf[a.offset:][:a.length]), a.typ
}

// maxNames bounds the bytes of a directory's names, so that no offset overflows.
const maxNames = 1 << 31

// readDir reads the names in a directory.
func (d *dirs) readDir(name string) (_ *names, err error) {
	o, err := d.get(name)
	if err != nil {
		return nil, err
	}
	defer d.put(o)
	f, err := o.Open(".")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	n := &names{dir: o.Root}
	if err := errors.Join(readNames(f, n), n.err); err != nil {
		return nil, err
	}
	slices.SortFunc(n.list, func(a, b nameAt) int {
		return bytes.Compare(n.buf[a.offset:][:a.length], n.buf[b.offset:][:b.length])
	})
	return n, nil
}

// add takes a name. Some file systems don't tell what it is.
func (n *names) add(name string, typ nameType) {
	if typ == nameUnknown {
		fi, err := n.dir.Lstat(name)
		if err != nil {
			n.err = cmp.Or(n.err, err)
			return
		}
		typ = nameTypeOf(fi.Mode().Type())
	}
	if len(n.buf) > maxNames {
		n.err = cmp.Or(n.err, errors.New("it has too many files"))
		return
	}
	a := nameAt{offset: uint32(len(n.buf)), length: uint16(len(name)), typ: typ}
	n.buf = append(n.buf, name...)
	n.list = append(n.list, a)
	if typ == nameDir {
		n.buf = append(n.buf, '/')
		a.length, a.typ = a.length+1, nameWithin
		n.list = append(n.list, a)
	}
}

func nameTypeOf(m fs.FileMode) nameType {
	if m == fs.ModeDir {
		return nameDir
	}
	if m == fs.ModeSymlink {
		return nameLink
	}
	return nameFile
}
