package pipeline

import (
	"sync"
	"time"
)

// Stage is one step on the way of the data, in the order of their first use.
type Stage string

// The stages that events and results name.
const (
	StageBase   Stage = "base"
	StageLock   Stage = "lock"
	StageFetch  Stage = "fetch"
	StageWheels Stage = "wheels"
	StageLayers Stage = "layers"
	StageWrite  Stage = "write"
	StagePush   Stage = "push"
	StageSmoke  Stage = "smoke"
	StageSign   Stage = "sign"
	StageTag    Stage = "tag"
)

// Event tells what goes on. Each stage sends one event with Begin, any number
// without, and one with End; notes come at any time.
type Event struct {
	Stage Stage
	Begin bool
	End   bool
	// Text says what the stage is about (Begin), is doing, or has found (End).
	Text string
	// Note is something the user should know that is no error.
	Note string
	// Done and Total count bytes; Total is 0 where it isn't known.
	Done, Total int64
	// Elapsed is the stage's time (End).
	Elapsed time.Duration
	// Failed says that the stage ended in an error (End).
	Failed bool
}

// reporter turns what the rooms report into events of one stage, and keeps
// the stage's time for the result. It is safe for concurrent use.
type reporter struct {
	sink func(Event)
	now  func() time.Time
	made time.Time

	mu    sync.Mutex
	order []Stage
	begun map[Stage]time.Time
	times map[Stage]time.Duration
	notes []string
}

func newReporter(sink func(Event)) *reporter {
	if sink == nil {
		sink = func(Event) {}
	}
	return &reporter{sink: sink, now: time.Now, made: time.Now(), begun: map[Stage]time.Time{}, times: map[Stage]time.Duration{}}
}

// stage runs f as the named stage; f returns the text for its end.
func (r *reporter) stage(s Stage, text string, f func() (string, error)) error {
	r.begin(s, text)
	end, err := f()
	r.end(s, end, err)
	return err
}

func (r *reporter) begin(s Stage, text string) {
	r.mu.Lock()
	if _, ok := r.begun[s]; !ok {
		r.order = append(r.order, s)
	}
	r.begun[s] = r.now()
	r.mu.Unlock()
	r.sink(Event{Stage: s, Begin: true, Text: text})
}

func (r *reporter) end(s Stage, text string, err error) {
	r.mu.Lock()
	d := r.now().Sub(r.begun[s])
	r.times[s] += d
	r.mu.Unlock()
	r.sink(Event{Stage: s, End: true, Text: text, Elapsed: d, Failed: err != nil})
}

func (r *reporter) progress(s Stage, text string, done, total int64) {
	r.sink(Event{Stage: s, Text: text, Done: done, Total: total})
}

func (r *reporter) note(s Stage, text string) {
	r.mu.Lock()
	r.notes = append(r.notes, text)
	r.mu.Unlock()
	r.sink(Event{Stage: s, Note: text})
}

// timings returns each stage's seconds, in the order they began.
func (r *reporter) timings() []StageTime {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]StageTime, 0, len(r.order))
	for _, s := range r.order {
		out = append(out, StageTime{Stage: s, Seconds: r.times[s].Seconds()})
	}
	return out
}

// elapsed is the time since the run began.
func (r *reporter) elapsed() time.Duration { return r.now().Sub(r.made) }

// noted returns the notes given so far.
func (r *reporter) noted() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.notes...)
}

// StageTime is the wall time that one stage took.
type StageTime struct {
	Stage   Stage   `json:"stage"`
	Seconds float64 `json:"seconds"`
}
