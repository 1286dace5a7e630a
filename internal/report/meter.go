package report

import "sync"

// Meter adds up the progress of parts that are done at once and reports the
// sum as that of one stage. It is safe for concurrent use.
type Meter struct {
	report *Reporter
	stage  Stage

	mu         sync.Mutex
	done       map[string]int64
	sum, total int64
}

// Meter returns a meter of the stage with a total in bytes, 0 if that isn't
// known yet.
func (r *Reporter) Meter(s Stage, total int64) *Meter {
	return &Meter{report: r, stage: s, done: map[string]int64{}, total: total}
}

// Add makes a part known with its total, where totals are known part by part;
// again for the same part it does nothing.
func (m *Meter) Add(part string, total int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.done[part]; !known {
		m.done[part] = 0
		m.total += total
	}
}

// SetTotal sets the bytes of all parts together.
func (m *Meter) SetTotal(n int64) {
	m.mu.Lock()
	m.total = n
	m.mu.Unlock()
}

// Set says that done bytes of a part are finished, and reports the sum; text
// says what is being done.
func (m *Meter) Set(part, text string, done int64) {
	m.mu.Lock()
	m.sum += done - m.done[part]
	m.done[part] = done
	sum, total := m.sum, m.total
	m.mu.Unlock()
	m.report.Progress(m.stage, text, sum, total)
}
