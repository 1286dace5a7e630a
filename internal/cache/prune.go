package cache

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/assemble-image/assemble/internal/osfile"
)

const (
	pruneStamp = "pruned"
	pruneEvery = 6 * time.Hour
)

// Pruned says what went.
type Pruned struct {
	// Entries and Bytes were removed.
	Entries int
	Bytes   int64
	// KeptEntries and KeptBytes are still there.
	KeptEntries int
	KeptBytes   int64
	// Sessions is the number of left-overs of killed runs removed.
	Sessions int
}

// item is an entry as a directory listing shows it.
type item struct {
	name string
	size int64 // of record and file
	used time.Time
	// orphan is a file without a record.
	orphan bool
}

// Prune removes entries unused for longer than maxAge (0: age doesn't matter)
// and keeps, of the others, those used last that fit into maxBytes (less than 0:
// all; 0: none). It also removes what killed runs have left behind.
func (c *Cache) Prune(maxBytes int64, maxAge time.Duration) (Pruned, error) {
	if c == nil {
		return Pruned{}, nil
	}
	p, err := c.prune(maxBytes, maxAge, osfile.WaitLock)
	if err != nil {
		return p, fmt.Errorf("pruning the cache %q: %w", c.dir, err)
	}
	return p, nil
}

func (c *Cache) prune(maxBytes int64, maxAge time.Duration, lock func(*os.File) error) (Pruned, error) {
	var p Pruned
	unlock, err := c.lock(lock)
	if err != nil {
		return p, err
	}
	items, err := c.list()
	if err == nil {
		c.removeOld(items, maxBytes, maxAge, &p)
		p.Sessions, err = c.removeSessions()
	}
	if err == nil {
		err = c.stamp()
	}
	return p, errors.Join(err, unlock())
}

func (c *Cache) removeOld(items []item, maxBytes int64, maxAge time.Duration, p *Pruned) {
	slices.SortFunc(items, func(a, b item) int {
		return cmp.Or(b.used.Compare(a.used), cmp.Compare(a.name, b.name))
	})
	now := time.Now()
	var left int64
	for _, it := range items {
		old := maxAge > 0 && now.Sub(it.used) > maxAge
		full := maxBytes >= 0 && left+it.size > maxBytes
		if it.orphan || old || full {
			c.drop(it.name)
			p.Entries++
			p.Bytes += it.size
			continue
		}
		left += it.size
		p.KeptEntries++
		p.KeptBytes += it.size
	}
}

// list returns all entries, in no particular order.
func (c *Cache) list() ([]item, error) {
	byName := map[string]*item{}
	for _, dir := range []*os.Root{c.records, c.files} {
		entries, err := readDir(dir)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			fi, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, err
			}
			it := byName[e.Name()]
			if it == nil {
				it = &item{name: e.Name(), used: fi.ModTime(), orphan: dir == c.files}
				byName[e.Name()] = it
			}
			it.size += fi.Size()
		}
	}
	items := make([]item, 0, len(byName))
	for _, it := range byName {
		items = append(items, *it)
	}
	return items, nil
}

func readDir(root *os.Root) (_ []fs.DirEntry, err error) {
	d, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return d.ReadDir(-1)
}

// removeSessions removes the temporary files of runs that are gone.
func (c *Cache) removeSessions() (int, error) {
	tmp := filepath.Join(c.dir, tmpDir)
	all, err := lockFile(filepath.Join(tmp, sessionLock), osfile.TryLock)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, osfile.ErrLocked) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return removeStale(tmp, time.Now()), all.Close()
}

// pruneIsDue tells whether it is time to look for what is too much: when this
// process has written, and either nobody has looked for hours or it has written
// a good part of the bound itself.
func (c *Cache) pruneIsDue(now time.Time) bool {
	written := c.written.Load()
	if written == 0 || c.opt.MaxBytes < 0 {
		return false
	}
	if written > c.opt.MaxBytes/16 {
		return true
	}
	fi, err := c.root.Lstat(pruneStamp)
	return err != nil || now.Sub(fi.ModTime()) > pruneEvery || fi.ModTime().After(now)
}

// stamp remembers that the cache was pruned now.
func (c *Cache) stamp() error {
	if err := c.root.Remove(pruneStamp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return c.root.WriteFile(pruneStamp, nil, privateFile)
}
