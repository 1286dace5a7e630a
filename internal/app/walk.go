package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/layers"
)

// walker reads one directory or file.
type walker struct {
	opt    Options
	to     string // the entry path of from itself
	real   string // from, resolved
	single string // the file's name in root, "" for a directory
	root   *os.Root
	dirs   *dirs
	rules  *rules

	failed atomic.Bool // nothing needs to be hashed any more
}

func (w *walker) close() error { return errors.Join(w.dirs.close(), w.root.Close()) }

// tree walks, hashes and puts together: a scanner finds the paths, in order and
// a batch at a time, several goroutines look at them, and a gatherer takes them
// in that order.
func (w *walker) tree(ctx context.Context) (*Tree, error) {
	start := time.Now()
	known := newRecall(w.opt.Store, w.real)
	g, ctx := errgroup.WithContext(ctx)
	s := &scanner{walker: w, known: known, work: make(chan *batch, w.opt.Jobs), order: make(chan *batch, 4*w.opt.Jobs)}
	g.Go(func() error {
		defer close(s.order)
		defer close(s.work)
		return s.scan(ctx)
	})
	for range w.opt.Jobs {
		g.Go(func() error {
			var scratch []byte
			for b := range s.work {
				for i := range b.items {
					w.look(&b.items[i], &scratch)
				}
				close(b.done)
			}
			return nil
		})
	}
	t := &gatherer{
		walker: w, list: &listing{}, digest: newDigester(),
		keep: newKeeper(w.opt.Store, w.real, known, start),
	}
	g.Go(func() error {
		for b := range s.order {
			select {
			case <-b.done:
			case <-ctx.Done(): // nobody may have been told to look at it
				return ctx.Err()
			}
			for i := range b.items {
				if err := t.take(&b.items[i]); err != nil {
					return err
				}
			}
		}
		return nil
	})
	err := g.Wait()
	if err == nil {
		t.notes.join(s.notes)
		t.leftOut = t.leftOut || s.leftOut
		err = t.finish()
	}
	if err != nil {
		return nil, errors.Join(err, t.list.close())
	}
	return &Tree{
		w: w, list: t.list, Notes: t.notes.list, MoreNotes: t.notes.more, Own: s.own,
		Files: t.files, Size: t.size, Digest: t.digest.digest(),
	}, nil
}

// look finds out what there is to know of a path. An error is left to the
// gatherer.
func (w *walker) look(it *item, scratch *[]byte) {
	if it.kind == kindLink {
		it.link, it.problem = w.link(it.name)
	}
	if it.kind != kindFile {
		return
	}
	var fi fs.FileInfo
	if fi, it.err = w.lstat(it.name); it.err != nil {
		it.err = w.fileError(it.name, it.err)
		return
	}
	if mode := fi.Mode(); !mode.IsRegular() {
		it.problem = w.problem(it.name, "is %s", osfile.Kind(mode))
		return
	} else if mode.Perm()&0o111 != 0 {
		it.kind = kindExec
	}
	it.status = statusOf(fi)
	if it.known && it.before == it.status || w.failed.Load() {
		return
	}
	if it.hash, it.unread = w.hashFile(it.name, it.status, scratch); it.unread != nil {
		it.unread = w.fileError(it.name, it.unread)
	}
}

func (w *walker) lstat(name string) (fs.FileInfo, error) {
	at, base := split(name)
	dir, err := w.dirs.get(at)
	if err != nil {
		return nil, err
	}
	defer w.dirs.put(dir)
	return dir.Lstat(base)
}

// link returns the target of a symbolic link, and complains where it leads out
// of the directory: as it is written, or by way of other links.
func (w *walker) link(name string) (string, error) {
	target, err := w.root.Readlink(name)
	if err != nil {
		return "", w.fileError(name, err)
	}
	inside := path.Join(path.Dir(name), target)
	if path.IsAbs(target) || inside == ".." || strings.HasPrefix(inside, "../") {
		return "", w.problem(name, "is a symbolic link to %q, outside the app's directory", target)
	}
	if _, err := w.root.Stat(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return target, w.problem(name, "is a symbolic link to %q, which can't be followed inside the app's directory: %v", target, osfile.WithoutPath(err))
	}
	return target, nil
}

func (w *walker) problem(name, format string, args ...any) error {
	return fmt.Errorf("%q %s", w.userPath(name), fmt.Sprintf(format, args...))
}

// fileError names the file in an error, by the user's path for it.
func (w *walker) fileError(name string, err error) error {
	return fmt.Errorf("reading %q: %w", w.userPath(name), osfile.WithoutPath(err))
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
	fi, err := w.lstat(path.Join(name, "pyvenv.cfg"))
	return err == nil && fi.Mode().IsRegular()
}

// isStore tells whether the directory is what the embedded registry keeps its
// content in, or an OCI layout, which an earlier run or another tool has written.
func (w *walker) isStore(name string) bool {
	if fi, err := w.lstat(path.Join(name, "oci-layout")); err == nil && fi.Mode().IsRegular() {
		fi, err = w.lstat(path.Join(name, "index.json"))
		return err == nil && fi.Mode().IsRegular()
	}
	if fi, err := w.lstat(path.Join(name, "docker")); err != nil || !fi.IsDir() {
		return false
	}
	fi, err := w.lstat(path.Join(name, "docker", "registry", "v2"))
	return err == nil && fi.IsDir()
}

// Stream gives the entries, sorted by path. Until Close it may be called several
// times, and what it gives can be opened.
func (t *Tree) Stream() iter.Seq2[layers.Entry, error] {
	return func(yield func(layers.Entry, error) bool) {
		err := t.list.each(func(f *found) bool {
			e := t.w.entry(f)
			if e.Mode.IsRegular() {
				e.Open = t.w.opener(f.name, f.status)
			}
			return yield(e, nil)
		})
		if err != nil {
			yield(layers.Entry{}, err)
		}
	}
}
