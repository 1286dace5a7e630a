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

	"github.com/assemble-image/assemble/layers"
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
		source, err := f.identify(c.Path, pin.Hashes)
		if err == nil {
			return Fetched{Filename: c.Filename, Path: c.Path, SHA256: source.Digest(), Size: source.Size}, true, nil
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

// identify returns a wheel's digest, from the cache where the file is the one
// that was hashed before, and holds it against the lock.
func (f *fetcher) identify(path string, hashes []string) (*layers.Source, error) {
	source, err := wheels.Identify(path, wheels.Options{Hashes: hashes, Known: f.known})
	if err != nil {
		return nil, err
	}
	f.remember(source)
	return source, nil
}

// identifyAs describes a wheel whose digest is known because it was just
// written.
func identifyAs(path string, digest []byte) (*layers.Source, error) {
	known := func(string, int64, time.Time, uint64) ([32]byte, bool) { return [32]byte(digest), true }
	return wheels.Identify(path, wheels.Options{Known: known})
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

// remember keeps a wheel's digest for later runs. A cache that can't be written
// says so itself.
func (f *fetcher) remember(s *layers.Source) {
	if f.opt.Cache == nil || time.Since(s.ModTime) <= settled {
		return
	}
	key := identityKey(absolute(s.Path), s.Size, s.ModTime, s.Inode)
	if _, known := f.opt.Cache.Get(kindWheel, key); !known {
		_ = f.opt.Cache.Put(kindWheel, key, []byte(s.Digest()))
	}
}

// absolute returns the path that the cache knows a file by.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
