package osfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/osfile"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, content string) string {
	t.Helper()
	must(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// checkContent checks a file, and that nothing but the named files is beside it.
func checkContent(t *testing.T, path, want string, beside ...string) {
	t.Helper()
	got, err := os.ReadFile(path)
	must(t, err)
	if string(got) != want {
		t.Errorf("%q holds %q, want %q", path, got, want)
	}
	checkNames(t, filepath.Dir(path), append(beside, filepath.Base(path))...)
}

func checkNames(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	wanted := map[string]bool{}
	for _, name := range want {
		wanted[name] = true
	}
	for _, e := range entries {
		if !wanted[e.Name()] {
			t.Errorf("%q is left", e.Name())
		}
		delete(wanted, e.Name())
	}
	for name := range wanted {
		t.Errorf("%q is gone", name)
	}
}

func TestReadBounded(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "f"), "12345")
	for limit, fits := range map[int64]bool{0: false, 4: false, 5: true, 6: true} {
		data, err := osfile.ReadBounded(path, limit)
		if fits && (err != nil || string(data) != "12345") {
			t.Errorf("limit %d: got %q, %v", limit, data, err)
		}
		if !fits && (!errors.Is(err, osfile.ErrLimit) || data != nil) {
			t.Errorf("limit %d: got %q, %v", limit, data, err)
		}
	}
}

func TestErrorsWithoutPath(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing", "file")
	_, read := osfile.ReadBounded(missing, 1)
	_, _, open := osfile.OpenRegular(missing)
	for name, err := range map[string]error{
		"ReadBounded": read,
		"Replace":     osfile.Replace(missing, osfile.Bytes(nil), osfile.Options{}),
		"WriteNew":    osfile.WriteNew(missing, nil, 0o600),
		"WithoutPath": osfile.WithoutPath(open),
		"link":        osfile.WithoutPath(os.Link(missing, missing+"2")),
	} {
		if !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "missing") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := osfile.WithoutPath(nil); err != nil {
		t.Errorf("of no error: got %v", err)
	}
	if !strings.Contains(open.Error(), missing) {
		t.Errorf("OpenRegular: got %v, without the path", open)
	}
}

func TestWhatIsNoFileIsRefused(t *testing.T) {
	dir := t.TempDir()
	_, _, open := osfile.OpenRegular(dir)
	_, input := osfile.OpenInput(dir)
	_, read := osfile.ReadBounded(dir, 1)
	for name, err := range map[string]error{
		"OpenRegular": open, "OpenInput": input, "ReadBounded": read,
		"Replace": osfile.Replace(dir, osfile.Bytes(nil), osfile.Options{}),
	} {
		if !errors.Is(err, osfile.ErrNotRegular) || !strings.HasSuffix(err.Error(), "it is not a regular file, but a directory") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := osfile.WriteNew(dir, nil, 0o600); !errors.Is(err, fs.ErrExist) {
		t.Errorf("WriteNew: got %v", err)
	}
}

func TestVersion(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "f"), "one")
	f, fi, err := osfile.OpenRegular(path)
	must(t, err)
	must(t, f.Close())
	was := osfile.VersionOf(fi)
	version := func() osfile.Version {
		fi, err := os.Stat(path)
		must(t, err)
		return osfile.VersionOf(fi)
	}
	if !version().Same(was) {
		t.Error("an untouched file is another")
	}
	other := was
	other.ModTime = other.ModTime.UTC()
	if !was.Same(other) {
		t.Error("another time zone makes another version")
	}
	for name, change := range map[string]func(*osfile.Version){
		"size":  func(v *osfile.Version) { v.Size++ },
		"time":  func(v *osfile.Version) { v.ModTime = v.ModTime.Add(1) },
		"inode": func(v *osfile.Version) { v.Inode++ },
		"ctime": func(v *osfile.Version) { v.Changed++ },
	} {
		other := was
		if change(&other); was.Same(other) {
			t.Errorf("another %s makes no other version", name)
		}
	}
	must(t, osfile.Replace(path, osfile.Bytes([]byte("two")), osfile.Options{}))
	must(t, os.Chtimes(path, fi.ModTime(), fi.ModTime()))
	if was.Inode != 0 && version().Same(was) {
		t.Error("another file of the same size and time is the same")
	}
}
