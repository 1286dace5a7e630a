//go:build unix

package cache

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestOpenRefuses(t *testing.T) {
	tests := map[string]func(dir string) error{
		"a file in its place": func(dir string) error { return os.WriteFile(dir, nil, 0o600) },
		"a file inside": func(dir string) error {
			return os.WriteFile(filepath.Join(mkdir(dir), format), nil, 0o600)
		},
		"a link inside": func(dir string) error {
			return os.Symlink(mkdir(dir+".other"), filepath.Join(mkdir(dir), format))
		},
		"writable by others": func(dir string) error {
			return os.Chmod(mkdir(filepath.Join(dir, format)), 0o777)
		},
		"a link for the records": func(dir string) error {
			d := mkdir(filepath.Join(dir, format))
			return os.Symlink(mkdir(filepath.Join(d, "files")), filepath.Join(d, "records"))
		},
	}
	for what, prepare := range tests {
		t.Run(what, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "cache")
			if err := prepare(dir); err != nil {
				t.Fatal(err)
			}
			c, err := Open(dir, Options{})
			if err == nil || c != nil {
				t.Errorf("Open = %v, %v", c, err)
			}
			t.Log(err)
		})
	}
}

func mkdir(dir string) string {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		panic(err)
	}
	return dir
}

// TestPipeInPlaceOfARecord would hang if opening waited for a writer.
func TestPipeInPlaceOfARecord(t *testing.T) {
	c, _ := open(t, t.TempDir(), Options{})
	if err := syscall.Mkfifo(filepath.Join(c.records.Name(), name("k", "k")), 0o600); err != nil {
		t.Fatal(err)
	}
	wantMiss(t, c, "k", "k")
	put(t, c, "k", "k", "v")
	wantGet(t, c, "k", "k", "v")
}

func TestReadOnly(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("skipped: root can write anything; TestUnwritable covers root")
	}
	dir := t.TempDir()
	c, _ := open(t, dir, Options{})
	put(t, c, "k", "k", "v")
	for _, d := range []string{"records", "files", "tmp", ""} {
		path := filepath.Join(c.Dir(), d)
		if err := os.Chmod(path, 0o500); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(path, 0o700) })
	}
	d, notes := open(t, dir, Options{})
	wantGet(t, d, "k", "k", "v")
	for range 3 {
		if err := d.Put("k", "l", nil); err == nil {
			t.Error("a read-only cache is written")
		}
	}
	if len(*notes) != 1 {
		t.Errorf("notes: %q", *notes)
	}
}

// TestUnwritable has something in the way of temporary files, which stops root
// as well.
func TestUnwritable(t *testing.T) {
	dir := t.TempDir()
	c, notes := open(t, dir, Options{})
	if err := os.WriteFile(filepath.Join(c.Dir(), tmpDir), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := c.Put("k", "k", []byte("v")); err == nil {
			t.Error("Put succeeds")
		}
	}
	if _, err := c.TempFile(); err == nil {
		t.Error("TempFile succeeds")
	}
	wantMiss(t, c, "k", "k")
	if len(*notes) != 1 {
		t.Errorf("notes: %q", *notes)
	}
}
