package root_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/debs/root"
)

// ground is a small base with a merged /usr.
func ground(t *testing.T) *root.Root {
	t.Helper()
	r := root.New(root.Options{MaxNodes: 1000, MaxBytes: 1 << 20})
	add(t, r,
		root.File{Path: "/usr/lib", Mode: fs.ModeDir | 0o755},
		root.File{Path: "/lib", Mode: fs.ModeSymlink | 0o777, Link: "usr/lib"},
		root.File{Path: "/etc", Mode: fs.ModeDir | 0o755},
		root.File{Path: "/etc/passwd", Mode: 0o644, Data: []byte("root:x:0:0::/root:/bin/sh\n")},
		root.File{Path: "/etc/lazy", Mode: 0o600, UID: 7, Size: 4, Open: func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader("lazy")), nil
		}},
		root.File{Path: "/etc/again", Mode: 0o644, Hardlink: "/etc/passwd"},
	)
	return r
}

func add(t *testing.T, r *root.Root, files ...root.File) {
	t.Helper()
	for _, f := range files {
		if err := r.Add(f); err != nil {
			t.Fatal(err)
		}
	}
}

// show writes the changes, a line each.
func show(t *testing.T, r *root.Root) string {
	t.Helper()
	changes, err := r.Changes()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, c := range changes {
		if c.Removed {
			fmt.Fprintf(&b, "- %s\n", c.Path)
			continue
		}
		content := string(c.Data)
		if c.Open != nil {
			rc, err := c.Open()
			if err != nil {
				t.Fatal(err)
			}
			data, err := io.ReadAll(rc)
			if err != nil {
				t.Fatal(err)
			}
			content = string(data)
		}
		fmt.Fprintf(&b, "+ %s %v %d:%d %q%s\n", c.Path, c.Mode, c.UID, c.GID, content, c.Link)
	}
	return b.String()
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestChanges(t *testing.T) {
	cases := []struct {
		name string
		do   func(t *testing.T, r *root.Root)
		want string
	}{
		{"nothing", func(*testing.T, *root.Root) {}, ""},
		{"a link through a link", func(t *testing.T, r *root.Root) {
			must(t, r.Symlink("x.so.1.2", "/lib/x.so.1"))
		}, `+ /usr/lib/x.so.1 Lrwxrwxrwx 0:0 ""x.so.1.2` + "\n"},
		{"written and removed again", func(t *testing.T, r *root.Root) {
			must(t, r.WriteFile("/etc/new", []byte("x"), 0o644), r.Remove("/etc/new"))
		}, ""},
		{"removed, and written anew as it was", func(t *testing.T, r *root.Root) {
			must(t, r.Remove("/etc/lazy"), r.WriteFile("/etc/tmp", []byte("lazy"), 0o600),
				r.Chown("/etc/tmp", 7, -1, false), r.Rename("/etc/tmp", "/etc/lazy"))
		}, ""},
		{"only its mode", func(t *testing.T, r *root.Root) {
			must(t, r.Chmod("/etc/lazy", 0o755|fs.ModeSetuid))
		}, `+ /etc/lazy urwxr-xr-x 7:0 "lazy"` + "\n"},
		{"all names of a hard link", func(t *testing.T, r *root.Root) {
			must(t, r.WriteFile("/etc/again", []byte("y"), 0))
		}, `+ /etc/again -rw-r--r-- 0:0 "y"` + "\n" + `+ /etc/passwd -rw-r--r-- 0:0 "y"` + "\n"},
		{"one name of a hard link, replaced", func(t *testing.T, r *root.Root) {
			must(t, r.WriteFile("/etc/p", []byte("y"), 0o644), r.Rename("/etc/p", "/etc/again"))
		}, `+ /etc/again -rw-r--r-- 0:0 "y"` + "\n"},
		{"a directory, removed", func(t *testing.T, r *root.Root) {
			must(t, r.RemoveAll("/etc"))
		}, "- /etc\n"},
		{"a directory, removed and made anew", func(t *testing.T, r *root.Root) {
			must(t, r.RemoveAll("/etc"), r.Mkdir("/etc", 0o755), r.WriteFile("/etc/lazy", nil, 0o600))
		}, "- /etc/again\n" + `+ /etc/lazy -rw------- 0:0 ""` + "\n- /etc/passwd\n"},
		{"a directory in the place of a file", func(t *testing.T, r *root.Root) {
			must(t, r.Remove("/etc/lazy"), r.MkdirAll("/etc/lazy/a", 0o700))
		}, `+ /etc/lazy drwx------ 0:0 ""` + "\n" + `+ /etc/lazy/a drwx------ 0:0 ""` + "\n"},
		{"appended to what is lazy", func(t *testing.T, r *root.Root) {
			h, err := r.OpenFile("/etc/lazy", root.Append, 0)
			must(t, err)
			_, err = h.Write([]byte("!"))
			must(t, err, h.Close())
		}, `+ /etc/lazy -rw------- 7:0 "lazy!"` + "\n"},
		{"through a link that leads nowhere", func(t *testing.T, r *root.Root) {
			must(t, r.Symlink("../usr/target", "/etc/l"), r.WriteFile("/etc/l", []byte("z"), 0o644))
		}, `+ /etc/l Lrwxrwxrwx 0:0 ""../usr/target` + "\n" + `+ /usr/target -rw-r--r-- 0:0 "z"` + "\n"},
		{"a package's file over a script's", func(t *testing.T, r *root.Root) {
			must(t, r.Mkdir("/opt", 0o700), r.WriteFile("/opt/a", []byte("1"), 0o600), r.WriteFile("/opt/b", nil, 0o600))
			add(t, r, root.File{Path: "/opt", Mode: fs.ModeDir | 0o755}, root.File{Path: "/opt/a", Mode: 0o644, Data: []byte("2")})
		}, `+ /opt drwx------ 0:0 ""` + "\n" + `+ /opt/b -rw------- 0:0 ""` + "\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := ground(t)
			c.do(t, r)
			if diff := cmp.Diff(c.want, show(t, r)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEntries(t *testing.T) {
	r := ground(t)
	must(t, r.Remove("/etc/lazy"), r.MkdirAll("/var/x", 0o755))
	entries, err := r.Entries("configuring")
	must(t, err)
	var got []string
	for _, e := range entries {
		got = append(got, e.Path+" "+e.Mode.String())
	}
	want := []string{"etc/.wh.lazy -rw-r--r--", "var drwxr-xr-x", "var/x drwxr-xr-x"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPathsStayInside(t *testing.T) {
	r := ground(t)
	must(t, r.Symlink("../../../../../../etc", "/usr/up"), r.Symlink("/loop", "/loop"))
	for path, want := range map[string]error{
		"/../../../etc/passwd":         nil,
		"/usr/up/passwd":               nil,
		"/proc/self/environ":           root.ErrNotExist,
		"/etc/shadow":                  root.ErrNotExist,
		"/loop":                        root.ErrLoop,
		"/loop/x":                      root.ErrLoop,
		"/etc/passwd/":                 root.ErrNotDir,
		"/etc/passwd/..":               root.ErrNotDir,
		"/" + strings.Repeat("x", 300): root.ErrNameLong,
		strings.Repeat("/x", 3000):     root.ErrNameLong,
	} {
		_, err := r.Stat(path)
		if !errors.Is(err, want) {
			t.Errorf("%.40s: %v, want %v", path, err, want)
		}
	}
	for path, want := range map[string]string{
		"/usr/up/../lib/../../lib/none": "/usr/lib/none",
		"/lib/x":                        "/usr/lib/x",
	} {
		if got, err := r.Real(path, root.LastMissing); err != nil || got != want {
			t.Errorf("%s: %s, %v", path, got, err)
		}
	}
	if _, err := r.Real("/none/x", root.LastMissing); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestBounds(t *testing.T) {
	var limit *root.LimitError
	r := root.New(root.Options{MaxNodes: 10, MaxBytes: 100})
	var err error
	for i := 0; i < 20 && err == nil; i++ {
		err = r.Mkdir(fmt.Sprintf("/%d", i), 0o755)
	}
	if !errors.As(err, &limit) {
		t.Error(err)
	}
	r = root.New(root.Options{MaxNodes: 10, MaxBytes: 100})
	err = nil
	for i := 0; i < 20 && err == nil; i++ {
		err = r.WriteFile("/a", bytes.Repeat([]byte("x"), 10), 0o644)
	}
	if !errors.As(err, &limit) {
		t.Error(err)
	}
}

func TestRename(t *testing.T) {
	r := ground(t)
	must(t, r.Mkdir("/a", 0o755), r.Mkdir("/a/b", 0o755), r.Mkdir("/c", 0o755))
	for _, c := range []struct {
		from, to string
		want     error
	}{
		{"/a", "/a/b/c", root.ErrInvalid},
		{"/a", "/etc/passwd", root.ErrNotDir},
		{"/etc/passwd", "/a", root.ErrIsDir},
		{"/c", "/a", root.ErrNotEmpty},
		{"/none", "/a", root.ErrNotExist},
		{"/a", "/c", nil},
	} {
		if err := r.Rename(c.from, c.to); !errors.Is(err, c.want) {
			t.Errorf("%s %s: %v", c.from, c.to, err)
		}
	}
}
