package supply

import (
	"bytes"
	"context"
	"os"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/tags"
)

// recently is how young a file is whose digest isn't kept; see
// [wheels.DigestCache]. It is a little more than there.
const recently = 3 * time.Second

// maxEarlyLock bounds what is read of a lock to see which projects it names.
const maxEarlyLock = 16 << 20

// EarlyHashing hashes wheels before it is known what they are hashed for.
type EarlyHashing struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// HashEarly starts to hash the wheels that the image will need as far as can
// be told without the base: those in the wheelhouse whose project the lock
// names, and which are the only ones of it for the platform's processor. So
// hashing takes place while the base is read, by another core as a rule. What
// is found goes into the cache of digests, where identifying looks first; so a
// wrong guess costs time, and nothing that goes wrong here matters.
//
// Whoever needs the wheels waits before; the caller stops it in the end.
func (p *Supplier) HashEarly(ctx context.Context) *EarlyHashing {
	ctx, cancel := context.WithCancel(ctx)
	e := &EarlyHashing{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(e.done)
		if p.opt.Cache != nil && !p.cfg.Lock.IsZero() {
			p.hashAll(ctx, p.likely())
		}
	}()
	return e
}

// Wait returns when all is hashed, or given up. Hashing that was not started,
// which is nil, is done.
func (e *EarlyHashing) Wait() {
	if e != nil {
		<-e.done
	}
}

// Stop gives up what isn't done, and waits for that.
func (e *EarlyHashing) Stop() {
	if e != nil {
		e.cancel()
		<-e.done
	}
}

func (p *Supplier) hashAll(ctx context.Context, paths []string) {
	var g errgroup.Group
	g.SetLimit(p.opt.Jobs)
	for _, path := range paths {
		g.Go(func() error {
			if ctx.Err() == nil {
				_, _ = identifyWheel(p.digests(), path, nil) // whoever needs the wheel tells
			}
			return nil
		})
	}
	_ = g.Wait()
}

// likely returns the paths of the wheels that will be needed as it seems.
func (p *Supplier) likely() []string {
	platform, err := v1.ParsePlatform(p.cfg.Platform)
	if err != nil {
		return nil
	}
	named := namedIn(p.cfg.Lock.Abs)
	house, _, err := wheels.ListWheelhouse(p.cfg.Wheelhouse.Abs)
	if err != nil {
		return nil
	}
	machine := target.Machine(platform.Architecture)
	paths := map[string][]string{}
	for _, c := range house {
		if name := c.Filename.Normalized; named[name] && runsOn(c.Filename.Tags, machine) {
			paths[name] = append(paths[name], c.Path)
		}
	}
	var list []string
	for _, c := range house { // in its order
		of := paths[c.Filename.Normalized]
		if len(of) != 1 || of[0] != c.Path {
			continue
		}
		if fi, err := os.Stat(c.Path); err == nil && time.Since(fi.ModTime()) > recently {
			list = append(list, c.Path)
		}
	}
	return list
}

// runsOn reports whether one of a wheel's tags is for the processor or for any.
func runsOn(list []tags.Tag, machine string) bool {
	for _, t := range list {
		if t.Platform == "any" || strings.HasSuffix(t.Platform, "_"+machine) {
			return true
		}
	}
	return false
}

// namedIn returns all words of a lock, as names of projects are normalized. A
// lock that can be read only once isn't read.
func namedIn(path string) map[string]bool {
	fi, err := os.Stat(path)
	if err != nil || !fi.Mode().IsRegular() || fi.Size() > maxEarlyLock {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	named := map[string]bool{}
	for word := range bytes.FieldsFuncSeq(text, func(r rune) bool { return !nameRune(r) }) {
		if len(word) <= maxProjectName {
			named[pep508.NormalizeName(string(word))] = true
		}
	}
	return named
}

// nameRune reports whether a project's name may have r in it (PEP 508).
func nameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-'
}

// maxProjectName leaves out digests, which are 64 digits long.
const maxProjectName = 63
