package root

import (
	"io/fs"
	"strings"
)

// walk returns the node of a path, with a link in its last element followed
// or not.
func (r *Root) walk(path string, followLast bool) (*node, error) {
	return r.follow(path, followLast, func(*node, string) (*node, error) { return nil, ErrNotExist })
}

// follow goes along a path and asks missing for an element that isn't there.
// A path that leads above the root stays in it, as after chroot(2).
func (r *Root) follow(path string, followLast bool, missing func(*node, string) (*node, error)) (*node, error) {
	if len(path) > maxPath {
		return nil, ErrNameLong
	}
	stack := []*node{r.top}
	todo := strings.Split(path, "/")
	for links := 0; len(todo) > 0; {
		elem := todo[0]
		todo = todo[1:]
		at := stack[len(stack)-1]
		if elem == "" && len(todo) == 0 || elem == "." || elem == "" {
			if elem == "." || len(stack) > 1 {
				if !at.mode.IsDir() {
					return nil, ErrNotDir
				}
			}
			continue
		}
		if !at.mode.IsDir() {
			return nil, ErrNotDir
		}
		if len(elem) > maxName {
			return nil, ErrNameLong
		}
		if elem == ".." {
			stack = stack[:max(1, len(stack)-1)]
			continue
		}
		next := at.children[elem]
		if next == nil {
			var err error
			if next, err = missing(at, elem); err != nil {
				return nil, err
			}
		}
		if next.mode&fs.ModeSymlink == 0 || len(todo) == 0 && !followLast {
			stack = append(stack, next)
			continue
		}
		if links++; links > maxLinks || len(todo) > maxPath {
			return nil, ErrLoop
		}
		if strings.HasPrefix(next.link, "/") {
			stack = stack[:1]
		}
		todo = append(strings.Split(next.link, "/"), todo...)
	}
	return stack[len(stack)-1], nil
}

// place returns the directory that holds a path's last element, and its name
// there. The directory must exist.
func (r *Root) place(path string) (dir *node, name string, err error) {
	path = strings.TrimRight(path, "/")
	i := strings.LastIndexByte(path, '/')
	name = path[i+1:]
	if dir, err = r.walk(path[:i+1], true); err != nil {
		return nil, "", err
	}
	switch {
	case !dir.mode.IsDir():
		return nil, "", ErrNotDir
	case name == "":
		return nil, "", ErrExist
	case name == "." || name == "..":
		return nil, "", ErrInvalid
	case len(name) > maxName || len(path) > maxPath:
		return nil, "", ErrNameLong
	}
	return dir, name, nil
}

// Real returns where a path really lies, with every symbolic link followed
// ("/lib/x" is "/usr/lib/x" in a merged-usr root). With missing, what isn't
// there may be the last element, as readlink -f has it, or anything, as
// readlink -m has it.
func (r *Root) Real(path string, missing Missing) (string, error) {
	at, links := "/", 0
	todo := strings.Split(path, "/")
	for len(todo) > 0 {
		elem := todo[0]
		todo = todo[1:]
		switch elem {
		case "", ".":
			continue
		case "..":
			at = at[:max(1, strings.LastIndexByte(at, '/'))]
			continue
		}
		next := strings.TrimSuffix(at, "/") + "/" + elem
		n, err := r.walk(next, false)
		switch {
		case err != nil && (missing == Anything || missing == LastMissing && strings.Trim(strings.Join(todo, ""), "/") == ""):
			at = next
			continue
		case err != nil:
			return "", pathError("readlink", path, err)
		case n.mode&fs.ModeSymlink == 0:
			at = next
			continue
		}
		if links++; links > maxLinks {
			return "", pathError("readlink", path, ErrLoop)
		}
		if strings.HasPrefix(n.link, "/") {
			at = "/"
		}
		todo = append(strings.Split(n.link, "/"), todo...)
	}
	return at, nil
}

// Missing says what [Root.Real] takes although it isn't there.
type Missing int

// What may be missing.
const (
	NothingMissing Missing = iota
	LastMissing
	Anything
)
