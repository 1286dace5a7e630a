package unpack

import (
	"errors"
	"testing"

	"github.com/assemble-image/assemble/internal/debs/debtest"
)

// TestContested has two packages with one link: sums don't name it, so that
// Replaces decides once they are unpacked, whatever the layers' order.
func TestContested(t *testing.T) {
	link := func(name, fields string) debtest.Deb {
		return debtest.Deb{Name: name, Fields: fields, Files: []debtest.File{{Path: "usr/bin/l", Link: name}, {Path: "usr/bin/" + name, Data: name}}}
	}
	wins, loses := link("wins", "Replaces: loses\n"), link("loses", "")
	for _, tt := range []struct {
		debs    []debtest.Deb
		layered [][]int
		want    string
	}{
		{[]debtest.Deb{wins, loses}, [][]int{{0}, {1}}, "wins"},
		{[]debtest.Deb{loses, wins}, [][]int{{1}, {0}}, "wins"},
		{[]debtest.Deb{loses, wins}, [][]int{{0}, {1}}, ""},
		{[]debtest.Deb{loses, wins}, [][]int{{0, 1}}, ""},
	} {
		list, err := newSet(t, merged, tt.debs...).Contested(t.Context(), tt.layered)
		got := ""
		if len(list) == 1 && list[0].Path == "usr/bin/l" {
			got = list[0].Link
		}
		if err != nil || got != tt.want || len(list) > 1 {
			t.Errorf("%v: %v, %v", tt.layered, list, err)
		}
	}
	var overwrite *OverwriteError
	if _, err := newSet(t, merged, loses, link("other", "")).Contested(t.Context(), [][]int{{0}, {1}}); !errors.As(err, &overwrite) {
		t.Errorf("neither replaces the other: %v", err)
	}
}
