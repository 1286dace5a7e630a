package report

import "slices"

// Meter adds up the progress of parts that are done at once and reports the
// sum as that of one stage, together with the stage's other meters. It is safe
// for concurrent use.
type Meter struct {
	report *Reporter
	stage  *stage

	// Under the log's lock:
	done       map[string]int64
	sum, total int64
}

// Meter returns a meter of the stage with a total in bytes, 0 if that isn't
// known yet. It counts until the stage ends.
func (r *Reporter) Meter(s Stage, total int64) *Meter {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	m := &Meter{report: r, stage: r.stage(s), done: map[string]int64{}, total: total}
	m.stage.meters = append(m.stage.meters, m)
	return m
}

// Add makes a part known with its total, where totals are known part by part;
// again for the same part it does nothing.
func (m *Meter) Add(part string, total int64) {
	m.report.log.mu.Lock()
	defer m.report.log.mu.Unlock()
	if _, known := m.done[part]; !known {
		m.done[part] = 0
		m.total += total
	}
}

// SetTotal sets the bytes of all parts together.
func (m *Meter) SetTotal(n int64) {
	m.report.log.mu.Lock()
	m.total = n
	m.report.log.mu.Unlock()
}

// Set says that done bytes of a part are finished, and reports the sum; text
// says what is being done.
func (m *Meter) Set(part, text string, done int64) {
	m.report.log.mu.Lock()
	m.sum += done - m.done[part]
	m.done[part] = done
	if !slices.Contains(m.stage.meters, m) { // the stage has begun anew
		m.stage.meters = append(m.stage.meters, m)
	}
	sum, total := m.stage.progress()
	m.report.log.mu.Unlock()
	m.report.Progress(m.stage.name, text, sum, total)
}

// progress adds the meters up; the log is locked.
func (s *stage) progress() (sum, total int64) {
	for _, m := range s.meters {
		sum, total = sum+m.sum, total+m.total
	}
	return sum, total
}
