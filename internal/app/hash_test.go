package app

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// memory is a Store.
type memory map[string][]byte

func (m memory) Get(kind, key string) ([]byte, bool) {
	b, ok := m[kind+key]
	return b, ok
}

func (m memory) Put(kind, key string, data []byte) error {
	m[kind+key] = data
	return nil
}

// age makes all files of the tree an hour older.
func age(t *testing.T, dir string, files ...string) {
	t.Helper()
	then := time.Now().Add(-time.Hour)
	for _, f := range files {
		if err := os.Chtimes(filepath.Join(dir, f), then, then); err != nil {
			t.Fatal(err)
		}
	}
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
	age(t, dir, "old", "key")
	m := memory{}
	first := walk(t, dir, "/a", Options{Store: m})
	// On Linux, setting the times counts as a change a moment ago.
	if known, ok := unmarshalHashes(m[kindHashes+mustResolve(t, dir)]); !ok || known["new"].status != (status{}) {
		t.Errorf("known: %v, %v", known, ok)
	}
	// As if the files had been written long ago: the hash is taken as it is.
	var b []byte
	for _, name := range []string{"old", "key"} {
		fi, err := os.Lstat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		b = appendHash(b, name, knownHash{statusOf(fi), fileHash{sum: [32]byte{1, 2, 3}, key: name == "key"}})
	}
	m[kindHashes+mustResolve(t, dir)] = b
	second := walk(t, dir, "/a", Options{Store: m})
	if second.Entries[2].SHA256[0] != 1 || len(second.Notes) != 1 {
		t.Errorf("a known file was hashed again; notes %v", second.Notes)
	}
	// Whatever changes in its status, it is hashed again.
	m[kindHashes+mustResolve(t, dir)] = b
	if err := os.Chtimes(filepath.Join(dir, "old"), time.Time{}, time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	third := walk(t, dir, "/a", Options{Store: m})
	if diff := cmp.Diff(first.Digest, third.Digest); diff != "" {
		t.Error("a touched file was not hashed again")
	}
	// Nonsense in the store is no harm.
	m[kindHashes+mustResolve(t, dir)] = []byte("nonsense")
	if fourth := walk(t, dir, "/a", Options{Store: m}); fourth.Digest != first.Digest {
		t.Error("nonsense in the store changes the digest")
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
	big := make([]byte, maxKeyFile+1)
	if err := os.WriteFile(filepath.Join(dir, "big"), big, 0o600); err != nil {
		t.Fatal(err)
	}
	one := walk(t, dir, "/a", Options{Jobs: 1})
	eight := walk(t, dir, "/a", Options{Jobs: 8})
	if one.Digest != eight.Digest || one.Files != 51 {
		t.Errorf("%x and %x, %d files", one.Digest, eight.Digest, one.Files)
	}
}

func FuzzUnmarshalHashes(f *testing.F) {
	f.Add(appendHash(nil, "a/b", knownHash{status{1, 2, 3, 4}, fileHash{key: true}}))
	f.Add([]byte{0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		known, ok := unmarshalHashes(data)
		if !ok && known != nil {
			t.Error("something beside a failure")
		}
		for name, h := range known {
			again, ok := unmarshalHashes(appendHash(nil, name, h))
			if !ok || again[name] != h {
				t.Errorf("%q %v is read back as %v", name, h, again)
			}
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
