package fetch

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// present finds the pins whose wheels are in the wheelhouse, and returns the
// numbers of the others.
func (f *fetcher) present(ctx context.Context, pins []requirements.Pin) (done []Fetched, missing []int, err error) {
	house, _, err := wheels.House(f.opt.Dir)
	if err != nil {
		return nil, nil, err
	}
	done = make([]Fetched, len(pins))
	found := make([]bool, len(pins))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, pin := range pins {
		g.Go(func() (err error) {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			done[i], found[i], err = f.look(pin, house)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, nil, err
	}
	for i := range pins {
		if found[i] {
			f.opt.Progress(Event{Kind: EventPresent, File: done[i].Filename.String(), Done: done[i].Size, Total: done[i].Size})
		} else {
			missing = append(missing, i)
		}
	}
	return done, missing, nil
}

// look finds a pin's wheel in the wheelhouse: the best one that fits and has
// one of the lock's hashes. Others are passed over, and told of.
func (f *fetcher) look(pin requirements.Pin, house []wheels.Candidate) (Fetched, bool, error) {
	house = slices.DeleteFunc(slices.Clone(house), func(c wheels.Candidate) bool {
		return c.Filename.Normalized != pin.Normalized
	})
	for {
		chosen, err := wheels.Select([]requirements.Pin{pin}, house, f.opt.Ladder)
		var gone *wheels.MissingError
		if errors.As(err, &gone) {
			return Fetched{}, false, nil
		}
		if err != nil {
			return Fetched{}, false, err
		}
		c := chosen[0]
		got, err := f.identify(c.Path, wheels.Options{Hashes: pin.Hashes, Known: f.known})
		if err == nil {
			got.Filename = c.Filename
			return got, true, nil
		}
		var mismatch *wheels.HashMismatchError
		if pin.Path != "" || !errors.As(err, &mismatch) {
			return Fetched{}, false, fmt.Errorf("%s:%d: %w", pin.File, pin.Line, err)
		}
		f.opt.Progress(Event{Kind: EventNote, File: c.Filename.String(), Note: "the wheelhouse's " + mismatch.Error()})
		house = slices.DeleteFunc(house, func(o wheels.Candidate) bool { return o.Path == c.Path })
	}
}

// kindWheel is what the cache keeps of wheels that were hashed: under path,
// size, modification time and inode, the SHA-256. internal/pipeline reads and
// writes the same records.
const kindWheel = "wheel"

// settled is how old a modification must be for the file's time to tell one
// version from the next; file systems keep times in steps of up to 2 s.
const settled = 2 * time.Second

func identityKey(path string, size int64, modTime time.Time, inode uint64) string {
	return fmt.Sprintf("%s\x00%d\x00%d\x00%d", path, size, modTime.UnixNano(), inode)
}

// identify returns what is known of the wheel at path without reading it, and
// keeps its digest for later runs. Where the cache doesn't have it already, the
// file is hashed; in any case it is held against opt.Hashes.
func (f *fetcher) identify(path string, opt wheels.Options) (Fetched, error) {
	s, err := wheels.Identify(path, opt)
	if err != nil {
		return Fetched{}, err
	}
	// A cache that can't be written says so itself.
	if f.opt.Cache != nil && time.Since(s.ModTime) > settled {
		key := identityKey(absolute(path), s.Size, s.ModTime, s.Inode)
		if old, _ := f.opt.Cache.Get(kindWheel, key); string(old) != s.Digest() {
			_ = f.opt.Cache.Put(kindWheel, key, []byte(s.Digest()))
		}
	}
	return Fetched{Path: path, SHA256: s.Digest(), Size: s.Size}, nil
}

func (f *fetcher) known(path string, size int64, modTime time.Time, inode uint64) (digest [32]byte, ok bool) {
	if f.opt.Cache == nil {
		return digest, false
	}
	text, ok := f.opt.Cache.Get(kindWheel, identityKey(absolute(path), size, modTime, inode))
	if !ok || hex.DecodedLen(len(text)) != len(digest) {
		return digest, false
	}
	_, err := hex.Decode(digest[:], text)
	return digest, err == nil
}

// absolute returns the path that the cache knows a file by.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
