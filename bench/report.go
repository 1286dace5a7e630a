package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// report is what out/bench.json holds.
type report struct {
	Machine machine     `json:"machine"`
	Runs    int         `json:"runs"`
	Wheels  int         `json:"wheels"`
	Bytes   int64       `json:"bytes"` // of the wheels
	Rows    []row       `json:"rows"`
	Extra   []row       `json:"extra"`
	Spread  []spreadRow `json:"spread"`
	Groups  int         `json:"groups"`           // layers that the spread was computed for
	Stages  []stage     `json:"stages,omitempty"` // of the cold push
}

// stage is a part of `assemble push`; some overlap.
type stage struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"` // the median
}

func newReport(m *measurement, host machine) (*report, error) {
	s, got := m.settings, m.samples
	items, err := wheelItems(s.wheels)
	if err != nil {
		return nil, err
	}
	r := &report{Machine: host, Runs: s.runs, Wheels: len(items)}
	for _, it := range items {
		r.Bytes += it.Size
	}
	got.add(wheelBytes, float64(r.Bytes))
	lockPromised, lockInformative := lockRows()
	r.Rows = fill(slices.Concat(promised, lockPromised), s, got)
	r.Extra = fill(slices.Concat(informative, lockInformative), s, got)
	for _, name := range m.stages {
		r.Stages = append(r.Stages, stage{name, median(got[stagePrefix+series(name)])})
	}
	r.Spread, r.Groups, err = spread(s.wheels)
	return r, err
}

// The files that a report is written to.
const (
	jsonFile   = "bench.json"
	tableFile  = "bench.md"
	chartFile  = "bench.svg"
	spreadFile = "spread.md"
)

func readReport(dir string) (*report, error) {
	name := filepath.Join(dir, jsonFile)
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	r := &report{}
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("reading %q: %w", name, err)
	}
	return r, nil
}

// write writes JSON, table and chart into dir.
func (r *report) write(dir string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, jsonFile), append(b, '\n'), 0o644); err != nil {
		return err
	}
	return r.draw(dir)
}

// draw writes table and chart into dir.
func (r *report) draw(dir string) error {
	for name, content := range map[string]string{tableFile: r.markdown(), chartFile: r.chart(), spreadFile: r.spreadMarkdown()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}
