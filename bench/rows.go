package main

import (
	"fmt"
	"strings"
)

// row is one line of the table: what was measured, against what, and what is
// to be reached.
type row struct {
	What    string    `json:"what"`
	Unit    unit      `json:"unit"`
	Ours    []float64 `json:"ours,omitempty"`
	Against string    `json:"against,omitempty"`
	Theirs  []float64 `json:"theirs,omitempty"`
	// Ratio is how many times the other's ours may be, Below what our median
	// must be under; 0 means that there is no such bound.
	Ratio float64 `json:"maxRatio,omitempty"`
	Below float64 `json:"below,omitempty"`
	// Skipped says why it was not measured.
	Skipped string `json:"skipped,omitempty"`
}

type unit string

const (
	seconds   unit = "s"
	byteCount unit = "bytes"
)

func (r *row) ours() float64   { return median(r.Ours) }
func (r *row) theirs() float64 { return median(r.Theirs) }

// ratio is how many times the other's figure ours is: the median of the
// rounds' ratios. What runs in one round meets the same machine, where a
// later round may meet a slower disk.
func (r *row) ratio() float64 {
	if len(r.Ours) != len(r.Theirs) {
		return r.ours() / r.theirs()
	}
	ratios := make([]float64, len(r.Ours))
	for i := range ratios {
		ratios[i] = r.Ours[i] / r.Theirs[i]
	}
	return median(ratios)
}

// holds reports whether all that is to be reached is reached.
func (r *row) holds() bool {
	return r.Skipped == "" && (r.Ratio == 0 || r.ratio() <= r.Ratio) && (r.Below == 0 || r.ours() < r.Below)
}

// goal is what is to be reached, in words.
func (r *row) goal() string {
	switch {
	case r.Ratio > 0 && r.Ratio < 1:
		return fmt.Sprintf("≤ 1/%.0f", 1/r.Ratio)
	case r.Ratio > 0:
		return fmt.Sprintf("≤ %g×", r.Ratio)
	case r.Below > 0:
		return "< " + r.Unit.format(r.Below)
	}
	return ""
}

func (u unit) format(v float64) string {
	switch {
	case u == seconds && v < 1:
		return fmt.Sprintf("%.3f s", v)
	case u == seconds:
		return fmt.Sprintf("%.2f s", v)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", v/1e6), ".0") + " MB"
}

// plannedRow is a row before it is measured.
type plannedRow struct {
	row
	part         string // of the measurement
	ours, theirs series
}

// promised are the rows that this project promises to reach.
var promised = []plannedRow{
	{row{What: "cold push", Unit: seconds, Against: "uv pip install, tar, crane append", Ratio: 1.0 / 8}, "rival", coldPush, rivalAll},
	{row{What: "packing alone", Unit: seconds, Against: "the limit: inflate, SHA-256 of both sides", Ratio: 1.3}, "pack", packBuild, limitOwn},
	{row{What: "bytes of layers", Unit: byteCount, Against: "bytes of wheels", Ratio: 1.005}, "push", layerBytes, wheelBytes},
	{row{What: "push again, nothing changed", Unit: seconds, Below: 0.05}, "again", again, ""},
	{row{What: "push again, nothing changed, signed", Unit: seconds, Below: 0.05}, "again", againSigned, ""},
	{row{What: "push again, one app file changed", Unit: seconds, Below: 0.3}, "again", againChanged, ""},
	{row{What: "cold push, peak memory", Unit: byteCount, Below: 128e6}, "push", coldPeak, ""},
	{row{What: "cold push, twice the wheels", Unit: seconds, Against: "once the wheels", Ratio: 2.1}, "twice", twicePush, coldPush},
	{row{What: "twice the wheels, peak memory", Unit: byteCount, Against: "once the wheels", Ratio: 1.1, Below: 128e6}, "twice", twicePeak, coldPeak},
	{row{What: "containerd pulls and unpacks it", Unit: seconds, Against: "crane append's image", Ratio: 1.05}, "pull", pullOurs, pullRival},
	{row{What: "fetching the wheels", Unit: seconds, Against: "pip download", Ratio: 1}, "fetch", fetchOurs, fetchPip},
	{row{What: "fetching, peak memory", Unit: byteCount, Against: "pip download", Below: 128e6}, "fetch", fetchPeak, fetchPipPeak},
	{row{What: "check again, nothing changed", Unit: seconds, Below: 1}, "look", checkWarm, ""},
	{row{What: "plan again, nothing changed", Unit: seconds, Below: 1}, "look", planWarm, ""},
	{row{What: "OpenCV's 42 Debian packages to layers", Unit: seconds, Against: "dpkg-deb -x, tar, pigz -6", Ratio: 1.0 / 2}, "debs", debsOurs, debsRival},
	{row{What: "packages to layers, peak memory", Unit: byteCount, Below: 128e6}, "debs", debsPeak, ""},
	{row{What: "packages, added to a push with nothing new", Unit: seconds, Below: 0.2}, "debs", debsAdded, ""},
	{row{What: "lock of packages, lists cached", Unit: seconds, Against: "apt-get --print-uris, same packages", Below: 2}, "debs", debsLocked, debsApt},
}

// informative are rows that nothing hangs on.
var informative = []plannedRow{
	{row{What: "cold push", Unit: seconds, Against: "uv pip install alone, no image"}, "rival", coldPush, rivalInstall},
	{row{What: "cold push, CPU time", Unit: seconds, Against: "uv, tar, crane: CPU time"}, "rival", coldCPU, rivalCPU},
	{row{What: "packing alone", Unit: seconds, Against: "the limit with klauspost/compress"}, "pack", packBuild, limitKlaus},
	{row{What: "packing, wheels hashed and checked first", Unit: seconds, Against: "the limit"}, "pack", packAll, limitOwn},
	{row{What: "push again, signed for the first time", Unit: seconds}, "again", signingAnew, ""},
	{row{What: "fetching, CPU time", Unit: seconds, Against: "pip download: CPU time"}, "fetch", fetchCPU, fetchPipCPU},
	{row{What: "lock of packages, lists cached: CPU time", Unit: seconds, Against: "apt-get --print-uris: CPU time"}, "debs", debsLockCPU, debsAptCPU},
}

// fill gives the rows their figures.
func fill(planned []plannedRow, s *settings, got samples) []row {
	rows := make([]row, len(planned))
	for i, p := range planned {
		rows[i] = p.row
		rows[i].Ours, rows[i].Theirs = got[p.ours], got[p.theirs]
		if len(got[p.ours]) == 0 || p.theirs != "" && len(got[p.theirs]) == 0 {
			rows[i].Ours, rows[i].Theirs, rows[i].Skipped = nil, nil, s.why(p.part)
		}
	}
	return rows
}
