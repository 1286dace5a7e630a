package wheels_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels"
)

func TestLost(t *testing.T) {
	conflicts := []wheels.Conflict{
		{Path: "all", Wheels: []int{0, 1, 2}},
		{Path: "ends", Wheels: []int{0, 2}},
		{Path: "first", Wheels: []int{0, 1}},
	}
	entries := func(paths ...string) []layers.Entry {
		var list []layers.Entry
		for _, p := range paths {
			list = append(list, layers.Entry{Path: p})
		}
		return list
	}
	for wheel, want := range []struct {
		lost wheels.LostPaths
		kept []layers.Entry
		key  string
	}{
		{wheels.LostPaths{"all", "ends", "first"}, entries("own"), "all\x00ends\x00first"},
		{wheels.LostPaths{"all"}, entries("ends", "first", "own"), "all"},
		{nil, entries("all", "ends", "first", "own"), ""},
	} {
		all := entries("all", "ends", "first", "own")
		before := slices.Clone(all)
		lost := wheels.Lost(conflicts, wheel)
		if diff := cmp.Diff(want.lost, lost); diff != "" {
			t.Errorf("wheel %d loses (-want +got):\n%s", wheel, diff)
		}
		if diff := cmp.Diff(want.kept, lost.Drop(all)); diff != "" {
			t.Errorf("wheel %d keeps (-want +got):\n%s", wheel, diff)
		}
		if got := lost.KeyPart(); got != want.key {
			t.Errorf("wheel %d: key part %q, want %q", wheel, got, want.key)
		}
		if diff := cmp.Diff(before, all); diff != "" {
			t.Errorf("Drop altered its argument (-want +got):\n%s", diff)
		}
	}
}
