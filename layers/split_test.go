package layers

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func splitPaths(parts [][]Entry) [][]string {
	var all [][]string
	for _, part := range parts {
		var paths []string
		for _, e := range part {
			paths = append(paths, e.Path)
		}
		slices.Sort(paths)
		all = append(all, paths)
	}
	return all
}

func TestSplit(t *testing.T) {
	dir := func(path string) Entry { return Entry{Path: path, Mode: fs.ModeDir | 0o700} }
	file := func(path string, size int64) Entry { return Entry{Path: path, Mode: 0o644, Size: size} }
	entries := []Entry{
		dir("a"), dir("a/empty"), dir("b"),
		file("a/1", 40), file("a/2", 40), file("b/3", 40), file("b/4", 40), file("b/huge", 10_000), file("b/.wh.old", 0),
		{Path: "b/sliced", Mode: 0o644, Size: 1 << 30, Slice: &Slice{Length: 40}},
	}
	tests := []struct {
		max  int64
		want [][]string
	}{
		{0, nil},
		{20_000, nil},
		{300, [][]string{
			{"a", "a/empty", "b", "b/.wh.old", "b/huge"},
			{"a", "a/1", "a/2"},
			{"b", "b/3"},
			{"b", "b/4", "b/sliced"},
		}},
	}
	for _, tt := range tests {
		if tt.want == nil {
			tt.want = splitPaths([][]Entry{entries})
		}
		if diff := cmp.Diff(tt.want, splitPaths(Split(entries, tt.max))); diff != "" {
			t.Errorf("%d: (-want +got)\n%s", tt.max, diff)
		}
	}
	if got := Split(nil, 1); len(got) != 1 || len(got[0]) != 0 {
		t.Errorf("nothing is split into %v", got)
	}
}

func TestSplitIsStable(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	entries := []Entry{{Path: "d", Mode: fs.ModeDir | 0o755}}
	for i := range 2000 {
		entries = append(entries, Entry{Path: fmt.Sprintf("d/%d", i), Mode: 0o644, Size: rng.Int64N(1<<20) >> rng.IntN(12)})
	}
	const limit = 10 << 20
	place := func(entries []Entry) map[string]int {
		at := map[string]int{}
		parts := Split(entries, limit)
		for i, part := range parts {
			size := int64(0)
			for j := range part {
				size += part[j].packedSize()
				at[part[j].Path] = i
			}
			if size > limit || size < limit/16 {
				t.Errorf("part %d has %d bytes", i, size)
			}
		}
		if len(at) != len(entries) || len(parts) < 2 {
			t.Fatalf("%d paths in %d parts", len(at), len(parts))
		}
		return at
	}
	before := place(entries)
	slices.Reverse(entries)
	if diff := cmp.Diff(before, place(entries)); diff != "" {
		t.Error("the order matters")
	}
	// A new version: some files larger, some gone, some new.
	for i := range entries[:200] {
		entries[i].Size += rng.Int64N(1000)
	}
	entries = append(entries[20:], Entry{Path: "d/new", Mode: 0o644, Size: 5000})
	moved := 0
	for path, at := range place(entries) {
		if was, ok := before[path]; ok && was != at {
			moved++
		}
	}
	if moved > 0 {
		t.Errorf("%d files moved", moved)
	}
}
