package zipfile

import (
	"fmt"
	"io"
)

// ReadSingle returns the content of one entry, of limit bytes at most. It reads
// the central directory, which pick chooses from by index, and that entry: for
// archives on the far side of a network. What [Read] finds out about the other
// entries' content and their local headers it leaves unknown, so that this is
// for a look ahead, not for what will be installed.
func ReadSingle(r io.ReaderAt, size int64, lim Limits, pick func([]Entry) (int, error), limit int64) ([]byte, error) {
	entries, d, err := readDirectory(r, size, lim.fill())
	if err != nil {
		return nil, err
	}
	i, err := pick(entries)
	if err != nil {
		return nil, err
	}
	e, next := &entries[i], d.offset
	for k := range entries {
		if at := entries[k].HeaderOffset; at > e.HeaderOffset {
			next = min(next, at)
		}
	}
	if err := e.checkLocal(&window{r: r, end: d.offset}, next); err != nil {
		return nil, fmt.Errorf("entry %q: %w", e.Name, err)
	}
	return (&Archive{r: r}).ReadAll(e, limit)
}
