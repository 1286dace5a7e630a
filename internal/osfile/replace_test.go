package osfile_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/osfile"
)

func TestReplace(t *testing.T) {
	for _, c := range []struct {
		name     string
		was      string
		wasMode  fs.FileMode // 0: nothing is there
		opt      osfile.Options
		wantMode fs.FileMode
	}{
		{"new", "", 0, osfile.Options{}, 0o644},
		{"new with a mode", "", 0, osfile.Options{Mode: 0o600}, 0o600},
		{"keeps the mode", "old", 0o640, osfile.Options{}, 0o640},
		{"sets the mode", "old", 0o600, osfile.Options{Mode: 0o644}, 0o644},
		{"read only", "old", 0o400, osfile.Options{}, 0o400},
		{"in a batch", "old", 0o600, osfile.Options{Batch: true}, 0o600},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "f")
			if c.wasMode != 0 {
				write(t, path, c.was)
				must(t, os.Chmod(path, c.wasMode))
			}
			must(t, osfile.Replace(path, osfile.Bytes([]byte("new")), c.opt))
			checkContent(t, path, "new")
			fi, err := os.Stat(path)
			must(t, err)
			if fi.Mode() != c.wantMode {
				t.Errorf("mode %v, want %v", fi.Mode(), c.wantMode)
			}
		})
	}
}

func TestAFailedWriteLeavesWhatIsThere(t *testing.T) {
	failure := &fs.PathError{Op: "read", Path: "source", Err: io.ErrUnexpectedEOF}
	path := write(t, filepath.Join(t.TempDir(), "f"), "old")
	half := func(w io.Writer) error {
		_, err := io.WriteString(w, "ha")
		must(t, err)
		return failure
	}
	for _, opt := range []osfile.Options{{}, {FollowLink: true}, {Batch: true}} {
		if err := osfile.Replace(path, half, opt); !errors.Is(err, failure) || err.Error() != failure.Error() {
			t.Errorf("%+v: got %v", opt, err)
		}
		checkContent(t, path, "old")
	}
	func() {
		defer func() { _ = recover() }()
		_ = osfile.Replace(path, func(io.Writer) error { panic("half") }, osfile.Options{})
	}()
	checkContent(t, path, "old")
}

func TestWriteNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	must(t, osfile.WriteNew(path, []byte("one"), 0o604))
	checkContent(t, path, "one")
	fi, err := os.Stat(path)
	must(t, err)
	if fi.Mode() != 0o604 {
		t.Errorf("mode %v", fi.Mode())
	}
	if err := osfile.WriteNew(path, []byte("two"), 0o600); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a file: got %v", err)
	}
	checkContent(t, path, "one")
}

func TestALongName(t *testing.T) {
	name := strings.Repeat("é", 127)
	path := filepath.Join(t.TempDir(), name)
	must(t, osfile.Replace(path, osfile.Bytes([]byte("a")), osfile.Options{}))
	checkContent(t, path, "a")
}

func TestLinks(t *testing.T) {
	for _, c := range []struct {
		name   string
		target string // "" makes none
		follow bool
		want   string // the target's content after that, "" where there is none
	}{
		{"follow", "old", true, "new"},
		{"follow to what isn't there", "", true, "new"},
		{"replace the link", "old", false, "old"},
		{"replace a link to nothing", "", false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			// place/link → ../far/near → file, where place is itself a link: ".." is
			// the parent of what it leads to.
			dir := t.TempDir()
			deep := filepath.Join(dir, "a", "place")
			far := filepath.Join(dir, "a", "far")
			must(t, os.MkdirAll(deep, 0o755))
			must(t, os.Mkdir(far, 0o755))
			must(t, os.Symlink(deep, filepath.Join(dir, "place")))
			must(t, os.Symlink("../far/near", filepath.Join(deep, "link")))
			must(t, os.Symlink("file", filepath.Join(far, "near")))
			file := filepath.Join(far, "file")
			if c.target != "" {
				write(t, file, c.target)
			}
			path := filepath.Join(dir, "place", "link")
			must(t, osfile.Replace(path, osfile.Bytes([]byte("new")), osfile.Options{FollowLink: c.follow}))
			checkContent(t, path, "new")
			fi, err := os.Lstat(path)
			must(t, err)
			if isLink := fi.Mode()&fs.ModeSymlink != 0; isLink != c.follow {
				t.Errorf("the link is one: %v", isLink)
			}
			if c.want != "" {
				checkContent(t, file, c.want, "near")
			} else {
				checkNames(t, far, "near")
			}
		})
	}
}

func TestALinkToItself(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	must(t, os.Symlink("f", path))
	if err := osfile.Replace(path, osfile.Bytes(nil), osfile.Options{FollowLink: true}); err == nil {
		t.Error("it was replaced")
	}
	checkNames(t, filepath.Dir(path), "f")
}
