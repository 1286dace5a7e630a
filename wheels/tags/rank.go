package tags

// Unsupported is the rank of a wheel that a target can't install.
const Unsupported = -1

// Index finds the rank of a tag on a ladder. Build it once with [NewIndex].
type Index map[Tag]int

// NewIndex returns the index of a ladder as [Ladder] made it.
func NewIndex(ladder []Tag) Index {
	index := make(Index, len(ladder))
	for rank, tag := range ladder {
		if _, found := index[tag]; !found {
			index[tag] = rank
		}
	}
	return index
}

// Rank returns the best rank among a wheel's tags: 0 is the top of the ladder,
// [Unsupported] means that none is on it.
func (x Index) Rank(tags []Tag) int {
	best := Unsupported
	for _, tag := range tags {
		if rank, found := x[tag]; found && (best == Unsupported || rank < best) {
			best = rank
		}
	}
	return best
}

// Rank is [Index.Rank] as a function.
func Rank(tags []Tag, index Index) int { return index.Rank(tags) }
