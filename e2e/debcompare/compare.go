//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// difference is one between apt's root and ours.
type difference struct {
	// kind is "missing" (ours lacks it), "extra" (only ours has it), "type",
	// "mode", "owner", "link", "names" (of a file with hard links), "capability"
	// or "content".
	kind string
	// path is relative to the root.
	path string
	// detail says what apt has and what we have.
	detail string
}

func (d difference) String() string { return strings.TrimSpace(d.kind + " " + d.path + " " + d.detail) }

// compareRoots compares each path of two roots, and fails with the differences
// that the list doesn't know.
func compareRoots(want, ours, list, used string) error {
	known, err := readKnown(list)
	if err != nil {
		return err
	}
	found, paths, err := differences(want, ours)
	if err != nil {
		return err
	}
	unlisted := 0
	for _, d := range found {
		if !known.has(d) {
			unlisted++
			fmt.Println("unlisted:", d)
		}
	}
	fmt.Printf("%d paths compared, %d differences, %d of them unlisted\n", paths, len(found), unlisted)
	if err := known.noteUsed(used); err != nil {
		return err
	}
	if unlisted > 0 {
		return fmt.Errorf("%d differences that %s doesn't list", unlisted, list)
	}
	return nil
}

// differences compares all paths of both roots.
func differences(want, ours string) (list []difference, paths int, err error) {
	w, err := pathsOf(want)
	if err != nil {
		return nil, 0, err
	}
	o, err := pathsOf(ours)
	if err != nil {
		return nil, 0, err
	}
	all := maps.Clone(w)
	maps.Copy(all, o)
	for _, p := range slices.Sorted(maps.Keys(all)) {
		switch {
		case o[p] == nil:
			// What is in a directory that is missing is missing with it.
			list = append(list, difference{"missing", p, describe(w[p])})
		case w[p] == nil:
			list = append(list, difference{"extra", p, describe(o[p])})
		default:
			one, err := compareOne(want, ours, p, w[p], o[p])
			if err != nil {
				return nil, 0, err
			}
			list = append(list, one...)
		}
	}
	return list, len(all), nil
}

// entry is what a root has at a path.
type entry struct {
	mode     fs.FileMode
	uid, gid int
	size     int64
	link     string
	names    int
}

func describe(e *entry) string {
	text := fmt.Sprintf("(%v %d:%d)", e.mode, e.uid, e.gid)
	if e.link != "" {
		text += " → " + e.link
	}
	return text
}

func pathsOf(dir string) (map[string]*entry, error) {
	all := map[string]*entry{}
	err := filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, at)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		st := statOf(info)
		e := &entry{mode: info.Mode(), uid: int(st.Uid), gid: int(st.Gid), names: 1}
		if info.Mode().IsRegular() {
			e.size, e.names = info.Size(), int(st.Nlink)
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			if e.link, err = os.Readlink(at); err != nil {
				return err
			}
		}
		all[rel] = e
		return nil
	})
	return all, err
}

// statOf is what the system says of a file; Lstat gives nothing else on Linux.
func statOf(info fs.FileInfo) *syscall.Stat_t {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return &syscall.Stat_t{Nlink: 1}
	}
	return st
}

func compareOne(want, ours, p string, w, o *entry) ([]difference, error) {
	var list []difference
	add := func(kind string, w, o any) {
		list = append(list, difference{kind, p, fmt.Sprintf("(apt %v, ours %v)", w, o)})
	}
	if w.mode.Type() != o.mode.Type() {
		add("type", w.mode, o.mode)
		return list, nil
	}
	if w.mode != o.mode {
		add("mode", w.mode, o.mode)
	}
	if w.uid != o.uid || w.gid != o.gid {
		add("owner", fmt.Sprintf("%d:%d", w.uid, w.gid), fmt.Sprintf("%d:%d", o.uid, o.gid))
	}
	if w.link != o.link {
		add("link", w.link, o.link)
	}
	if w.names != o.names {
		add("names", w.names, o.names)
	}
	if !w.mode.IsRegular() {
		return list, nil
	}
	wc, oc := capabilities(path.Join(want, p)), capabilities(path.Join(ours, p))
	if wc != oc {
		add("capability", fmt.Sprintf("%x", wc), fmt.Sprintf("%x", oc))
	}
	same, err := sameContent(path.Join(want, p), path.Join(ours, p), p, w.size == o.size)
	if err != nil {
		return nil, err
	}
	if !same {
		add("content", fmt.Sprint(w.size, " bytes"), fmt.Sprint(o.size, " bytes"))
	}
	return list, nil
}

func capabilities(file string) string {
	buf := make([]byte, 64)
	n, err := unix.Lgetxattr(file, capability, buf)
	if err != nil {
		return ""
	}
	return string(buf[:n])
}

// sameContent compares two files: by their bytes, and where these differ by
// their meaning, if it is known.
func sameContent(a, b, p string, sameSize bool) (bool, error) {
	read := meaning[p]
	if !sameSize && read == nil {
		return false, nil
	}
	x, err := os.ReadFile(a)
	if err != nil {
		return false, err
	}
	y, err := os.ReadFile(b)
	if err != nil {
		return false, err
	}
	if bytes.Equal(x, y) || read == nil {
		return bytes.Equal(x, y), nil
	}
	mx, errX := read(a)
	my, errY := read(b)
	return mx == my, errors.Join(errX, errY)
}
