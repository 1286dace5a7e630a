package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/layers"
)

// TestUpdate looks at what changes with a large wheel, with one that shares its
// layer, and with one that is moved by its growth.
func TestUpdate(t *testing.T) {
	items := []layers.Item{
		{Name: "torch", Size: 100e6},
		{Name: "a", Size: 10_000},
		{Name: "b", Size: 20_000},
		{Name: "grown", Size: 1<<20 - 1},
	}
	opt := layers.GroupOptions{Budget: 4}
	before, err := layers.Group(items, opt) // shared layers: 4/4 = 1
	if err != nil {
		t.Fatal(err)
	}
	all := int64(100e6 + 30_000 + 1<<20 - 1)
	for _, tt := range []struct {
		i    int
		want spreadRow
	}{
		{0, spreadRow{Update: "torch", Wheel: 100e6, Grouped: 102e6, One: all + 2e6, Each: 102e6}},
		{1, spreadRow{Update: "a", Wheel: 10_000, Grouped: 10_200 + 20_000 + 1<<20 - 1, One: all + 200, Each: 10_200}},
		// It gets a layer of its own, and the one that it leaves changes too.
		{3, spreadRow{Update: "grown", Wheel: 1<<20 - 1, Grouped: 1_069_546 + 30_000, One: all + 20_971, Each: 1_069_546}},
	} {
		got, err := update(items, opt, before, tt.i)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", items[tt.i].Name, diff)
		}
	}
}
