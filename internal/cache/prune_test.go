package cache

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func age(t *testing.T, c *Cache, kind, key string, d time.Duration) {
	t.Helper()
	then := time.Now().Add(-d)
	if err := c.records.Chtimes(name(kind, key), then, then); err != nil {
		t.Fatal(err)
	}
}

func TestPruneByUse(t *testing.T) {
	c, _ := open(t, t.TempDir(), Options{})
	data := strings.Repeat("x", 1000)
	for i, k := range []string{"a", "b", "c", "d"} {
		put(t, c, "k", k, data)
		age(t, c, "k", k, time.Duration(10-i)*time.Hour)
	}
	wantGet(t, c, "k", "a", data) // used now, so no longer the oldest
	file := addFile(t, c, "wheel", "w", data)
	age(t, c, "wheel", "w", 20*time.Hour)
	p, err := c.Prune(2500, 0)
	if err != nil {
		t.Fatal(err)
	}
	if p.Entries != 3 || p.KeptEntries != 2 || p.KeptBytes > 2500 || p.Bytes < 3000 {
		t.Errorf("pruned %+v", p)
	}
	wantGet(t, c, "k", "a", data)
	wantGet(t, c, "k", "d", data)
	wantMiss(t, c, "k", "b")
	wantMiss(t, c, "k", "c")
	if _, err := os.Lstat(file); err == nil {
		t.Error("the pruned file is still there")
	}
}

func TestPruneByAge(t *testing.T) {
	c, _ := open(t, t.TempDir(), Options{})
	put(t, c, "k", "old", "v")
	put(t, c, "k", "new", "v")
	age(t, c, "k", "old", 48*time.Hour)
	if p, err := c.Prune(-1, 24*time.Hour); err != nil || p.Entries != 1 {
		t.Errorf("pruned %+v, %v", p, err)
	}
	wantMiss(t, c, "k", "old")
	wantGet(t, c, "k", "new", "v")
}

func TestPruneRemovesOrphans(t *testing.T) {
	c, _ := open(t, t.TempDir(), Options{})
	path := addFile(t, c, "wheel", "w", "content")
	if err := c.records.Remove(name("wheel", "w")); err != nil {
		t.Fatal(err)
	}
	if v, err := c.Verify(t.Context()); err != nil || v.Damaged != 0 {
		t.Errorf("verified %+v, %v", v, err)
	}
	if _, err := c.Prune(-1, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); err == nil {
		t.Error("a file without a record is still there")
	}
}

func TestCloseHoldsTheBound(t *testing.T) {
	dir := t.TempDir()
	for i := range 5 {
		c, err := Open(dir, Options{MaxBytes: 3000})
		if err != nil {
			t.Fatal(err)
		}
		put(t, c, "k", string(rune('a'+i)), strings.Repeat("x", 1000))
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	c, _ := open(t, dir, Options{})
	if info, err := c.Info(); err != nil || info.Entries != 2 || info.Bytes > 3000 {
		t.Errorf("info %+v, %v", info, err)
	}
	wantGet(t, c, "k", "e", strings.Repeat("x", 1000))
}

func TestSessionsOfTheDeadAreRemoved(t *testing.T) {
	dir := t.TempDir()
	c, _ := open(t, dir, Options{})
	live, err := c.TempFile()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = live.Close() })
	dead := filepath.Join(c.Dir(), tmpDir, "dead")
	if err := os.MkdirAll(dead, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dead, "junk"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	then := time.Now().Add(-2 * time.Hour) // for platforms without locks
	if err := os.Chtimes(dead, then, then); err != nil {
		t.Fatal(err)
	}
	if p, err := c.Prune(-1, 0); err != nil || p.Sessions != 1 {
		t.Errorf("pruned %+v, %v", p, err)
	}
	if _, err := os.Lstat(dead); err == nil {
		t.Error("a dead session is still there")
	}
	if _, err := os.Lstat(live.Name()); err != nil {
		t.Errorf("a live session is gone: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(live.Name()); err == nil {
		t.Error("Close leaves a temporary file")
	}
}

func TestVerify(t *testing.T) {
	c, _ := open(t, t.TempDir(), Options{})
	put(t, c, "k", "good", "v")
	put(t, c, "k", "bad", "v")
	addFile(t, c, "wheel", "good", "content")
	path := addFile(t, c, "wheel", "bad", "content")
	for p, content := range map[string]string{
		path: "CONTENT",
		filepath.Join(c.records.Name(), name("k", "bad")): "nonsense",
	} {
		if err := os.Chmod(p, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	v, err := c.Verify(t.Context())
	if err != nil || v.Entries != 4 || v.Damaged != 2 || len(v.Problems) != 2 {
		t.Errorf("verified %+v, %v", v, err)
	}
	v, err = c.Verify(t.Context())
	if err != nil || v.Entries != 2 || v.Damaged != 0 {
		t.Errorf("verified again %+v, %v", v, err)
	}
	info, err := c.Info()
	if err != nil || info.Entries != 2 || info.Files != 1 || info.Kinds["k"].Entries != 1 || info.Kinds["wheel"].Entries != 1 {
		t.Errorf("info %+v, %v", info, err)
	}
}
