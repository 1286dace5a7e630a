package smoke

import (
	"sync"
)

// A Stage is a part of a run.
type Stage string

// The stages of a run, in order.
const (
	StageSweep   Stage = "sweep"   // removing leftovers of killed runs
	StageIngest  Stage = "ingest"  // writing blobs into the content store
	StageUnpack  Stage = "unpack"  // unpacking layers
	StageStart   Stage = "start"   // starting the container
	StageProbe   Stage = "probe"   // waiting for the container to become healthy
	StageStay    Stage = "stay"    // watching whether the container stays up
	StageCommand Stage = "command" // running the command
	StageImport  Stage = "import"  // importing modules
	StageStop    Stage = "stop"    // stopping the container
	StageCleanup Stage = "cleanup" // removing everything the run created
)

// An Event reports the progress of a stage.
type Event struct {
	Stage Stage
	Item  string // the layer digest, URL or module concerned; may be empty
	Done  int64  // bytes (ingest), layers (unpack), attempts (probe), modules (import)
	Total int64  // the final value of Done; 0 if unknown
}

// serialized wraps a callback so that it runs in one goroutine at a time; nil
// becomes a no-op.
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
