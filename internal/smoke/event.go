package smoke

import (
	"sync"
)

// A Stage is a part of a run, in the order they happen.
type Stage string

// The stages of a run.
const (
	StageSweep   Stage = "sweep"   // removing what a killed run left behind
	StageIngest  Stage = "ingest"  // writing blobs into the content store
	StageUnpack  Stage = "unpack"  // unpacking layers
	StageStart   Stage = "start"   // starting the container
	StageProbe   Stage = "probe"   // waiting for health
	StageImport  Stage = "import"  // importing modules
	StageStop    Stage = "stop"    // stopping the container
	StageCleanup Stage = "cleanup" // removing all that was made
)

// An Event tells how far a stage is.
type Event struct {
	Stage Stage
	Item  string // the layer's digest, URL or module it is about; may be empty
	Done  int64  // bytes (ingest), layers (unpack), attempts (probe), modules (import)
	Total int64  // what Done runs up to; 0 where unknown
}

// serialized makes a callback that may be called from several goroutines.
func serialized(progress func(Event)) func(Event) {
	if progress == nil {
		return func(Event) {}
	}
	var mu sync.Mutex
	return func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		progress(e)
	}
}
