package cache

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestPrefix(t *testing.T) {
	dir := t.TempDir()
	var notes int
	c, err := Open(dir, Options{Note: func(string) { notes++ }})
	if err != nil {
		t.Fatal(err)
	}
	data := bytes.Repeat([]byte("0123456789"), 100)
	if err := c.Put("kind", "key", data); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1, 999, 1000, 5000} {
		got, ok := c.Prefix("kind", "key", n)
		if want := data[:min(n, len(data))]; !ok || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: got %d, %t", n, len(got), ok)
		}
	}
	if _, ok := c.Prefix("kind", "other", 10); ok {
		t.Error("another key's record was found")
	}
	if _, ok := (*Cache)(nil).Prefix("kind", "key", 10); ok {
		t.Error("no cache has a record")
	}
	// What is behind the prefix is not looked at, but its length is.
	path := record1(t, dir)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, damaged := range map[string][]byte{
		"cut":       whole[:len(whole)-1],
		"longer":    append(bytes.Clone(whole), 0),
		"no header": append([]byte("x"), whole[1:]...),
	} {
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		notes = 0
		if _, ok := c.Prefix("kind", "key", 10); ok || notes != 1 {
			t.Errorf("%s: %t, %d notes", name, ok, notes)
		}
	}
}

// record1 returns the path of the only record.
func record1(t *testing.T, dir string) string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && d.Name() == name("kind", "key") {
			found = append(found, path)
		}
		return err
	})
	if err != nil || len(found) != 1 {
		t.Fatalf("records %v, %v", found, err)
	}
	return found[0]
}
