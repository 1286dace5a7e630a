package pipeline

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/images"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/smoke"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/internal/trust"
	"github.com/assemble-image/assemble/internal/wire"
)

// defaultBaseLock is the lock of bases beside a config that names none, and
// defaultBaseLayout the layout beside it that keeps them.
const (
	defaultBaseLock   = "base.lock"
	defaultBaseLayout = "base.oci"
)

// maxAsking bounds the question whether a pinned base's tag has moved: it is worth
// a note, and no waiting.
const maxAsking = 3 * time.Second

func (p *Pipeline) baseLockFile() string {
	return cmp.Or(p.cfg.BaseLock.Abs, filepath.Join(p.cfg.Dir, defaultBaseLock))
}

// baseLock reads the lock of the bases. One that the config names must be there.
func (p *Pipeline) baseLock() (*base.Lock, error) {
	if !p.cfg.BaseLock.IsZero() {
		if _, err := os.Stat(p.cfg.BaseLock.Abs); err != nil {
			return nil, fmt.Errorf("reading the bases' lock: %w", err)
		}
	}
	return base.ReadLock(p.baseLockFile())
}

// setWays says how the config's bases are come by: from registries and their
// mirrors, by what the lock pins, if they may be used.
func (p *Pipeline) setWays(ctx context.Context, opt *target.Options) error {
	lock, err := p.baseLock()
	if err != nil {
		return err
	}
	opt.Lock, opt.Check, opt.Containerd = lock, p.checkBase(ctx, lock), smoke.OpenImage
	opt.Remote, opt.Offline, opt.Dir, opt.Report = p.opt.Registry.Bases(), p.opt.Offline, p.cfg.Dir, p.report
	return nil
}

// checkBase says whether a base may be used: who has signed it, where the config
// wants to know; how old it is, and whether its tag has moved since it was
// pinned, are worth notes.
func (p *Pipeline) checkBase(ctx context.Context, lock *base.Lock) func(*base.Image) error {
	return func(img *base.Image) error {
		platform, err := p.platform()
		if err != nil {
			return err
		}
		pin, pinned := lock.Find(img.Ref, platform)
		if err := p.verifyBase(ctx, img, pin, pinned); err != nil {
			return err
		}
		p.noteAge(img)
		if pinned != nil && !img.Kept && !p.opt.Offline {
			p.noteMoved(ctx, img.Ref, pin)
		}
		return nil
	}
}

// UnsignedBaseError says that a base lacks the signature that the config wants.
type UnsignedBaseError struct {
	Base, Key string
	Err       error
}

func (e *UnsignedBaseError) Error() string {
	return fmt.Sprintf("verifying the base %q with %q: %v", e.Base, e.Key, e.Err)
}
func (e *UnsignedBaseError) Unwrap() error { return e.Err }

// verifyBase checks that the config's key has signed the base: its image, or the
// index that it is of. What was verified when it was pinned isn't asked for again.
func (p *Pipeline) verifyBase(ctx context.Context, img *base.Image, pin *base.Pin, pinned *base.Pinned) error {
	path := p.cfg.BaseVerify.Key
	if path.IsZero() {
		return nil
	}
	key, err := trust.ReadPublicKey(path.Abs)
	if err != nil {
		return err
	}
	print, err := keyPrint(path.Abs)
	if err != nil {
		return err
	}
	if pinned != nil && pinned.Digest == img.Digest.String() && pinned.Verified == print {
		return nil
	}
	fail := func(err error) error { return &UnsignedBaseError{img.Ref, path.String(), err} }
	if remote, _ := base.IsRemote(img.Ref); !remote || p.opt.Offline {
		return fail(errors.New("signatures of bases are looked for in registries; assemble base lock verifies a base once for all"))
	}
	place, err := images.ParsePlace(img.Ref, false)
	if err != nil {
		return fail(err)
	}
	digests := []string{img.Digest.String()}
	if pin != nil {
		digests = append(digests, pin.Digest)
	} else if h, err := p.opt.Registry.Digest(ctx, place.String()); err == nil {
		digests = append(digests, h.String())
	}
	var failed error
	for _, d := range slices.Compact(digests) {
		if _, err = trust.Verify(ctx, p.opt.Registry, place.With(d).String(), key); err == nil {
			return nil
		}
		if failed == nil || !errors.Is(err, trust.ErrUnsigned) {
			failed = err
		}
	}
	return fail(failed)
}

// keyPrint is the SHA-256 of a public key's file.
func keyPrint(file string) (string, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}

func (p *Pipeline) noteAge(img *base.Image) {
	cf, err := img.Image.ConfigFile()
	if err != nil || p.cfg.BaseMaxAge <= 0 || cf.Created.IsZero() {
		return
	}
	if age := time.Since(cf.Created.Time); age > p.cfg.BaseMaxAge {
		p.report.Note(report.StageBase, fmt.Sprintf("the base %q is %d days old", img.Ref, int(age/(24*time.Hour))))
	}
}

// noteMoved asks what a pinned base's tag stands for.
func (p *Pipeline) noteMoved(ctx context.Context, ref string, pin *base.Pin) {
	ctx, cancel := context.WithTimeout(wire.Prompt(ctx), maxAsking)
	defer cancel()
	if h, err := p.opt.Registry.Digest(ctx, ref); err == nil && h.String() != pin.Digest {
		p.report.Note(report.StageBase, fmt.Sprintf("the base's tag %q has moved to %s since it was pinned; assemble base update says what has changed, and takes it", ref, h))
	}
}

// PinnedBase is a base in the lock.
type PinnedBase struct {
	Base     string `json:"base"`
	Platform string `json:"platform"`
	*base.Pinned
	// Index is what the reference led to when it was pinned.
	Index string `json:"index"`
	// Moved is what it leads to now, where that is something else.
	Moved string `json:"moved,omitempty"`
	// Kept says that it lies in the lock's layout.
	Kept bool `json:"kept"`
	// New says that it was pinned now; Changes are what has changed by that.
	New     bool     `json:"new,omitempty"`
	Changes []string `json:"changes,omitempty"`
}

// LockBases pins the config's bases in registries for its platform. Those that
// are pinned stay as they are, unless update says otherwise: then the platforms
// that were pinned are pinned anew, too.
func (p *Pipeline) LockBases(ctx context.Context, update bool) ([]PinnedBase, error) {
	lock, err := base.ReadLock(p.baseLockFile())
	if err != nil {
		return nil, err
	}
	var out []PinnedBase
	for _, ref := range p.cfg.Base {
		remote, digest := base.IsRemote(ref)
		if !remote || digest {
			continue
		}
		platforms := []string{p.cfg.Platform}
		if pin := lock.Bases[ref]; pin != nil && update {
			platforms = slices.Sorted(maps.Keys(pin.Platforms))
			if !slices.Contains(platforms, p.cfg.Platform) {
				platforms = append(platforms, p.cfg.Platform)
			}
		}
		for _, text := range platforms {
			b, err := p.lockBase(ctx, lock, ref, text, update)
			if err != nil {
				return nil, err
			}
			out = append(out, *b)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("no base of the config is a tag in a registry, which could be pinned")
	}
	return out, lock.Write(p.baseLockFile())
}

// lockBase pins one base for a platform.
func (p *Pipeline) lockBase(ctx context.Context, lock *base.Lock, ref, text string, update bool) (*PinnedBase, error) {
	platform, err := v1.ParsePlatform(text)
	if err != nil {
		return nil, err
	}
	oldPin, old := lock.Find(ref, *platform)
	if old != nil && !update {
		return &PinnedBase{Base: ref, Platform: text, Pinned: old, Index: oldPin.Digest}, nil
	}
	var pinned *base.Pinned
	var top v1.Hash
	err = p.report.Stage(report.StageBase, "pinning "+ref+" for "+text, func() (string, error) {
		img, h, err := p.opt.Registry.Bases().Image(ctx, ref, *platform)
		if err != nil {
			return "", err
		}
		top = h
		reading := base.FactsOptions{}
		if p.opt.Cache != nil { // a nil *Cache would be a non-nil Store
			reading.Store = p.opt.Cache
		}
		facts, err := base.ReadFacts(ctx, img, reading)
		if err != nil {
			return "", err
		}
		if pinned, err = base.PinOf(img, facts); err != nil {
			return "", err
		}
		return ref + " " + pinned.Digest, p.verifyPinned(ctx, ref, img, top, pinned)
	})
	if err != nil {
		return nil, fmt.Errorf("pinning the base %q: %w", ref, err)
	}
	out := &PinnedBase{Base: ref, Platform: text, Pinned: pinned, Index: top.String(), New: old == nil || old.Digest != pinned.Digest}
	if old != nil {
		out.Changes = old.Changes(pinned)
	}
	lock.Set(ref, top.String(), text, pinned)
	return out, nil
}

// verifyPinned verifies a base that is to be pinned, and remembers by which key.
func (p *Pipeline) verifyPinned(ctx context.Context, ref string, img v1.Image, top v1.Hash, pinned *base.Pinned) error {
	if p.cfg.BaseVerify.Key.IsZero() {
		return nil
	}
	digest, err := img.Digest()
	if err != nil {
		return err
	}
	if err := p.verifyBase(ctx, &base.Image{Image: img, Ref: ref, Digest: digest}, &base.Pin{Digest: top.String()}, nil); err != nil {
		return err
	}
	pinned.Verified, err = keyPrint(p.cfg.BaseVerify.Key.Abs)
	return err
}

// ShowBases lists what is pinned, and asks whether tags have moved unless nobody
// may be asked.
func (p *Pipeline) ShowBases(ctx context.Context) ([]PinnedBase, error) {
	lock, err := p.baseLock()
	if err != nil {
		return nil, err
	}
	var out []PinnedBase
	for _, ref := range slices.Sorted(maps.Keys(lock.Bases)) {
		pin := lock.Bases[ref]
		moved := ""
		if !p.opt.Offline {
			h, err := p.opt.Registry.Digest(ctx, ref)
			switch {
			case err != nil:
				p.report.Note(report.StageBase, fmt.Sprintf("whether the tag %q has moved isn't known: %v", ref, err))
			case h.String() != pin.Digest:
				moved = h.String()
			}
		}
		for _, text := range slices.Sorted(maps.Keys(pin.Platforms)) {
			pinned := pin.Platforms[text]
			b := PinnedBase{Base: ref, Platform: text, Pinned: pinned, Index: pin.Digest, Moved: moved}
			if lock.Layout != "" {
				_, err := os.Stat(filepath.Join(filepath.Dir(p.baseLockFile()), lock.Layout, "blobs", "sha256", pinned.Digest[len("sha256:"):]))
				b.Kept = err == nil
			}
			out = append(out, b)
		}
	}
	return out, nil
}

// FetchBases keeps what is pinned in a layout, relative to the lock's directory,
// from which builds take it then; "" is the one that the lock has, or base.oci.
func (p *Pipeline) FetchBases(ctx context.Context, layout string) ([]PinnedBase, string, error) {
	lock, err := p.baseLock()
	if err != nil {
		return nil, "", err
	}
	if len(lock.Bases) == 0 {
		return nil, "", fmt.Errorf("keeping the bases: nothing is pinned in %q", p.baseLockFile())
	}
	layout = cmp.Or(layout, lock.Layout, defaultBaseLayout)
	if !filepath.IsLocal(layout) {
		return nil, "", fmt.Errorf("keeping the bases: the layout %q is outside of the lock's directory", layout)
	}
	to := images.Place{Transport: images.Layout, Path: filepath.Join(filepath.Dir(p.baseLockFile()), layout)}
	o := images.Opener{Registry: p.opt.Registry}
	for _, ref := range slices.Sorted(maps.Keys(lock.Bases)) {
		for _, text := range slices.Sorted(maps.Keys(lock.Bases[ref].Platforms)) {
			from, err := images.ParsePlace(ref, false)
			if err != nil {
				return nil, "", err
			}
			pinned := lock.Bases[ref].Platforms[text]
			err = p.report.Stage(report.StageBase, "fetching "+ref+" for "+text, func() (string, error) {
				_, err := o.Copy(ctx, from.With(pinned.Digest), to, images.CopyOptions{
					Progress: func(done, total int64) { p.report.Progress(report.StageBase, "", done, total) },
				})
				return ref + " " + pinned.Digest, err
			})
			if err != nil {
				return nil, "", err
			}
		}
	}
	lock.Layout = layout
	if err := lock.Write(p.baseLockFile()); err != nil {
		return nil, "", err
	}
	offline := *p
	offline.opt.Offline = true
	list, err := offline.ShowBases(ctx)
	return list, layout, err
}
