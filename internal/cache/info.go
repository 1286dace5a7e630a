package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// Info describes a cache.
type Info struct {
	// Dir is the cache's directory.
	Dir string `json:"dir"`
	// Entries and Bytes are all that is kept; Files counts the entries that
	// are files.
	Entries int   `json:"entries"`
	Files   int   `json:"files"`
	Bytes   int64 `json:"bytes"`
	// MaxBytes is the bound, less than 0 for none.
	MaxBytes int64 `json:"maxBytes"`
	// Kinds counts the entries by kind.
	Kinds map[string]Kind `json:"kinds"`
	// Oldest and Newest are the times of last use, to the hour.
	Oldest time.Time `json:"oldest,omitzero"`
	Newest time.Time `json:"newest,omitzero"`
}

// Kind sums up the entries of one kind.
type Kind struct {
	Entries int   `json:"entries"`
	Bytes   int64 `json:"bytes"`
}

// Info looks through the cache. Damaged records count among the entries, but
// have no kind.
func (c *Cache) Info() (Info, error) {
	if c == nil {
		return Info{}, nil
	}
	info := Info{Dir: c.dir, MaxBytes: c.opt.MaxBytes, Kinds: map[string]Kind{}}
	items, err := c.list()
	if err != nil {
		return Info{}, fmt.Errorf("listing the cache %q: %w", c.dir, err)
	}
	for _, it := range items {
		info.Entries++
		info.Bytes += it.size
		if info.Oldest.IsZero() || it.used.Before(info.Oldest) {
			info.Oldest = it.used
		}
		if it.used.After(info.Newest) {
			info.Newest = it.used
		}
		r, _, err := c.read(it.name, wholeRecord)
		switch {
		case errors.Is(err, errDamaged), errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return Info{}, fmt.Errorf("reading the cache %q: %w", c.dir, err)
		}
		if r.typ == typeFile {
			info.Files++
		}
		k := info.Kinds[r.kind]
		k.Entries++
		k.Bytes += it.size
		info.Kinds[r.kind] = k
	}
	return info, nil
}
