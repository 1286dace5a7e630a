package main

import (
	"os"
	"path/filepath"
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

// TestVerboseOnATerminal holds that --verbose leaves a line of each step above
// the lines that are redrawn, and that nothing is left of them without it.
func TestVerboseOnATerminal(t *testing.T) {
	for _, verbose := range []bool{true, false} {
		f, err := os.Create(filepath.Join(t.TempDir(), "terminal"))
		if err != nil {
			t.Fatal(err)
		}
		u := newLiveUI(f, verbose)
		for _, e := range []report.Event{
			{Stage: report.StageLayers, Begin: true, Text: "packing 2 layers"},
			{Stage: report.StageLayers, Text: "torch", Done: 1, Total: 10},
			{Stage: report.StageLayers, Text: "numpy", Done: 2, Total: 10},
			{Stage: report.StageLayers, Text: "torch", Done: 5, Total: 10},
			{Stage: report.StageLayers, End: true, Text: "2 layers"},
		} {
			u.event(e)
		}
		u.close()
		text, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for step, want := range map[string]int{"packing 2 layers": 1, "torch": 1, "numpy": 1, "2 layers": 1} {
			if !verbose && step != "2 layers" {
				want = 0
			}
			if got := strings.Count(string(text), "\x1b[Jlayers "+step+"\n"); got != want {
				t.Errorf("verbose %v: %q stays %d times, want %d in %q", verbose, step, got, want, text)
			}
		}
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
