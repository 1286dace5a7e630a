package cache

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// open opens a cache in dir whose notes are collected in the slice returned.
func open(t *testing.T, dir string, opt Options) (*Cache, *[]string) {
	t.Helper()
	var notes []string
	opt.Note = func(s string) { notes = append(notes, s) }
	c, err := Open(dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c, &notes
}

func addFile(t *testing.T, c *Cache, kind, key, content string) string {
	t.Helper()
	f, err := c.TempFile()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(content); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	path, err := c.AddFile(kind, key, f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func put(t *testing.T, c *Cache, kind, key, data string) {
	t.Helper()
	if err := c.Put(kind, key, []byte(data)); err != nil {
		t.Fatal(err)
	}
}

func wantGet(t *testing.T, c *Cache, kind, key, want string) {
	t.Helper()
	got, ok := c.Get(kind, key)
	if !ok || string(got) != want {
		t.Errorf("Get(%q, %q) = %q, %v; want %q", kind, key, got, ok, want)
	}
}

func wantMiss(t *testing.T, c *Cache, kind, key string) {
	t.Helper()
	if got, ok := c.Get(kind, key); ok || got != nil {
		t.Errorf("Get(%q, %q) = %q, %v; want a miss", kind, key, got, ok)
	}
}

func TestPutGet(t *testing.T) {
	dir := t.TempDir()
	c, notes := open(t, dir, Options{})
	wantMiss(t, c, "recipe", "k")
	keys := []string{"k", "", "../../etc/passwd", "a/b\x00c", strings.Repeat("long", 5000)}
	for i, k := range keys {
		put(t, c, "recipe", k, fmt.Sprint("v", i))
	}
	put(t, c, "recipe", "k", "v0 again")
	put(t, c, "rec", "ipek", "")
	wantGet(t, c, "recipe", "k", "v0 again")
	wantGet(t, c, "rec", "ipek", "")
	wantMiss(t, c, "reci", "pek")
	d, _ := open(t, dir, Options{})
	for i, k := range keys[1:] {
		wantGet(t, d, "recipe", k, fmt.Sprint("v", i+1))
	}
	d.Remove("recipe", "")
	wantMiss(t, c, "recipe", "")
	if len(*notes) > 0 {
		t.Errorf("notes: %q", *notes)
	}
}

func TestPutRefuses(t *testing.T) {
	c, _ := open(t, t.TempDir(), Options{})
	for _, r := range []struct {
		kind, key string
		n         int
	}{{"", "k", 1}, {strings.Repeat("k", 65), "k", 1}, {"k", strings.Repeat("k", maxKey+1), 1}, {"k", "k", maxRecord + 1}} {
		if err := c.Put(r.kind, r.key, make([]byte, r.n)); err == nil {
			t.Errorf("Put(%d bytes, %d bytes, %d bytes) succeeds", len(r.kind), len(r.key), r.n)
		}
	}
}

func TestFiles(t *testing.T) {
	c, notes := open(t, t.TempDir(), Options{})
	if _, ok := c.File("wheel", "h11"); ok {
		t.Error("an empty cache has a file")
	}
	path := addFile(t, c, "wheel", "h11", "content")
	got, ok := c.File("wheel", "h11")
	if !ok || got != path {
		t.Errorf("File = %q, %v; want %q", got, ok, path)
	}
	b, err := os.ReadFile(path)
	if err != nil || string(b) != "content" {
		t.Errorf("content %q, %v", b, err)
	}
	fi, err := os.Stat(path)
	if err != nil || fi.Mode().Perm() != 0o400 {
		t.Errorf("mode %v, %v; want 0400", fi.Mode(), err)
	}
	if path2 := addFile(t, c, "wheel", "h11", "other"); path2 != path {
		t.Errorf("added again at %q", path2)
	}
	if b, err = os.ReadFile(path); err != nil || string(b) != "other" {
		t.Errorf("content %q, %v after adding again", b, err)
	}
	if len(*notes) > 0 {
		t.Errorf("notes: %q", *notes)
	}
	for _, p := range []string{path, filepath.Join(t.TempDir(), "x"), "/etc/passwd"} {
		if _, err := c.AddFile("wheel", "x", p); err == nil {
			t.Errorf("AddFile takes %q", p)
		}
	}
}

func TestDamageIsDropped(t *testing.T) {
	damage := map[string]func([]byte) []byte{
		"truncated": func(b []byte) []byte { return b[:len(b)-1] },
		"empty":     func([]byte) []byte { return nil },
		"longer":    func(b []byte) []byte { return append(b, 0) },
		"flipped":   func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
		"header":    func(b []byte) []byte { b[9] ^= 1; return b },
		"zeroed":    func(b []byte) []byte { return make([]byte, len(b)) },
		"another's": func([]byte) []byte {
			return (&record{typ: typeData, kind: "recipe", key: "other", payload: []byte("v")}).marshal()
		},
	}
	for what, f := range damage {
		t.Run(what, func(t *testing.T) {
			c, notes := open(t, t.TempDir(), Options{})
			put(t, c, "recipe", "k", "value")
			path := filepath.Join(c.records.Name(), name("recipe", "k"))
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, f(b), 0o600); err != nil {
				t.Fatal(err)
			}
			wantMiss(t, c, "recipe", "k")
			if len(*notes) != 1 || !strings.Contains((*notes)[0], "damaged") {
				t.Errorf("notes: %q", *notes)
			}
			if _, err := os.Lstat(path); err == nil {
				t.Error("the damaged record is still there")
			}
			put(t, c, "recipe", "k", "value")
			wantGet(t, c, "recipe", "k", "value")
		})
	}
}

func TestDamagedFileIsDropped(t *testing.T) {
	c, notes := open(t, t.TempDir(), Options{})
	path := addFile(t, c, "wheel", "w", "content")
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("conten"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, ok := c.File("wheel", "w"); ok || len(*notes) != 1 {
		t.Errorf("a truncated file is found (%v), notes %q", ok, *notes)
	}
	// A file that is gone is a miss that needs no words.
	if err := os.Remove(addFile(t, c, "wheel", "w", "content")); err != nil {
		t.Fatal(err)
	}
	if _, ok := c.File("wheel", "w"); ok || len(*notes) != 1 {
		t.Errorf("a removed file is found (%v), notes %q", ok, *notes)
	}
	wantMiss(t, c, "wheel", "w")
}

func TestSymlinksAreNotFollowed(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	b := (&record{typ: typeData, kind: "recipe", key: "k", payload: []byte("planted")}).marshal()
	if err := os.WriteFile(secret, b, 0o600); err != nil {
		t.Fatal(err)
	}
	c, _ := open(t, t.TempDir(), Options{})
	inside := filepath.Join(c.Dir(), "elsewhere")
	if err := os.WriteFile(inside, b, 0o600); err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(c.records.Name(), name("recipe", "k"))
	for _, target := range []string{secret, inside, "../elsewhere"} {
		if err := os.Symlink(target, at); err != nil {
			t.Fatal(err)
		}
		wantMiss(t, c, "recipe", "k")
		put(t, c, "recipe", "k", "ours")
		wantGet(t, c, "recipe", "k", "ours")
		c.Remove("recipe", "k")
	}
	for _, path := range []string{secret, inside} {
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, b) {
			t.Errorf("%q was touched: %q, %v", path, got, err)
		}
	}
	path := addFile(t, c, "wheel", "w", "0123456789")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, path); err != nil {
		t.Fatal(err)
	}
	if got, ok := c.File("wheel", "w"); ok {
		t.Errorf("a planted link is returned: %q", got)
	}
}

func TestNilCache(t *testing.T) {
	var c *Cache
	put(t, c, "k", "k", "v")
	wantMiss(t, c, "k", "k")
	c.Remove("k", "k")
	if _, ok := c.File("k", "k"); ok {
		t.Error("File hits")
	}
	if f, err := c.TempFile(); f != nil || err == nil {
		t.Error("TempFile works")
	}
	if _, err := c.AddFile("k", "k", "x"); err == nil {
		t.Error("AddFile works")
	}
	if _, err := c.Info(); err != nil {
		t.Error(err)
	}
	if _, err := c.Prune(0, 0); err != nil {
		t.Error(err)
	}
	if _, err := c.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if err := c.Close(); err != nil || c.Dir() != "" {
		t.Error(err, c.Dir())
	}
}

func TestManyGoroutines(t *testing.T) {
	dir := t.TempDir()
	c, _ := open(t, dir, Options{})
	d, _ := open(t, dir, Options{})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			own := []*Cache{c, d}[i%2]
			for j := range 30 {
				key := fmt.Sprint(j % 5)
				want := strings.Repeat(key, 1000)
				if err := own.Put("k", key, []byte(want)); err != nil {
					t.Error(err)
				}
				if got, ok := own.Get("k", key); !ok || string(got) != want {
					t.Errorf("Get(%s) = %.10q, %v", key, got, ok)
				}
				if i == 0 && j%10 == 9 {
					if _, err := own.Prune(-1, 0); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
}

func TestGetIsFast(t *testing.T) {
	c, _ := open(t, t.TempDir(), Options{})
	for i := range 100 {
		if err := c.Put("recipe", fmt.Sprint(i), make([]byte, 4000)); err != nil {
			t.Fatal(err)
		}
	}
	best := time.Hour
	for range 5 {
		start := time.Now()
		for i := range 100 {
			if _, ok := c.Get("recipe", fmt.Sprint(i)); !ok {
				t.Fatal("miss")
			}
		}
		best = min(best, time.Since(start))
	}
	t.Logf("100 records in %v", best)
	if best > 100*time.Millisecond {
		t.Errorf("100 records take %v", best)
	}
}

func TestDir(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", "/x/cache")
	if d, err := Dir(); err != nil || d != filepath.FromSlash("/x/cache/assemble") {
		t.Errorf("Dir() = %q, %v", d, err)
	}
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "")
	if d, err := Dir(); err == nil {
		t.Errorf("Dir() = %q without HOME", d)
	}
	if c, err := Open("", Options{}); err == nil || c != nil {
		t.Errorf("Open works without HOME: %v", c)
	}
}

func TestModes(t *testing.T) {
	c, _ := open(t, filepath.Join(t.TempDir(), "a", "b"), Options{})
	put(t, c, "k", "k", "v")
	err := filepath.WalkDir(filepath.Dir(c.Dir()), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fi, err := d.Info()
		if err == nil && fi.Mode().Perm()&0o077 != 0 {
			t.Errorf("%q has mode %v", path, fi.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
