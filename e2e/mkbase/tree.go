package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
)

// A node is one entry of the tree; hard links share their file.
type node struct {
	hdr  tar.Header
	file *file
}

type file struct{ data []byte }

// A tree is a root file system in memory, keyed by clean paths without a
// leading slash. The nodes of a finished layer stay for look-ups.
type tree struct {
	nodes map[string]*node
	fresh map[string]bool // set since the last call of cut
}

func newTree() *tree {
	t := &tree{nodes: map[string]*node{}, fresh: map[string]bool{}}
	// Bookworm is merged-usr: what packages put into /bin lands in /usr/bin.
	for _, dir := range []string{"bin", "lib", "sbin"} {
		t.mkdir("usr/"+dir, 0o755)
		t.symlink(dir, "usr/"+dir)
	}
	return t
}

// clean makes a key of an archive's path, following links to directories that
// the tree already has.
func (t *tree) clean(name string) string {
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	dir, base := path.Split(name)
	if dir == "" {
		return base
	}
	dir = t.clean(dir)
	if n := t.nodes[dir]; n != nil && n.hdr.Typeflag == tar.TypeSymlink {
		target := n.hdr.Linkname
		if !path.IsAbs(target) {
			target = path.Join(path.Dir(dir), target)
		}
		dir = t.clean(target)
	}
	return path.Join(dir, base)
}

func (t *tree) put(name string, n *node) {
	name = t.clean(name)
	if name == "" {
		return
	}
	if old := t.nodes[name]; old != nil && n.hdr.Typeflag == tar.TypeDir {
		// A directory goes through a link to one, and keeps its first mode.
		return
	}
	if dir := path.Dir(name); dir != "." && t.nodes[dir] == nil {
		t.mkdir(dir, 0o755)
	}
	n.hdr.Name, n.hdr.Uname, n.hdr.Gname, n.hdr.PAXRecords, n.hdr.Format = name, "", "", nil, tar.FormatUnknown
	t.nodes[name] = n
	t.fresh[name] = true
}

func (t *tree) mkdir(name string, mode int64) {
	t.put(name, &node{hdr: tar.Header{Typeflag: tar.TypeDir, Mode: mode, ModTime: epoch}})
}

func (t *tree) symlink(name, target string) {
	t.put(name, &node{hdr: tar.Header{Typeflag: tar.TypeSymlink, Linkname: target, Mode: 0o777, ModTime: epoch}})
}

func (t *tree) write(name string, mode int64, data []byte) {
	t.put(name, &node{hdr: tar.Header{Typeflag: tar.TypeReg, Mode: mode, ModTime: epoch}, file: &file{data}})
}

// read returns the content of a regular file.
func (t *tree) read(name string) ([]byte, error) {
	n := t.nodes[t.clean(name)]
	if n == nil || n.file == nil {
		return nil, fmt.Errorf("no file %q in the tree", name)
	}
	return n.file.data, nil
}

// under returns the sorted names of the nodes below a directory.
func (t *tree) under(dir string) []string {
	var names []string
	for name := range t.nodes {
		if strings.HasPrefix(name, dir+"/") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// addTar adds a tar stream and returns the paths in it, as dpkg lists them.
func (t *tree) addTar(r io.Reader) ([]string, error) {
	var paths []string
	tr := tar.NewReader(r)
	for {
		hdr, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return paths, nil
		}
		if err != nil {
			return nil, err
		}
		listed := path.Clean("/" + hdr.Name)
		if listed == "/" {
			listed = "/."
		}
		paths = append(paths, listed)
		n := &node{hdr: *hdr}
		switch hdr.Typeflag {
		case tar.TypeReg:
			data, err := io.ReadAll(tr)
			if err != nil {
				return nil, err
			}
			n.file = &file{data}
		case tar.TypeLink:
			target := t.nodes[t.clean(hdr.Linkname)]
			if target == nil {
				return nil, fmt.Errorf("hard link %q to a missing %q", hdr.Name, hdr.Linkname)
			}
			n.hdr.Typeflag, n.hdr.Linkname, n.file = tar.TypeReg, "", target.file
		}
		t.put(hdr.Name, n)
	}
}

// cut writes what was added since the last call as one tar stream, sorted by
// path, and closes that layer.
func (t *tree) cut(w io.Writer) error {
	tw := tar.NewWriter(w)
	first := map[*file]string{}
	for _, name := range slices.Sorted(maps.Keys(t.fresh)) {
		n := t.nodes[name]
		hdr := n.hdr
		if hdr.Typeflag == tar.TypeDir {
			hdr.Name += "/"
		}
		if n.file != nil {
			if target, ok := first[n.file]; ok {
				hdr.Typeflag, hdr.Linkname = tar.TypeLink, target
			} else {
				first[n.file], hdr.Size = name, int64(len(n.file.data))
			}
		}
		if hdr.Typeflag != tar.TypeReg {
			hdr.Size = 0
		}
		if err := tw.WriteHeader(&hdr); err != nil {
			return fmt.Errorf("writing %q: %w", name, err)
		}
		if hdr.Typeflag == tar.TypeReg {
			if _, err := tw.Write(n.file.data); err != nil {
				return fmt.Errorf("writing %q: %w", name, err)
			}
		}
	}
	t.fresh = map[string]bool{}
	return tw.Close()
}
