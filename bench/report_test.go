package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0},
		{[]float64{3}, 3},
		{[]float64{9, 1, 4}, 4},
		{[]float64{4, 1, 9, 2}, 2},
	} {
		if got := median(tt.values); got != tt.want {
			t.Errorf("median(%v) = %v, not %v", tt.values, got, tt.want)
		}
	}
}

func TestHolds(t *testing.T) {
	for _, tt := range []struct {
		name string
		row  row
		want bool
	}{
		{"ratio reached", row{Ours: []float64{6}, Theirs: []float64{48}, Ratio: 1.0 / 8}, true},
		{"ratio missed", row{Ours: []float64{6.1}, Theirs: []float64{48}, Ratio: 1.0 / 8}, false},
		{"below", row{Ours: []float64{0.19}, Below: 0.2}, true},
		{"not below", row{Ours: []float64{0.2}, Below: 0.2}, false},
		{"both, one missed", row{Ours: []float64{130e6}, Theirs: []float64{130e6}, Ratio: 1.1, Below: 128e6}, false},
		{"skipped", row{Below: 1, Skipped: "no root"}, false},
	} {
		if got := tt.row.holds(); got != tt.want {
			t.Errorf("%s: holds = %v", tt.name, got)
		}
	}
}

// sample is a report with a row of each kind.
func sample() *report {
	s := &settings{noPull: "containerd takes root", only: map[string]bool{}}
	got := samples{
		coldPush: {6, 7, 5}, rivalAll: {50, 60, 45}, rivalInstall: {9}, packBuild: {2}, limitOwn: {1},
		layerBytes: {100e6}, wheelBytes: {100e6}, again: {0.04}, againChanged: {0.4}, coldPeak: {64e6},
		twicePush: {12}, twicePeak: {65e6}, fetchOurs: {4}, fetchPip: {3.9}, fetchPeak: {45e6}, fetchPipPeak: {63e6},
	}
	return &report{
		Machine: machine{OS: "linux/amd64", CPU: "A <fast> one", Cores: 2, Go: "go1.26"}, Runs: 3, Wheels: 2, Bytes: 100e6,
		Rows: fill(promised, s, got), Extra: fill(informative, s, got),
		Spread: []spreadRow{{Update: "h11", Wheel: 37e3, Grouped: 1e6, One: 100e6, Each: 37e3}}, Groups: 2,
	}
}

func TestTable(t *testing.T) {
	want := []string{
		"| cold push | 6.00 s | uv pip install, tar, crane append | 50.00 s | 0.117 | ≤ 1/8 | yes |",
		"| packing alone | 2.00 s | the limit: inflate, SHA-256 of both sides | 1.00 s | 2.000 | ≤ 1.3× | NO |",
		"| push again, one app file changed | 0.400 s |  |  |  | < 0.300 s | NO |",
		"| fetching the wheels | 4.00 s | pip download | 3.90 s | 1.026 | ≤ 1× | NO |",
		"| fetching, peak memory | 45 MB | pip download | 63 MB | 0.714 | < 128 MB | yes |",
		"| containerd pulls and unpacks it | skipped: containerd takes root | crane append's image |  |  | ≤ 1.05× |  |",
	}
	got := sample().markdown()
	for _, line := range want {
		if !strings.Contains(got, line+"\n") {
			t.Errorf("no line %q in\n%s", line, got)
		}
	}
}

// TestChart holds the chart to be XML, to stay within its width, to show what
// was measured and nothing else, and to be the same each time.
func TestChart(t *testing.T) {
	chart := sample().chart()
	if again := sample().chart(); again != chart {
		t.Error("the same report gave another chart")
	}
	bars := map[string]int{}
	d := xml.NewDecoder(strings.NewReader(chart))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "rect" {
			bars[e.Attr[0].Value]++
		}
	}
	if diff := cmp.Diff(map[string]int{"paper": 1, "ours": 7, "missed": 3, "theirs": 7, "room": 3}, bars); diff != "" {
		t.Errorf("bars (-want +got):\n%s", diff)
	}
	if strings.Contains(chart, "containerd pulls") {
		t.Error("a row that was skipped is in the chart")
	}
}

// TestDocs writes a report and puts it into a page twice.
func TestDocs(t *testing.T) {
	out, docs := t.TempDir(), t.TempDir()
	if err := sample().write(out); err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(docs, "performance.md")
	text := "before\n<!-- figures: x -->\nold\n<!-- end of figures -->\nbetween\n<!-- updates: y -->\n<!-- end of updates -->\nafter\n"
	if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var got []string
	for range 2 {
		if err := docsVerb(t.Context(), []string{out, docs}); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(b))
	}
	if got[0] != got[1] {
		t.Error("the second time gave another page")
	}
	want := "before\n<!-- figures: x -->\n\n" + sample().markdown() + "\n<!-- end of figures -->\nbetween\n<!-- updates: y -->\n\n" +
		sample().spreadMarkdown() + "\n<!-- end of updates -->\nafter\n"
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("page (-want +got):\n%s", diff)
	}
	if _, err := replaceBetween("no marks", "figures", ""); err == nil {
		t.Error("a page without marks was accepted")
	}
}
