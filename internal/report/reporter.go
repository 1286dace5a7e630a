package report

import (
	"strings"
	"sync"
	"time"
)

// Reporter sends events to a sink, and keeps the times of stages and the notes
// for the result. It is safe for concurrent use.
type Reporter struct {
	scope string
	log   *log
}

// log is what the reporters of all scopes share.
type log struct {
	sink func(Event)
	made time.Time

	mu     sync.Mutex
	stages []*stage // in the order in which they first began
	notes  []string
}

type stage struct {
	scope string
	name  Stage
	begun time.Time
	took  time.Duration

	// open counts how often it has begun and not ended, ends are the texts of
	// those that have; failed says that one of them did.
	open   int
	ends   []string
	failed bool
	meters []*Meter
}

// New returns a reporter that sends to sink, which is called from several
// goroutines at once; nil is silent.
func New(sink func(Event)) *Reporter {
	if sink == nil {
		sink = func(Event) {}
	}
	return &Reporter{log: &log{sink: sink, made: time.Now()}}
}

// Scope returns a reporter of the same run for one of several things that are
// worked on at once.
func (r *Reporter) Scope(name string) *Reporter { return &Reporter{scope: name, log: r.log} }

// Stage runs f as the named stage; f returns the text for its end.
func (r *Reporter) Stage(s Stage, text string, f func() (string, error)) error {
	r.Begin(s, text)
	end, err := f()
	r.End(s, end, err)
	return err
}

// Begin tells that a stage begins. It may begin again after its end; where it
// begins again before, two parts of one stage are done at once, and its end is
// that of the last of them.
func (r *Reporter) Begin(s Stage, text string) {
	r.log.mu.Lock()
	st := r.stage(s)
	st.open++
	first := st.open == 1
	if first {
		st.begun = time.Now()
	}
	sum, total := st.progress()
	r.log.mu.Unlock()
	if !first {
		r.Progress(s, text, sum, total)
		return
	}
	r.send(Event{Stage: s, Begin: true, Text: text})
}

// End tells that a stage has ended: with a text that sums it up, or in err.
func (r *Reporter) End(s Stage, text string, err error) {
	r.log.mu.Lock()
	st := r.stage(s)
	st.open = max(0, st.open-1)
	if text != "" {
		st.ends = append(st.ends, text)
	}
	st.failed = st.failed || err != nil
	if st.open > 0 {
		r.log.mu.Unlock()
		return
	}
	d := time.Since(st.begun)
	st.took += d
	st.meters = nil
	e := Event{Stage: s, End: true, Text: strings.Join(st.ends, "; "), Elapsed: d, Failed: st.failed}
	st.ends, st.failed = nil, false
	r.log.mu.Unlock()
	r.send(e)
}

// Progress tells how far a stage is, in bytes; a total of 0 is unknown.
func (r *Reporter) Progress(s Stage, text string, done, total int64) {
	r.send(Event{Stage: s, Text: text, Done: done, Total: total})
}

// Note tells something that the user should know and that is no error.
func (r *Reporter) Note(s Stage, text string) {
	r.log.mu.Lock()
	r.log.notes = append(r.log.notes, text)
	r.log.mu.Unlock()
	r.send(Event{Stage: s, Note: text})
}

func (r *Reporter) send(e Event) {
	e.Scope = r.scope
	r.log.sink(e)
}

// stage finds the stage's times, or begins them; the log is locked.
func (r *Reporter) stage(s Stage) *stage {
	for _, st := range r.log.stages {
		if st.name == s && st.scope == r.scope {
			return st
		}
	}
	st := &stage{scope: r.scope, name: s, begun: time.Now()}
	r.log.stages = append(r.log.stages, st)
	return st
}

// Timings returns each stage's seconds, in the order they began.
func (r *Reporter) Timings() []StageTime {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	out := make([]StageTime, 0, len(r.log.stages))
	for _, st := range r.log.stages {
		out = append(out, StageTime{Scope: st.scope, Stage: st.name, Seconds: st.took.Seconds()})
	}
	return out
}

// Elapsed is the time since the run began.
func (r *Reporter) Elapsed() time.Duration { return time.Since(r.log.made) }

// Notes returns the notes so far, of all scopes.
func (r *Reporter) Notes() []string {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	return append([]string(nil), r.log.notes...)
}
