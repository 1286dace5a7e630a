package app

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/credential"
)

// memory is a Store.
type memory map[string][]byte

func (m memory) Get(kind, key string) ([]byte, bool) {
	b, ok := m[kind+key]
	return b, ok
}

func (m memory) Put(kind, key string, data []byte) error {
	m[kind+key] = slices.Clone(data)
	return nil
}

func TestDigestIsPinned(t *testing.T) {
	dir := build(t, t.TempDir(), "x* data", "d/l -> ../x")
	tree := walk(t, dir, "/a", Options{UID: 1, GID: 2})
	// Layers are kept under keys made of it: a change makes them all anew.
	const want = "c221c57a64519fac50a23745df9665831e3dab4883f1d8a2644a7457bdd2e846"
	if got := hex.EncodeToString(tree.Digest[:]); got != want {
		t.Errorf("digest %s", got)
	}
}

func TestDigestTellsApart(t *testing.T) {
	seen := map[[32]byte]string{}
	for name, tt := range map[string]struct {
		files []string
		to    string
		opt   Options
	}{
		"plain":   {[]string{"x data"}, "/a", Options{}},
		"content": {[]string{"x Data"}, "/a", Options{}},
		"name":    {[]string{"y data"}, "/a", Options{}},
		"mode":    {[]string{"x* data"}, "/a", Options{}},
		"to":      {[]string{"x data"}, "/b", Options{}},
		"owner":   {[]string{"x data"}, "/a", Options{UID: 1}},
		"link":    {[]string{"x -> data"}, "/a", Options{}},
		"link2":   {[]string{"x -> Data"}, "/a", Options{}},
		"dir":     {[]string{"x data", "d/"}, "/a", Options{}},
	} {
		tree := walk(t, build(t, t.TempDir(), tt.files...), tt.to, tt.opt)
		if other, ok := seen[tree.Digest]; ok {
			t.Errorf("%s and %s have the same digest", name, other)
		}
		seen[tree.Digest] = name
	}
}

func TestHashesAreRemembered(t *testing.T) {
	dir := build(t, t.TempDir(), "old data", "new data", "key "+pem)
	m := memory{}
	first := walk(t, dir, "/a", Options{Store: m})
	// Files of a moment ago are hashed again.
	real := mustResolve(t, dir)
	for _, name := range []string{"key", "new", "old"} {
		if f, ok := newRecall(m, real).find(name); !ok || f.status.size >= 0 || f.hash.holds != 0 {
			t.Errorf("known: %v, %v", f, ok)
		}
	}
	// As if the files had been written long ago: the hash is taken as it is.
	remember := func() {
		k := newKeeper(m, real, newRecall(m, real), time.Now().Add(time.Hour))
		for _, name := range []string{"key", "old"} {
			fi, err := os.Lstat(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			k.add(&found{name: name, kind: kindFile, status: statusOf(fi), hash: fileHash{sum: [32]byte{1, 2, 3}, holds: keyIn(name)}})
		}
		k.end()
	}
	remember()
	second := walk(t, dir, "/a", Options{Store: m})
	if entries(t, second)[2].SHA256[0] != 1 || len(second.Notes) != 1 {
		t.Errorf("a known file was hashed again; notes %v", second.Notes)
	}
	// Whatever changes in its status, it is hashed again.
	remember()
	if err := os.Chtimes(filepath.Join(dir, "old"), time.Time{}, time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	third := walk(t, dir, "/a", Options{Store: m})
	if diff := cmp.Diff(first.Digest, third.Digest); diff != "" {
		t.Error("a touched file was not hashed again")
	}
	// Nonsense in the store is no harm.
	for _, kind := range []string{kindChunk, kindChunks} {
		remember()
		for k := range m {
			if strings.HasPrefix(k, kind) {
				m[k] = []byte("nonsense, and a bit more than the length of a SHA-256")
			}
		}
		if fourth := walk(t, dir, "/a", Options{Store: m}); fourth.Digest != first.Digest {
			t.Error("nonsense in the store changes the digest")
		}
	}
}

func mustResolve(t *testing.T, dir string) string {
	t.Helper()
	real, err := resolve(dir)
	if err != nil {
		t.Fatal(err)
	}
	return real
}

func TestJobsDontMatter(t *testing.T) {
	dir := t.TempDir()
	for i := range 50 {
		build(t, dir, fmt.Sprintf("d%d/f%d content %d", i%7, i, i))
	}
	big := make([]byte, maxSmall+1)
	if err := os.WriteFile(filepath.Join(dir, "big"), big, 0o600); err != nil {
		t.Fatal(err)
	}
	one := walk(t, dir, "/a", Options{Jobs: 1})
	eight := walk(t, dir, "/a", Options{Jobs: 8})
	if one.Digest != eight.Digest || one.Files != 51 {
		t.Errorf("%x and %x, %d files", one.Digest, eight.Digest, one.Files)
	}
}

// What is kept of a large tree is in chunks, of which a change touches few.
func TestChunks(t *testing.T) {
	m := memory{}
	keep := func(skip int) (written int) {
		k := newKeeper(counting{m, &written}, "/x", newRecall(m, "/x"), time.Now())
		for i := range 50_000 {
			if i != skip {
				k.add(&found{name: fmt.Sprintf("d%02d/f%05d", i/1000, i), kind: kindFile, status: status{size: int64(i)}})
			}
		}
		k.end()
		return written
	}
	if n := keep(-1); n < 10 || n > 60 {
		t.Errorf("%d records", n)
	}
	all := len(m)
	if n := keep(-1); n != 0 {
		t.Errorf("nothing has changed, and %d records are written", n)
	}
	if n := keep(25_000); n < 2 || n > 4 {
		t.Errorf("%d records are written for one change", n)
	}
	if len(m) > all+1 || len(m) < all-1 {
		t.Errorf("%d records are left of %d", len(m), all)
	}
	r := newRecall(m, "/x")
	for i := range 50_000 {
		name := fmt.Sprintf("d%02d/f%05d", i/1000, i)
		if f, ok := r.find(name); ok != (i != 25_000) || ok && f.status.size != int64(i) {
			t.Fatalf("%s: %v, %v", name, f, ok)
		}
	}
}

// counting is a store that can forget and counts what it is given.
type counting struct {
	memory
	n *int
}

func (c counting) Put(kind, key string, data []byte) error {
	*c.n++
	return c.memory.Put(kind, key, slices.Clone(data))
}

func (c counting) Remove(kind, key string) { delete(c.memory, kind+key) }

func FuzzFoundReader(f *testing.F) {
	one := found{name: "a/b", kind: kindFile, status: status{1, 2, 3, 4}, hash: fileHash{holds: 1, line: 7}}
	f.Add(appendFound(appendFound(nil, "", &one), "a/b", &found{name: "a/c", kind: kindLink, link: "b"}))
	f.Add([]byte{0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		r := foundReader{rest: data}
		before := ""
		for {
			got, ok := r.next()
			if !ok {
				return
			}
			again := foundReader{rest: appendFound(nil, before, &got), before: before}
			if same, ok := again.next(); !ok || same != got {
				t.Errorf("%v is read back as %v", got, same)
			}
			before = got.name
		}
	})
}

func BenchmarkWalkUnchanged(b *testing.B) {
	dir := b.TempDir()
	for i := range 1000 {
		p := filepath.Join(dir, fmt.Sprintf("d%d", i%30))
		if err := os.MkdirAll(p, 0o700); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(p, fmt.Sprint(i)), make([]byte, 10_000), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	m := memory{}
	time.Sleep(racy + 100*time.Millisecond) // let the files grow old enough
	for b.Loop() {
		tree, err := Walk(b.Context(), dir, "/a", Options{Store: m})
		if err != nil {
			b.Fatal(err)
		}
		if err := tree.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// keyIn is what the file key holds.
func keyIn(name string) credential.Kind {
	if name == "key" {
		return 1
	}
	return 0
}
