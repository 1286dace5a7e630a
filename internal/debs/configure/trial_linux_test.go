package configure_test

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/assemble-image/assemble/internal/debs/root"
)

func fileAt(t *testing.T, dir, path string) root.File {
	t.Helper()
	i, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	st := i.Sys().(*syscall.Stat_t)
	f := root.File{Path: strings.TrimPrefix(path, dir), Mode: i.Mode(), UID: int(st.Uid), GID: int(st.Gid)}
	switch {
	case i.Mode()&fs.ModeSymlink != 0:
		f.Link, _ = os.Readlink(path)
	case i.Mode().IsRegular():
		f.Size = i.Size()
		f.Open = func() (io.ReadCloser, error) { return os.Open(path) }
	}
	return f
}

// compare lists what differs between the root's changes and what dpkg changed.
func compare(t *testing.T, r *root.Root, base, want string) {
	t.Helper()
	var diffs []string
	seen := map[string]bool{}
	see := func(path string) {
		if seen[path] {
			return
		}
		seen[path] = true
		for _, skip := range []string{"/proc", "/dev", "/var/log", "/var/cache/apt", "/var/lib/apt", "/sys", "/run/", "/tmp/", "/var/lib/dpkg/status-old", "/var/lib/dpkg/lock", "/var/lib/dpkg/triggers/Lock", "/var/lib/dpkg/triggers/Unincorp"} {
			if strings.HasPrefix(path, skip) {
				return
			}
		}
		full := want + path
		w, err := os.Lstat(full)
		g, gerr := r.Lstat(path)
		switch {
		case err != nil && gerr != nil:
		case err != nil:
			diffs = append(diffs, "ours only: "+path)
		case gerr != nil:
			diffs = append(diffs, "dpkg only: "+path)
		default:
			f := fileAt(t, want, full)
			if f.Mode&^fs.ModePerm != g.Mode&^fs.ModePerm || f.Mode&fs.ModeSymlink == 0 && f.Mode != g.Mode || f.UID != g.UID || f.GID != g.GID || f.Link != g.Link {
				diffs = append(diffs, fmt.Sprintf("%s: dpkg %v %d:%d %s, ours %v %d:%d %s", path, w.Mode(), f.UID, f.GID, f.Link, g.Mode, g.UID, g.GID, g.Link))
				return
			}
			if !f.Mode.IsRegular() {
				return
			}
			if strings.HasPrefix(path, "/usr/lib") && g.Changed == 0 {
				return
			}
			data, err := r.ReadFile(path, 1<<30)
			wd, _ := os.ReadFile(full)
			if err != nil || !bytes.Equal(data, wd) {
				diffs = append(diffs, fmt.Sprintf("%s: content differs (%d, ours %d)", path, len(wd), len(data)))
				_ = os.WriteFile(filepath.Join(outDir(t), strings.ReplaceAll(path, "/", ":")), data, 0o644)
			}
		}
	}
	_ = filepath.WalkDir(want, func(path string, d fs.DirEntry, err error) error {
		if path != want && err == nil {
			see(strings.TrimPrefix(path, want))
		}
		return nil
	})
	changes, err := r.Changes()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		see(c.Path)
	}
	slices.Sort(diffs)
	t.Logf("%d changes, %d differences", len(changes), len(diffs))
	for _, d := range diffs {
		t.Log(d)
	}
}
