package root

import (
	"errors"
	"io/fs"
)

// special are the bits of a mode that chmod changes.
const special = fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky

// Mkdir makes a directory, owned by root.
func (r *Root) Mkdir(path string, perm fs.FileMode) error {
	return r.create("mkdir", path, &node{mode: fs.ModeDir | perm&special, children: map[string]*node{}})
}

// MkdirAll makes a directory and its missing parents, if it isn't there.
func (r *Root) MkdirAll(path string, perm fs.FileMode) error {
	_, err := r.follow(path, true, func(at *node, elem string) (*node, error) {
		n := &node{mode: fs.ModeDir | perm&special, children: map[string]*node{}}
		return n, r.enter(at, elem, n)
	})
	if err == nil {
		if n := r.behind(path); n != nil && !n.mode.IsDir() {
			err = ErrExist
		}
	}
	if err != nil {
		return pathError("mkdir", path, err)
	}
	return nil
}

// Symlink makes a symbolic link at path to target.
func (r *Root) Symlink(target, path string) error {
	if target == "" || len(target) > maxPath {
		return pathError("symlink", path, ErrInvalid)
	}
	return r.create("symlink", path, &node{mode: fs.ModeSymlink | fs.ModePerm, link: target})
}

// Link makes path another name of the file at old.
func (r *Root) Link(old, path string) error {
	n, err := r.walk(old, false)
	if err == nil && n.mode.IsDir() {
		err = ErrPermission
	}
	if err != nil {
		return pathError("link", old, err)
	}
	return r.create("link", path, n)
}

func (r *Root) create(op, path string, n *node) error {
	dir, name, err := r.place(path)
	if err == nil && dir.children[name] != nil {
		err = ErrExist
	}
	if err == nil {
		err = r.enter(dir, name, n)
	}
	if err != nil {
		return pathError(op, path, err)
	}
	return nil
}

func (r *Root) enter(dir *node, name string, n *node) error {
	r.alter(dir)
	n.changed = r.clock
	dir.children[name] = n
	return r.count()
}

// Remove removes a file, a link, or a directory that is empty.
func (r *Root) Remove(path string) error {
	dir, name, err := r.place(path)
	if err != nil {
		return pathError("remove", path, err)
	}
	n := dir.children[name]
	switch {
	case n == nil:
		return pathError("remove", path, ErrNotExist)
	case len(n.children) > 0:
		return pathError("remove", path, ErrNotEmpty)
	}
	r.alter(dir)
	delete(dir.children, name)
	return nil
}

// RemoveAll removes a path and what is below it; it is no error if it isn't
// there. Links are removed, and never followed.
func (r *Root) RemoveAll(path string) error {
	dir, name, err := r.place(path)
	if errors.Is(err, ErrNotExist) {
		return nil
	}
	if err != nil {
		return pathError("remove", path, err)
	}
	if dir.children[name] != nil {
		r.alter(dir)
		delete(dir.children, name)
	}
	return nil
}

// Rename moves what is at old to path, in the place of a file, or of an empty
// directory by a directory.
func (r *Root) Rename(old, path string) error {
	from, oldName, err := r.place(old)
	if err != nil {
		return pathError("rename", old, err)
	}
	n := from.children[oldName]
	if n == nil {
		return pathError("rename", old, ErrNotExist)
	}
	to, name, err := r.place(path)
	if err != nil {
		return pathError("rename", path, err)
	}
	if n.mode.IsDir() && n.contains(to) {
		return pathError("rename", path, ErrInvalid)
	}
	if there := to.children[name]; there == n {
		return nil
	} else if there != nil {
		if err := n.replaces(there); err != nil {
			return pathError("rename", path, err)
		}
	}
	r.alter(from)
	r.alter(to)
	delete(from.children, oldName)
	to.children[name] = n
	return nil
}

func (n *node) replaces(there *node) error {
	switch {
	case n.mode.IsDir() && !there.mode.IsDir():
		return ErrNotDir
	case !n.mode.IsDir() && there.mode.IsDir():
		return ErrIsDir
	case len(there.children) > 0:
		return ErrNotEmpty
	}
	return nil
}

// contains reports whether dir is n or lies below it.
func (n *node) contains(dir *node) bool {
	todo := []*node{n}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if at == dir {
			return true
		}
		for _, c := range at.children {
			if c.mode.IsDir() {
				todo = append(todo, c)
			}
		}
	}
	return false
}

// Chmod sets the permissions, setuid, setgid and sticky bits.
func (r *Root) Chmod(path string, mode fs.FileMode) error {
	n, err := r.walk(path, true)
	if err != nil {
		return pathError("chmod", path, err)
	}
	if n.mode&special != mode&special {
		r.alter(n)
		n.mode = n.mode&^special | mode&special
	}
	return nil
}

// Chown sets owner and group; -1 leaves one as it is. With nofollow, a link
// in the last element is changed itself. Setuid and setgid of a file are
// cleared, and its capabilities, as chown(2) does.
func (r *Root) Chown(path string, uid, gid int, nofollow bool) error {
	n, err := r.walk(path, !nofollow)
	if err != nil {
		return pathError("chown", path, err)
	}
	if uid < 0 {
		uid = n.uid
	}
	if gid < 0 {
		gid = n.gid
	}
	if n.uid == uid && n.gid == gid {
		return nil
	}
	r.alter(n)
	n.uid, n.gid = uid, gid
	if n.mode.IsRegular() {
		n.mode &^= fs.ModeSetuid | fs.ModeSetgid
		n.cap = ""
	}
	return nil
}

// Touch marks a file as changed just now.
func (r *Root) Touch(path string) error {
	n, err := r.walk(path, true)
	if err != nil {
		return pathError("touch", path, err)
	}
	r.clock++
	n.changed = r.clock
	return nil
}

// SetCapability sets a regular file's attribute security.capability, raw, or
// takes it away.
func (r *Root) SetCapability(path, value string) error {
	n, err := r.walk(path, true)
	if err == nil && !n.mode.IsRegular() {
		err = ErrInvalid
	}
	if err != nil {
		return pathError("setcap", path, err)
	}
	if n.cap != value {
		r.alter(n)
		n.cap = value
	}
	return nil
}
