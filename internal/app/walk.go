package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/layers"
)

// walker reads one directory or file.
type walker struct {
	opt    Options
	to     string // the entry path of from itself
	real   string // from, resolved
	single string // the file's name in root, "" for a directory
	root   *os.Root
	rules  *rules

	found    []found
	notes    []Note
	problems []error
	leftOut  bool
	venvs    map[string]bool // what isVenv has found out
}

// found is one path that goes into the layer. Name is relative to the root.
type found struct {
	name string
	fi   fs.FileInfo
	link string
	hash fileHash
}

// tree walks, hashes and puts together.
func (w *walker) tree(ctx context.Context) (*Tree, error) {
	if err := w.find(ctx); err != nil {
		return nil, err
	}
	if err := errors.Join(w.problems...); err != nil {
		return nil, err
	}
	if err := w.hash(ctx); err != nil {
		return nil, err
	}
	w.dropKeys()
	w.addParents()
	if w.leftOut && !slices.ContainsFunc(w.found, func(f found) bool { return f.name != "." }) {
		return nil, errors.New("all of it is left out by ignore patterns or as secret")
	}
	t := &Tree{root: w.root, Notes: w.notes}
	for i := range w.found {
		e := w.entry(&w.found[i])
		t.Entries = append(t.Entries, e)
		if e.Mode.IsRegular() {
			t.Files++
			t.Size += e.Size
		}
	}
	slices.SortFunc(t.Entries, func(a, b layers.Entry) int { return cmp.Compare(a.Path, b.Path) })
	slices.SortFunc(t.Notes, func(a, b Note) int { return cmp.Compare(a.Path, b.Path) })
	t.Digest = digest(t.Entries)
	return t, nil
}

// find looks at every path.
func (w *walker) find(ctx context.Context) error {
	if w.single != "" {
		fi, err := w.root.Lstat(w.single)
		if err != nil {
			return w.fileError(w.single, err)
		}
		_, err = w.visit(w.single, fi)
		return err
	}
	return fs.WalkDir(w.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return w.fileError(name, err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		fi, err := d.Info()
		if err != nil {
			return w.fileError(name, err)
		}
		descend, err := w.visit(name, fi)
		if err == nil && d.IsDir() && !descend {
			return fs.SkipDir
		}
		return err
	})
}

// visit decides about one path, and whether to look into it.
func (w *walker) visit(name string, fi fs.FileInfo) (descend bool, err error) {
	v, err := w.rules.judge(name, fi.IsDir(), w.isVenv)
	if err != nil {
		return false, w.fileError(name, err)
	}
	if v.out {
		w.leftOut = true
		if v.why != "" {
			w.notes = append(w.notes, Note{Path: w.userPath(name), Why: v.why})
		}
		return v.descend, nil
	}
	f := found{name: name, fi: fi}
	switch mode := fi.Mode(); {
	case strings.HasPrefix(path.Base(name), ".wh."):
		w.problem(name, "has a name that means deletion in an image")
	case mode.Type() == fs.ModeSymlink:
		f.link = w.link(name)
	case !mode.IsRegular() && !mode.IsDir():
		w.problem(name, "is %s", kindOf(mode))
	}
	w.found = append(w.found, f)
	return true, nil
}

// link returns the target of a symbolic link, and complains where it leads out
// of the directory: as it is written, or by way of other links.
func (w *walker) link(name string) string {
	target, err := w.root.Readlink(name)
	if err != nil {
		w.problems = append(w.problems, w.fileError(name, err))
		return ""
	}
	inside := path.Join(path.Dir(name), target)
	if path.IsAbs(target) || inside == ".." || strings.HasPrefix(inside, "../") {
		w.problem(name, "is a symbolic link to %q, outside the app's directory", target)
		return ""
	}
	if _, err := w.root.Stat(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.problem(name, "is a symbolic link to %q, which can't be followed inside the app's directory: %v", target, withoutPath(err))
	}
	return target
}

func (w *walker) problem(name, format string, args ...any) {
	w.problems = append(w.problems, fmt.Errorf("%q %s", w.userPath(name), fmt.Sprintf(format, args...)))
}

// fileError names the file in an error, by the user's path for it.
func (w *walker) fileError(name string, err error) error {
	return fmt.Errorf("reading %q: %w", w.userPath(name), withoutPath(err))
}

// userPath returns the path by which the user would call name.
func (w *walker) userPath(name string) string {
	if w.single != "" {
		return w.opt.Name
	}
	return path.Join(w.opt.Name, name)
}

// isVenv tells whether the directory is a Python virtual environment.
func (w *walker) isVenv(name string) bool {
	is, ok := w.venvs[name]
	if !ok {
		fi, err := w.root.Lstat(path.Join(name, "pyvenv.cfg"))
		is = err == nil && fi.Mode().IsRegular()
		w.venvs[name] = is
	}
	return is
}

// dropKeys leaves out the files that turned out to hold private keys.
func (w *walker) dropKeys() {
	w.found = slices.DeleteFunc(w.found, func(f found) bool {
		if !f.hash.key || w.rules.retaken(f.name, f.name) {
			return false
		}
		w.leftOut = true
		w.notes = append(w.notes, Note{Path: w.userPath(f.name), Why: "holds a private key"})
		return true
	})
}

// addParents adds the directories that are left out themselves, but not all of
// what is in them.
func (w *walker) addParents() {
	have := map[string]bool{}
	for _, f := range w.found {
		have[f.name] = true
	}
	if w.single != "" {
		return
	}
	for _, f := range slices.Clone(w.found) {
		for dir := f.name; dir != "."; {
			dir = path.Dir(dir)
			if !have[dir] {
				have[dir] = true
				w.found = append(w.found, found{name: dir})
			}
		}
	}
}

// entry turns a path into an entry. A directory added as a parent has no status.
func (w *walker) entry(f *found) layers.Entry {
	e := layers.Entry{
		Path: path.Join(w.to, f.name), Mode: fs.ModeDir | 0o755,
		UID: w.opt.UID, GID: w.opt.GID, Owner: w.opt.Name,
	}
	if w.single != "" {
		e.Path = w.to
	}
	if f.fi == nil || f.fi.IsDir() {
		return e
	}
	if f.fi.Mode().Type() == fs.ModeSymlink {
		e.Mode, e.Link = fs.ModeSymlink|0o777, f.link
		return e
	}
	e.Mode = 0o644
	if f.fi.Mode().Perm()&0o111 != 0 {
		e.Mode = 0o755
	}
	e.Size, e.SHA256 = f.fi.Size(), f.hash.sum[:]
	e.Open = w.opener(f.name, f.fi)
	return e
}

// kindOf names a special file.
func kindOf(m fs.FileMode) string {
	switch {
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "a special file"
}
