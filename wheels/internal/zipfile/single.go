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
	l, err := ReadListing(r, size, lim)
	if err != nil {
		return nil, err
	}
	i, err := pick(l.Entries)
	if err != nil {
		return nil, err
	}
	return l.Read(i, limit)
}

// Listing is an archive of which only the central directory was read.
type Listing struct {
	Entries []Entry

	r   io.ReaderAt
	end int64 // of the entries
}

// ReadListing reads the central directory of an archive, for a look ahead as with
// [ReadSingle].
func ReadListing(r io.ReaderAt, size int64, lim Limits) (*Listing, error) {
	entries, d, err := readDirectory(r, size, lim.fill())
	if err != nil {
		return nil, err
	}
	return &Listing{entries, r, d.offset}, nil
}

// Archive returns the listing as an archive, none of whose content can be read.
func (l *Listing) Archive() *Archive { return &Archive{Entries: l.Entries} }

// Read returns the content of the entry with that index, of limit bytes at most.
func (l *Listing) Read(i int, limit int64) ([]byte, error) {
	e, next := &l.Entries[i], l.end
	for k := range l.Entries {
		if at := l.Entries[k].HeaderOffset; at > e.HeaderOffset {
			next = min(next, at)
		}
	}
	if err := e.checkLocal(&window{r: l.r, end: l.end}, next); err != nil {
		return nil, fmt.Errorf("entry %q: %w", e.Name, err)
	}
	return (&Archive{r: l.r}).ReadAll(e, limit)
}
