package app

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/layers"
)

// A listing that is too long to be held is in a file, and reads the same.
func TestListing(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	for _, n := range []int{0, 1, 40_000} {
		l := &listing{}
		one := func(i int) found {
			if i%10 == 9 {
				return found{name: fmt.Sprintf("d/%06d", i), kind: kindLink, link: strings.Repeat("x", i%50+1)}
			}
			return found{name: fmt.Sprintf("d/%06d", i), kind: kindFile, status: status{size: int64(i), ino: 7}}
		}
		for i := range n {
			f := one(i)
			if err := l.add(&f); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.end(); err != nil {
			t.Fatal(err)
		}
		if (l.file != nil) != (n > 10_000) {
			t.Errorf("%d paths: in a file: %v", n, l.file != nil)
		}
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				got := 0
				err := l.each(func(f *found) bool {
					if *f != one(got) {
						t.Errorf("%d is read back as %v", got, f)
						return false
					}
					got++
					return true
				})
				if err != nil || got != n {
					t.Errorf("%d paths of %d, %v", got, n, err)
				}
			})
		}
		wg.Wait()
		if err := l.close(); err != nil {
			t.Error(err)
		}
	}
	if files, _ := os.ReadDir(temp); len(files) > 0 {
		t.Errorf("left behind: %v", files)
	}
}

// A directory that is left out is there for what is taken back in it, and only
// for that, wherever that is and whatever it turns out to be.
func TestLeftOutDirectories(t *testing.T) {
	tests := []struct {
		name, ignore string
		files, want  []string
		notes        int
	}{
		{"deep", "*|!a/b/c/x", []string{"a/b/c/x", "a/b/c/y", "a-b", "a/z"}, []string{"a", "a/b", "a/b/c", "a/b/c/x"}, 0},
		{"a name between", "a|!a/x|!a-b", []string{"a/x", "a/y", "a-b"}, []string{"a", "a-b", "a/x"}, 0},
		{"nothing in it", "a|!b/x", []string{"a/b/x", "b/x"}, []string{"b", "b/x"}, 0},
		{"a key", "a|!a/*", []string{"a/k " + pem, "b"}, []string{"b"}, 1},
		{"a key and a file", "a|!a/*", []string{"a/k " + pem, "a/x"}, []string{"a", "a/x"}, 1},
		{"a secret", "a|!a/*", []string{"a/.env A=b", "b"}, []string{"b"}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := build(t, t.TempDir(), tt.files...)
			build(t, dir, ".dockerignore "+tt.ignore)
			tree := walk(t, dir, "/a", Options{})
			if got := pathsIn(t, tree); strings.Join(got, " ") != strings.Join(tt.want, " ") || len(tree.Notes) != tt.notes {
				t.Errorf("%q, notes %v", got, tree.Notes)
			}
		})
	}
}

// Each sees what the layer gets.
func TestEach(t *testing.T) {
	dir := build(t, t.TempDir(), "a/x 1", "a-b 2", "k "+pem, "l -> a")
	var seen []string
	tree := walk(t, dir, "/a", Options{Each: func(e *layers.Entry) { seen = append(seen, fmt.Sprintf("%s %x %d", e.Path, e.SHA256, e.Size)) }})
	var want []string
	for _, e := range entries(t, tree) {
		want = append(want, fmt.Sprintf("%s %x %d", e.Path, e.SHA256, e.Size))
	}
	if diff := cmp.Diff(want, seen); diff != "" || len(seen) != 5 {
		t.Errorf("-want +got\n%s", diff)
	}
}

// A directory with more files than a batch, and more directories than are kept
// open, on any number of cores.
func TestLargeTree(t *testing.T) {
	dir := t.TempDir()
	for i := range 200 {
		d := filepath.Join(dir, fmt.Sprintf("d%03d", i), "in")
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
		for j := range 5 {
			if err := os.WriteFile(filepath.Join(d, fmt.Sprint(j)), []byte{byte(i), byte(j)}, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	m := memory{}
	var first [32]byte
	for _, jobs := range []int{1, 2, 8} {
		tree := walk(t, dir, "/a", Options{Jobs: jobs, Store: m})
		if first == [32]byte{} {
			first = tree.Digest
		}
		if tree.Digest != first || tree.Files != 1000 || len(entries(t, tree)) != 1401 {
			t.Errorf("%d jobs: %d files, %x", jobs, tree.Files, tree.Digest)
		}
	}
}
