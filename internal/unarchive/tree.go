package unarchive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/assemble-image/assemble/internal/osfile"
)

// tree is what is unpacked, on its way into a directory.
type tree struct {
	ctx     context.Context //nolint:containedctx // of the one call of Unpack that it is for
	root    *os.Root
	strip   int
	limits  Limits
	entries int64
	total   int64
	made    map[string]kind
	links   []link // made at the end: nothing is written through one
	buf     []byte
}

type kind uint8

const (
	isDir kind = iota + 1
	isFile
	isLink
)

type link struct{ path, target, shown string }

func newTree(ctx context.Context, root *os.Root, opt Options, size int64) *tree {
	l := opt.Limits
	for _, f := range []struct {
		value *int64
		def   int64
	}{{&l.Entries, DefaultMaxEntries}, {&l.Total, DefaultMaxTotal}, {&l.Ratio, DefaultMaxRatio}} {
		if *f.value <= 0 {
			*f.value = f.def
		}
	}
	if size < l.Total/l.Ratio { // so that it doesn't overflow
		l.Total = min(l.Total, max(size*l.Ratio, ratioFloor))
	}
	return &tree{ctx: ctx, root: root, strip: opt.Strip, limits: l, made: map[string]kind{}, buf: make([]byte, 256<<10)}
}

// place returns where a path of the archive goes, "" for nowhere.
func (t *tree) place(name string) (string, error) {
	if t.entries++; t.entries > t.limits.Entries {
		return "", fmt.Errorf("%w: more than %d paths", ErrLimit, t.limits.Entries)
	}
	if err := t.ctx.Err(); err != nil {
		return "", err
	}
	p, err := inside(name)
	if err != nil || p == "." {
		return "", err
	}
	parts := strings.Split(p, "/")
	if len(parts) <= t.strip {
		return "", nil
	}
	return strings.Join(parts[t.strip:], "/"), nil
}

// inside returns a clean path, and refuses those that leave the directory.
func inside(name string) (string, error) {
	switch {
	case strings.HasPrefix(name, "/") || strings.Contains("/"+name+"/", "/../"):
		return "", errors.New("its path leads out of the archive")
	case strings.ContainsAny(name, "\x00\\"):
		return "", errors.New("its path has a NUL byte or a backslash")
	}
	return path.Clean(name), nil
}

// claim takes a path for a kind of entry; directories may come several times.
func (t *tree) claim(p string, k kind) error {
	if before, ok := t.made[p]; ok {
		if before == isDir && k == isDir {
			return nil
		}
		return errors.New("its path is there twice")
	}
	if dir := path.Dir(p); dir != "." {
		if err := t.dir(dir); err != nil {
			return err
		}
	}
	t.made[p] = k
	return nil
}

// dir makes a directory and those that it is in.
func (t *tree) dir(p string) error {
	switch before, ok := t.made[p]; {
	case ok && before == isDir:
		return nil
	case ok:
		return fmt.Errorf("it lies in %q, which is no directory", p)
	}
	if err := t.claim(p, isDir); err != nil {
		return err
	}
	return osfile.WithoutPath(t.root.Mkdir(p, 0o755))
}

// file writes a file's content.
func (t *tree) file(p string, executable bool, size int64, content io.Reader) (err error) {
	if size > t.limits.Total-t.total {
		return fmt.Errorf("%w: %d bytes", ErrLimit, t.limits.Total)
	}
	if err := t.claim(p, isFile); err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if executable {
		mode = 0o755
	}
	f, err := t.root.OpenFile(p, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return osfile.WithoutPath(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	in := &bounded{tree: t, in: content}
	n, err := io.CopyBuffer(struct{ io.Writer }{f}, in, t.buf)
	switch {
	case err != nil:
		return osfile.WithoutPath(err)
	case n != size:
		return fmt.Errorf("it has %d bytes, not the %d that it says", n, size)
	}
	return nil
}

// bounded reads content against the limits, whatever a header says.
type bounded struct {
	tree *tree
	in   io.Reader
}

func (b *bounded) Read(p []byte) (int, error) {
	if err := b.tree.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := b.in.Read(p)
	if b.tree.total += int64(n); b.tree.total > b.tree.limits.Total {
		return 0, fmt.Errorf("%w: %d bytes", ErrLimit, b.tree.limits.Total)
	}
	return n, err
}

// hardLink makes a file that is another's namesake: a copy of its own, since a
// layer has them as such.
func (t *tree) hardLink(p, target string) (err error) {
	if t.made[target] != isFile {
		return fmt.Errorf("it is a hard link to %q, which is no file before it", target)
	}
	f, err := t.root.Open(target)
	if err != nil {
		return osfile.WithoutPath(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	fi, err := f.Stat()
	if err != nil {
		return osfile.WithoutPath(err)
	}
	return t.file(p, fi.Mode()&0o111 != 0, fi.Size(), f)
}

// symlink remembers a link.
func (t *tree) symlink(p, target, shown string) error {
	if target == "" || strings.ContainsRune(target, 0) {
		return fmt.Errorf("it is a symbolic link to %q", target)
	}
	t.links = append(t.links, link{p, target, shown})
	return t.claim(p, isLink)
}

// finish makes the links.
func (t *tree) finish() error {
	for _, l := range t.links {
		if err := t.root.Symlink(l.target, l.path); err != nil {
			return entryError(l.shown, osfile.WithoutPath(err))
		}
	}
	if len(t.made) == 0 {
		return errors.New("nothing is in it, or nothing is left of the paths")
	}
	return nil
}

func entryError(name string, err error) error { return fmt.Errorf("entry %q: %w", name, err) }
