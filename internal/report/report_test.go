package report_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/assemble-image/assemble/internal/report"
)

// Two scopes may be in one stage at once: their events, times and notes stay
// apart.
func TestScopes(t *testing.T) {
	var got []report.Event
	r := report.New(func(e report.Event) { got = append(got, e) })
	arm, amd := r.Scope("linux/arm64"), r.Scope("linux/amd64")
	arm.Begin(report.StageLayers, "packing")
	amd.Begin(report.StageLayers, "packing")
	arm.Note(report.StageLayers, "one")
	amd.End(report.StageLayers, "", errors.New("no"))
	arm.End(report.StageLayers, "4 layers", nil)
	if err := r.Stage(report.StageTag, "tagging", func() (string, error) { return "done", nil }); err != nil {
		t.Fatal(err)
	}
	want := []report.Event{
		{Scope: "linux/arm64", Stage: report.StageLayers, Begin: true, Text: "packing"},
		{Scope: "linux/amd64", Stage: report.StageLayers, Begin: true, Text: "packing"},
		{Scope: "linux/arm64", Stage: report.StageLayers, Note: "one"},
		{Scope: "linux/amd64", Stage: report.StageLayers, End: true, Failed: true},
		{Scope: "linux/arm64", Stage: report.StageLayers, End: true, Text: "4 layers"},
		{Stage: report.StageTag, Begin: true, Text: "tagging"},
		{Stage: report.StageTag, End: true, Text: "done"},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(report.Event{}, "Elapsed")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	var times []string
	for _, s := range amd.Timings() {
		times = append(times, s.Scope+" "+string(s.Stage))
	}
	if want := []string{"linux/arm64 layers", "linux/amd64 layers", " tag"}; !slices.Equal(times, want) {
		t.Errorf("times of %q, want %q", times, want)
	}
	if notes := amd.Notes(); !slices.Equal(notes, []string{"one"}) {
		t.Errorf("notes %q", notes)
	}
}

// Parts of a stage add up, also where one begins anew.
func TestMeter(t *testing.T) {
	var got [][2]int64
	r := report.New(func(e report.Event) { got = append(got, [2]int64{e.Done, e.Total}) })
	m := r.Meter(report.StagePush, 0)
	m.Add("a", 10)
	m.Set("a", "", 6)
	m.Add("b", 5)
	m.Add("a", 10) // known
	m.Set("b", "", 5)
	m.Set("a", "", 1) // it began anew
	m.SetTotal(20)
	m.Set("a", "", 10)
	if want := [][2]int64{{6, 10}, {11, 15}, {6, 15}, {15, 20}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// A stage that two things are done in at once is one, with one progress.
func TestPartsOfAStage(t *testing.T) {
	var got []report.Event
	r := report.New(func(e report.Event) { got = append(got, e) })
	a, b := r.Meter(report.StageFetch, 10), r.Meter(report.StageFetch, 5)
	r.Begin(report.StageFetch, "one")
	a.Set("x", "x", 4)
	r.Begin(report.StageFetch, "two")
	b.Set("x", "y", 3)
	r.End(report.StageFetch, "1 done", nil)
	a.Set("x", "x", 10)
	r.End(report.StageFetch, "2 done", nil)
	r.Begin(report.StageFetch, "anew")
	a.Set("x", "x", 9)
	r.End(report.StageFetch, "", errors.New("no"))
	want := []report.Event{
		{Stage: report.StageFetch, Begin: true, Text: "one"},
		{Stage: report.StageFetch, Text: "x", Done: 4, Total: 15},
		{Stage: report.StageFetch, Text: "two", Done: 4, Total: 15},
		{Stage: report.StageFetch, Text: "y", Done: 7, Total: 15},
		{Stage: report.StageFetch, Text: "x", Done: 13, Total: 15},
		{Stage: report.StageFetch, End: true, Text: "1 done; 2 done"},
		{Stage: report.StageFetch, Begin: true, Text: "anew"},
		{Stage: report.StageFetch, Text: "x", Done: 9, Total: 10},
		{Stage: report.StageFetch, End: true, Failed: true},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(report.Event{}, "Elapsed")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestText(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 999_949: "999.9 kB", 999_950: "1.0 MB", 1<<63 - 1: "9.2 EB", 475_212_345: "475.2 MB", 3_956_000_000: "4.0 GB"} {
		if got := report.Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
	if got := report.Count(1, "layer") + " " + report.Count(0, "layer"); got != "1 layer 0 layers" {
		t.Error(got)
	}
	if got := report.List([]string{"a", "b", "c", "d", "e", "f", "g"}); got != "a, b, c, d, e and 2 more" {
		t.Error(got)
	}
	if got := report.List([]string{"a", "b", "c", "d", "e", "f"}); got != "a, b, c, d, e, f" {
		t.Error(got)
	}
}
