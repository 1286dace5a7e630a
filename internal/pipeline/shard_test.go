package pipeline

import (
	"fmt"
	"slices"
	"testing"

	"github.com/assemble-image/assemble/internal/contents"
)

// planned are layers like those of a lock: a few large wheels, many small ones, some
// of them of the same size.
func planned() []contents.Layer {
	var list []contents.Layer
	for i := range 30 {
		list = append(list, contents.Layer{
			Kind: contents.KindWheels, Size: int64(1+i*i*i/50) << 12, Wheels: []string{fmt.Sprintf("project%d-1.%d-py3-none-any.whl", i, i)},
		})
	}
	return list
}

func TestAssign(t *testing.T) {
	list := planned()
	var total, largest int64
	for _, l := range list {
		total, largest = total+l.Size, max(largest, l.Size)
	}
	for n := 1; n <= 12; n++ {
		got := assign(list, n)
		load := make([]int64, n)
		for i, s := range got {
			load[s] += list[i].Size
		}
		share := total / int64(n)
		if heaviest := slices.Max(load); heaviest > share+share/slack+largest {
			t.Errorf("n=%d: the heaviest shard has %d, a share is %d", n, heaviest, share)
		}
	}
}

// TestAssignAnyOrder holds that the order in which layers are planned doesn't
// matter, neither among layers of one size.
func TestAssignAnyOrder(t *testing.T) {
	equal := planned()
	for i := range equal {
		equal[i].Size = 1 << 20
	}
	for name, list := range map[string][]contents.Layer{"sizes": planned(), "one size": equal} {
		reversed := slices.Clone(list)
		slices.Reverse(reversed)
		for n := 1; n <= 12; n++ {
			again := assign(reversed, n)
			slices.Reverse(again)
			if !slices.Equal(assign(list, n), again) {
				t.Errorf("%s, n=%d: another order gives other shards", name, n)
			}
		}
	}
}

// TestAssignIsStable holds that little moves when one wheel is updated, and that
// one more shard leaves most layers where they are.
func TestAssignIsStable(t *testing.T) {
	list := planned()
	for n := 2; n <= 8; n++ {
		before := assign(list, n)
		for i := range list {
			changed := slices.Clone(list)
			changed[i].Wheels = []string{fmt.Sprintf("project%d-2.0-py3-none-any.whl", i)}
			changed[i].Size += changed[i].Size / 50
			if m := moved(before, assign(changed, n)); m > len(list)/3 {
				t.Errorf("n=%d: an update of project%d moves %d of %d layers", n, i, m, len(list))
			}
		}
		if m := moved(before, assign(list, n+1)); m > 2*len(list)/3 {
			t.Errorf("from %d shards to %d, %d of %d layers move", n, n+1, m, len(list))
		}
	}
}

func moved(a, b []int) (n int) {
	for i := range a {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}

func TestParseShard(t *testing.T) {
	for text, want := range map[string]Shard{"0/1": {0, 1}, "3/4": {3, 4}, "0/1024": {0, 1024}} {
		if got, err := ParseShard(text); err != nil || got != want {
			t.Errorf("ParseShard(%q) = %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "1", "/", "1/", "/1", "1/1", "4/4", "-1/4", "0/0", "0/-1", "0/1025", "1/2/3", "a/b", "0 /2", "99999999999999999999/2"} {
		if got, err := ParseShard(text); err == nil {
			t.Errorf("ParseShard(%q) = %v", text, got)
		}
	}
}
