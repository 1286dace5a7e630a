package main

import (
	"strings"
	"testing"
	"time"

	"github.com/assemble-image/assemble/internal/report"
)

// TestLine holds that nothing is said of the time that is left while it can't
// be known how much there is to do.
func TestLine(t *testing.T) {
	a := activeStage{Event: report.Event{Stage: report.StagePush, Done: 10e6, Total: 20e6}, begun: time.Now().Add(-5 * time.Second)}
	if got := a.line(100); !strings.Contains(got, "10.0 MB of 20.0 MB · 2.0 MB/s · 5 s left") {
		t.Errorf("got %q", got)
	}
	a.grows = true
	if got := a.line(100); !strings.HasSuffix(got, "10.0 MB of 20.0 MB · 2.0 MB/s") {
		t.Errorf("got %q", got)
	}
}

// TestRows holds that lines which a narrower terminal has broken are counted
// with all of their rows: that many are taken away before drawing anew.
func TestRows(t *testing.T) {
	for _, tt := range []struct {
		lines []int
		width int
		want  int
	}{
		{nil, 80, 0},
		{[]int{79, 0}, 80, 2},
		{[]int{79}, 79, 1},
		{[]int{79, 10}, 40, 3},
		{[]int{79}, 20, 4},
		{[]int{80}, 1, 80},
	} {
		if got := rows(tt.lines, tt.width); got != tt.want {
			t.Errorf("%v in %d cells: got %d rows, want %d", tt.lines, tt.width, got, tt.want)
		}
	}
}
