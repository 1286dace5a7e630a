package ghash

import (
	"fmt"
	"testing"
)

// TestKeys has places that follow from the rules: all keys come out once, whatever
// their number, and in the same order each time. That the order is GLib's is held by
// the files that packages gschema and mimedb write.
func TestKeys(t *testing.T) {
	for n := range 300 {
		a, b := New(), New()
		for i := range n {
			a.Add(fmt.Sprint("key-", i))
			b.Add(fmt.Sprint("key-", i))
			b.Add(fmt.Sprint("key-", i))
		}
		seen := map[string]bool{}
		for i, k := range a.Keys() {
			seen[k] = true
			if b.Keys()[i] != k {
				t.Fatalf("%d keys: the order differs", n)
			}
		}
		if len(seen) != n || len(b.Keys()) != n {
			t.Fatalf("%d keys: %d come out", n, len(seen))
		}
	}
	if String("") != 5381 || String("ä") == String("Ã") {
		t.Error("the hash is not that of signed bytes")
	}
}

// TestCollisions adds keys of one hash, each of which would be looked for behind
// all others.
func TestCollisions(t *testing.T) {
	keys := []string{""}
	for range 17 {
		var more []string
		for _, k := range keys {
			more = append(more, k+"Ez", k+"FY")
		}
		keys = more
	}
	table := New()
	for _, k := range keys {
		table.Add(k)
	}
	if got := len(table.Keys()); got != len(keys) {
		t.Errorf("%d of %d keys", got, len(keys))
	}
}
