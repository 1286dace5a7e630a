package report

import "time"

// Stage is one step on the way of the data, in the order of their first use.
type Stage string

// The stages that events and results name.
const (
	StageBase     Stage = "base"
	StageLock     Stage = "lock"
	StageFetch    Stage = "fetch"
	StageCache    Stage = "cache"
	StagePackages Stage = "packages"
	StageWheels   Stage = "wheels"
	StageLayers   Stage = "layers"
	StageCheck    Stage = "check"
	StageWrite    Stage = "write"
	StagePush     Stage = "push"
	StageSmoke    Stage = "smoke"
	StageSign     Stage = "sign"
	StageRecord   Stage = "record"
	StageTag      Stage = "tag"
)

// Event tells what goes on. Each stage sends one event with Begin, any number
// without, and one with End; notes come at any time.
type Event struct {
	// Scope is what the stage works on where several are worked on at once, a
	// platform as a rule; empty where there is only one.
	Scope string
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

// StageTime is the wall time that one stage took.
type StageTime struct {
	Scope   string  `json:"scope,omitempty"`
	Stage   Stage   `json:"stage"`
	Seconds float64 `json:"seconds"`
}
