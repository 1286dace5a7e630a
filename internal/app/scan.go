package app

import (
	"context"
	"path"
	"strings"

	"github.com/assemble-image/assemble/internal/credential"
)

// batchSize is how many paths are looked at at once.
const batchSize = 128

// batch is some paths that follow each other.
type batch struct {
	items []item
	done  chan struct{} // closed when they have been looked at
}

// item is a path that goes into the layer, and what looking at it tells.
type item struct {
	found
	known  bool
	before status // when its hash became known

	problem error // told along with all others
	unread  error // its content can't be read
	err     error // ends the walk
}

// scanner finds the paths that go into the layer, in their order.
type scanner struct {
	*walker
	known       *recall
	work, order chan *batch
	batch       *batch
	notes       notes
	own         []string // left out as the tool's own
	leftOut     bool
}

// scan goes through all of the directory.
func (s *scanner) scan(ctx context.Context) error {
	name := "."
	v, err := s.rules.root()
	if err == nil && s.single != "" {
		name = s.single
		v, err = s.rules.judge(name, false, v.within, s.walker)
	}
	if err != nil {
		return s.fileError(name, err)
	}
	switch {
	case v.out:
		s.leave(name, v)
	case s.single != "":
		err = s.add(ctx, name, nameFile)
	default:
		err = s.add(ctx, name, nameDir)
	}
	if err == nil && s.single == "" {
		err = s.directory(ctx, name, v.within)
	}
	if err != nil {
		return err
	}
	return s.send(ctx)
}

// directory goes through what is in a directory.
func (s *scanner) directory(ctx context.Context, name string, sc scope) error {
	list, err := s.dirs.readDir(name)
	if err != nil {
		return s.fileError(name, err)
	}
	enter := map[string]scope{} // subdirectories that are to be looked into
	for i := range list.list {
		base, typ := list.at(i)
		if typ == nameWithin {
			at := child(name, strings.TrimSuffix(base, "/"))
			if within, ok := enter[at]; ok {
				delete(enter, at)
				if err := s.directory(ctx, at, within); err != nil {
					return err
				}
			}
			continue
		}
		at := child(name, base)
		v, err := s.rules.judge(at, typ == nameDir, sc, s.walker)
		if err != nil {
			return s.fileError(at, err)
		}
		if typ == nameDir && !v.out {
			if v.own, err = s.onlyOwn(at, v); err != nil {
				return err
			}
			v.out = v.own
		}
		if v.out {
			s.leave(at, v)
			if !v.descend {
				continue
			}
			// It is there for what is in it; otherwise nothing is.
			l := lookahead{scanner: s}
			if there, err := l.anyIn(ctx, at, v.within); err != nil {
				return err
			} else if !there {
				s.notes.join(l.notes)
				continue
			}
		}
		if typ == nameDir {
			enter[at] = v.within
		}
		if err := s.add(ctx, at, typ); err != nil {
			return err
		}
	}
	return nil
}

func child(dir, base string) string {
	if dir == "." {
		return base
	}
	return dir + "/" + base
}

// leave notes what is left out.
func (s *scanner) leave(name string, v verdict) {
	s.leftOut = true
	switch {
	case v.own:
		s.own = append(s.own, s.userPath(name))
	case v.why != "":
		s.notes.add(Note{Path: s.userPath(name), Why: v.why})
	}
}

// add puts a path into the batch.
func (s *scanner) add(ctx context.Context, name string, typ nameType) error {
	if s.batch == nil {
		s.batch = &batch{items: make([]item, 0, batchSize), done: make(chan struct{})}
	}
	it := item{found: found{name: name, kind: kindFile}}
	switch typ {
	case nameDir:
		it.kind = kindDir
	case nameLink:
		it.kind = kindLink
	default:
		if k, ok := s.known.find(name); ok && (k.kind == kindFile || k.kind == kindExec) {
			it.known, it.before, it.hash = true, k.status, k.hash
		}
	}
	if strings.HasPrefix(path.Base(name), whiteout) {
		it.problem = s.problem(name, "has the name of a whiteout, which deletes files in an image")
	}
	s.batch.items = append(s.batch.items, it)
	if len(s.batch.items) < batchSize {
		return nil
	}
	return s.send(ctx)
}

// whiteout begins the names that delete their namesakes.
const whiteout = ".wh."

// send hands the batch on.
func (s *scanner) send(ctx context.Context) error {
	if s.batch == nil {
		return nil
	}
	for _, to := range [...]chan *batch{s.order, s.work} {
		select {
		case to <- s.batch:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.batch = nil
	return nil
}

// lookahead finds out whether anything in a directory that is left out is taken
// back, so that the directory itself has to be there. What is in it sorts behind
// other paths and can't be looked at in its place.
type lookahead struct {
	*scanner
	notes notes // where nothing is
}

func (l *lookahead) anyIn(ctx context.Context, name string, sc scope) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	list, err := l.dirs.readDir(name)
	if err != nil {
		return false, l.fileError(name, err)
	}
	for i := range list.list {
		base, typ := list.at(i)
		if typ == nameWithin {
			continue
		}
		at := child(name, base)
		v, err := l.rules.judge(at, typ == nameDir, sc, l.walker)
		if err != nil {
			return false, l.fileError(at, err)
		}
		there := !v.out
		switch {
		case there && typ == nameFile:
			there = !l.holdsSecret(at)
		case v.out && v.why != "":
			l.notes.add(Note{Path: l.userPath(at), Why: v.why})
		}
		if v.out && v.descend {
			if there, err = l.anyIn(ctx, at, v.within); err != nil {
				return false, err
			}
		}
		if there {
			return true, nil
		}
	}
	return false, nil
}

// holdsSecret tells whether a file is left out for what is in it. What can't be
// read is found out when it is its turn.
func (l *lookahead) holdsSecret(name string) bool {
	fi, err := l.lstat(name)
	if err != nil || !fi.Mode().IsRegular() || searchAs(name) == credential.Code || l.rules.retaken(name, name) {
		return false
	}
	var scratch []byte
	h, err := l.hashFile(name, statusOf(fi), &scratch)
	if err != nil || h.holds == 0 {
		return false
	}
	l.notes.add(Note{Path: l.userPath(name), Why: holds(h)})
	return true
}
