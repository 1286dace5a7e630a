package root

import (
	"io/fs"
	"maps"
	"slices"
)

// Info describes a file, directory or link.
type Info struct {
	// Name is the last element of the path that was asked for.
	Name     string
	Mode     fs.FileMode
	UID, GID int
	Size     int64
	// Link is a symbolic link's target.
	Link string
	// Changed grows with each change of a file; what the base and packages
	// brought has 0. It stands for a time, which a virtual root hasn't got.
	Changed int64
	// Library is what was said of the file when it was brought.
	Library *Library
	node    *node
}

// Same reports whether both are one file under two names.
func (i Info) Same(other Info) bool { return i.node == other.node }

func (n *node) info(name string) Info {
	i := Info{Name: name, Mode: n.mode, UID: n.uid, GID: n.gid, Size: n.size, Link: n.link, Changed: n.changed, Library: n.library, node: n}
	if n.mode&fs.ModeSymlink != 0 {
		i.Size = int64(len(n.link))
	}
	return i
}

// Stat returns what a path leads to.
func (r *Root) Stat(path string) (Info, error) { return r.stat("stat", path, true) }

// Lstat is [Root.Stat], but doesn't follow a link in the last element.
func (r *Root) Lstat(path string) (Info, error) { return r.stat("lstat", path, false) }

func (r *Root) stat(op, path string, follow bool) (Info, error) {
	n, err := r.walk(path, follow)
	if err != nil {
		return Info{}, pathError(op, path, err)
	}
	return n.info(base(path)), nil
}

// Exists reports whether a path leads to something.
func (r *Root) Exists(path string) bool { return r.behind(path) != nil }

// ReadDir returns what is in a directory, sorted by name.
func (r *Root) ReadDir(path string) ([]Info, error) {
	n, err := r.walk(path, true)
	if err != nil {
		return nil, pathError("open", path, err)
	}
	if !n.mode.IsDir() {
		return nil, pathError("open", path, ErrNotDir)
	}
	list := make([]Info, 0, len(n.children))
	for _, name := range slices.Sorted(maps.Keys(n.children)) {
		list = append(list, n.children[name].info(name))
	}
	return list, nil
}

// Readlink returns a symbolic link's target.
func (r *Root) Readlink(path string) (string, error) {
	n, err := r.walk(path, false)
	if err == nil && n.mode&fs.ModeSymlink == 0 {
		err = ErrInvalid
	}
	if err != nil {
		return "", pathError("readlink", path, err)
	}
	return n.link, nil
}

func base(path string) string {
	for len(path) > 1 && path[len(path)-1] == '/' {
		path = path[:len(path)-1]
	}
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '/' && len(path) > 1 {
			return path[i+1:]
		}
	}
	return path
}
