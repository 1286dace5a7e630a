package pipeline

import (
	"math"
	"testing"

	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/layers"
)

// Progress is a share of the planned bytes, however large a layer is.
func TestPackMeterOfLargeLayers(t *testing.T) {
	for _, tc := range []struct{ planned, done, total, want int64 }{
		{100, 50, 200, 25},
		{100, 300, 200, 100},
		{3 << 30, 5 << 30, 6 << 30, 5 << 29},
		{4 << 30, 1, 8 << 30, 0},
		{math.MaxInt64, math.MaxInt64 - 1, math.MaxInt64, math.MaxInt64 - 1},
		{0, 5 << 30, 6 << 30, 0},
	} {
		var got []int64
		r := report.New(func(e report.Event) { got = append(got, e.Done) })
		m := newPackMeter(r, []layers.Spec{{Size: tc.planned}})
		m.event(layers.Event{Kind: layers.EventPacking, Bytes: tc.done, Total: tc.total})
		if len(got) != 1 || got[0] != tc.want {
			t.Errorf("%d of %d unpacked, %d packed: %d, want %d", tc.done, tc.total, tc.planned, got, tc.want)
		}
	}
}
