package pipeline

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"sync"

	"github.com/assemble-image/assemble/internal/cache"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/layers"
)

// packMeter adds up the progress of layers that are packed at once, and counts
// those that were known.
type packMeter struct {
	report *report.Reporter
	meter  *report.Meter
	totals []int64

	mu     sync.Mutex
	cached int
}

func newPackMeter(r *report.Reporter, specs []layers.Spec) *packMeter {
	m := &packMeter{report: r, totals: make([]int64, len(specs))}
	var total int64
	for i, s := range specs {
		m.totals[i] = s.Size
		total += s.Size
	}
	m.meter = r.Meter(report.StageLayers, total)
	return m
}

func (m *packMeter) event(e layers.Event) {
	part := strconv.Itoa(e.Index)
	switch e.Kind {
	case layers.EventNote:
		if !errors.Is(e.Err, cache.ErrNoted) {
			m.report.Note(report.StageLayers, fmt.Sprintf("%s: %v", e.Name, e.Err))
		}
	case layers.EventPacking:
		// Layers are planned in packed bytes and packed in unpacked ones.
		if e.Total > 0 {
			m.meter.Set(part, e.Name, share(m.totals[e.Index], e.Bytes, e.Total))
		}
	case layers.EventPacked, layers.EventCached:
		if e.Kind == layers.EventCached {
			m.mu.Lock()
			m.cached++
			m.mu.Unlock()
		}
		m.meter.Set(part, e.Name, m.totals[e.Index])
	default:
	}
}

// share is done/total of n, none of which may be negative. The product of two
// sizes of some gigabytes is more than 64 bits hold.
func share(n, done, total int64) int64 {
	hi, lo := bits.Mul64(uint64(max(n, 0)), uint64(min(max(done, 0), total)))
	part, _ := bits.Div64(hi, lo, uint64(total)) // done ≤ total, so that it is n at most
	return int64(part)
}

// summary is the stage's last line: "40 layers, 38 of them known"; taken are
// those that nobody packs.
func (m *packMeter) summary(made []*layers.Layer, taken int) (string, error) {
	var bytes int64
	for _, l := range made {
		n, err := l.Size()
		if err != nil {
			return "", fmt.Errorf("reading the size of layer %q: %w", l.Name(), err)
		}
		bytes += n
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	text := report.Count(len(made), "layer") + ", " + report.Bytes(bytes)
	if m.cached > 0 {
		text += fmt.Sprintf(", %d of them unchanged", m.cached)
	}
	if taken > 0 {
		text += fmt.Sprintf("; %d more are in the registry", taken)
	}
	return text, nil
}
