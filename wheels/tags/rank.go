package tags

// Unsupported is the rank of a wheel that a target can't install.
const Unsupported = -1

// Index finds the rank of a tag: its place in a target's list of supported
// tags. Build it once with [NewIndex].
type Index map[Tag]int

// NewIndex returns the index of the tags that [Supported] returned.
func NewIndex(supported []Tag) Index {
	index := make(Index, len(supported))
	for rank, tag := range supported {
		if _, found := index[tag]; !found {
			index[tag] = rank
		}
	}
	return index
}

// Rank returns the best rank among a wheel's tags: 0 is the tag that the target
// prefers, [Unsupported] means that it supports none of them.
func (x Index) Rank(tags []Tag) int {
	best := Unsupported
	for _, tag := range tags {
		if rank, found := x[tag]; found && (best == Unsupported || rank < best) {
			best = rank
		}
	}
	return best
}
