package app

import (
	"path"
	"path/filepath"
)

// own are the paths below the root, relative to it, that are the tool's own.
type own struct {
	names map[string]bool
	// around are the directories on the way to them.
	around map[string]bool
}

// newOwn finds those of the paths on this machine that lie below root. What
// isn't there yet counts, too: it may appear while the tree is read.
func newOwn(root string, paths []string) own {
	o := own{names: map[string]bool{}, around: map[string]bool{}}
	for _, p := range paths {
		if p == "" {
			continue
		}
		if real, err := resolve(p); err == nil {
			o.add(root, real)
		}
		// The path itself may be a link, which is left out as what it leads to.
		if dir, err := resolve(filepath.Dir(p)); err == nil {
			o.add(root, filepath.Join(dir, filepath.Base(p)))
		}
	}
	return o
}

func (o own) add(root, p string) {
	rel, err := filepath.Rel(root, p)
	if err != nil || rel == "." || !filepath.IsLocal(rel) {
		return
	}
	rel = filepath.ToSlash(rel)
	o.names[rel] = true
	for at := path.Dir(rel); at != "."; at = path.Dir(at) {
		o.around[at] = true
	}
}

// onlyOwn tells whether there is nothing in a directory but the tool's own, for
// which it was made then.
func (s *scanner) onlyOwn(name string, v verdict) (bool, error) {
	if !s.rules.own.around[name] {
		return false, nil
	}
	list, err := s.dirs.readDir(name)
	if err != nil {
		return false, s.fileError(name, err)
	}
	for i := range list.list {
		base, typ := list.at(i)
		if typ == nameWithin {
			continue
		}
		at := child(name, base)
		in, err := s.rules.judge(at, typ == nameDir, v.within, s.walker)
		if err != nil {
			return false, s.fileError(at, err)
		}
		only := in.out && in.own
		if !in.out && typ == nameDir {
			if only, err = s.onlyOwn(at, in); err != nil {
				return false, err
			}
		}
		if !only {
			return false, nil
		}
	}
	return true, nil
}
