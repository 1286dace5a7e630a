package layers

// EstimateSize returns about how many bytes entries have in a layer: those of
// their contents, packed where they are packed already.
func EstimateSize(entries []Entry) int64 {
	var n int64
	for i := range entries {
		e := &entries[i]
		if e.Slice != nil {
			n += e.Slice.Length
		} else {
			n += e.Size
		}
	}
	return n
}
