package layers

// EventKind tells what an [Event] reports.
type EventKind int

const (
	// EventStarted: the layer's entries are about to be packed.
	EventStarted EventKind = iota
	// EventPacking: Bytes of Total bytes of content are packed.
	EventPacking
	// EventPacked: the layer is ready; Bytes is its compressed size.
	EventPacked
	// EventCached: the layer is ready, from a recipe.
	EventCached
	// EventNote: something went wrong that costs time but changes nothing;
	// Err says what.
	EventNote
)

// Event is a step in [Build].
type Event struct {
	Kind         EventKind
	Index        int    // of the layer's Spec
	Name         string // of the layer
	Bytes, Total int64
	Err          error
}
