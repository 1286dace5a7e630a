package osfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/osfile"
)

func newTempDir(t *testing.T) *osfile.TempDir {
	t.Helper()
	d, err := osfile.NewTempDir()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// names lists what is in a directory.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestTempDirIsSweptByItsLock(t *testing.T) {
	place := t.TempDir()
	t.Setenv("TMPDIR", place)
	live := newTempDir(t)
	if live.Skipped != nil || filepath.Dir(live.Path()) != place {
		t.Fatalf("%q, skipped %v", live.Path(), live.Skipped)
	}
	// What a killed run leaves, however young, goes; what isn't a run's stays.
	for _, name := range []string{"assemble-run-1/deep/er", "assemble-mine/x", "other"} {
		if err := os.MkdirAll(filepath.Join(place, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	elsewhere := t.TempDir()
	if err := os.WriteFile(filepath.Join(elsewhere, "kept"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"assemble-run-link": elsewhere, "assemble-run-1/deep/link": elsewhere} {
		if err := os.Symlink(target, filepath.Join(place, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"assemble-tmp-1", "assemble-run-file"} {
		if err := os.WriteFile(filepath.Join(place, name), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	second := newTempDir(t)
	got := strings.Join(names(t, place), " ")
	for _, stays := range []string{filepath.Base(live.Path()), filepath.Base(second.Path()), "assemble-mine", "other", "assemble-run-link", "assemble-run-file"} {
		if !strings.Contains(got, stays) {
			t.Errorf("%s was removed, left are %s", stays, got)
		}
	}
	if strings.Contains(got, "assemble-run-1 ") || strings.Contains(got, "assemble-tmp-1") {
		t.Errorf("leftovers stay: %s", got)
	}
	if len(names(t, elsewhere)) != 1 {
		t.Error("what a link leads to was removed")
	}
	for _, d := range []*osfile.TempDir{live, second} {
		if err := d.Remove(); err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(d.Path()); !os.IsNotExist(err) {
			t.Errorf("%q is still there: %v", d.Path(), err)
		}
	}
}

func TestTempDirElsewhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tmp := range []string{filepath.Join(t.TempDir(), "missing"), file} {
		t.Setenv("TMPDIR", tmp)
		d := newTempDir(t)
		if d.Skipped == nil || !strings.Contains(d.Skipped.Error(), tmp) {
			t.Errorf("TMPDIR=%s: skipped %v", tmp, d.Skipped)
		}
		if err := d.Remove(); err != nil {
			t.Error(err)
		}
		f, err := osfile.NewTempFile()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Lstat(f.Name()); !os.IsNotExist(err) {
			t.Errorf("the file has a name: %v", err)
		}
		if _, err := f.WriteString("x"); err != nil {
			t.Error(err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestTempDirsAtOnce has runs make and sweep each other's directories.
func TestTempDirsAtOnce(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	const runs = 8
	failed := make(chan error, runs)
	for range runs {
		go func() {
			var err error
			for range 20 {
				var d *osfile.TempDir
				if d, err = osfile.NewTempDir(); err != nil {
					break
				}
				if err = os.WriteFile(filepath.Join(d.Path(), "x"), []byte("x"), 0o600); err != nil {
					break
				}
				if err = d.Remove(); err != nil {
					break
				}
			}
			failed <- err
		}()
	}
	for range runs {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	if left := names(t, os.Getenv("TMPDIR")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
