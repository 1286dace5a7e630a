package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/record"
	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/supply"
	"github.com/assemble-image/assemble/internal/trust"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/tags"
)

// maxLookup bounds the time for all that images in registries are asked: a cache
// that is slow is as good as none.
const maxLookup = 10 * time.Second

// elsewhere is what the records of images in registries tell. They are read once,
// when something is missing here.
type elsewhere struct {
	p      *Pipeline
	target name.Repository
	refs   []string                          // the target's tag first
	keys   func() ([]trust.PublicKey, error) // nil where the push isn't signed and none are named
	signs  bool

	mu    sync.Mutex
	asked bool
	found []*record.Found
}

// look returns the images that count and have a record, in the order in which
// they are named. What is wrong with the others is noted, and nothing fails.
func (e *elsewhere) look(ctx context.Context) []*record.Found {
	if e == nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.asked {
		return e.found
	}
	e.asked = true
	bounded, cancel := context.WithTimeout(ctx, maxLookup)
	defer cancel()
	all := make([]*record.Found, len(e.refs))
	var running sync.WaitGroup
	for i, ref := range e.refs {
		running.Go(func() { all[i] = e.lookAt(bounded, ref, i == 0) })
	}
	running.Wait()
	for _, f := range all {
		if f != nil {
			e.found = append(e.found, f)
		}
	}
	return e.found
}

// seen is what look has found, if anybody has looked.
func (e *elsewhere) seen() []*record.Found {
	if e == nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.found
}

// lookAt looks at one image; nil where it can't be used.
func (e *elsewhere) lookAt(ctx context.Context, ref string, isTarget bool) *record.Found {
	f, err := e.lookup(ctx, ref)
	if err == nil {
		return f
	}
	if isTarget && (errors.Is(err, registry.ErrNotFound) || errors.Is(err, record.ErrNone)) {
		return nil // the first push, or one of an older version
	}
	e.p.report.Note(report.StageCache, fmt.Sprintf("%s isn't used as a layer cache: %v", ref, err))
	return nil
}

func (e *elsewhere) lookup(ctx context.Context, ref string) (*record.Found, error) {
	platform, err := e.p.platform()
	if err != nil {
		return nil, err
	}
	who, err := e.trust(ref)
	if err != nil {
		return nil, err
	}
	return record.Lookup(ctx, e.p.opt.Registry, ref, platform, who)
}

// errNoKey says that a record of another repository needs a signature.
var errNoKey = errors.New("it is another repository than the target's, and no key says who may fill it")

// trust says whose records count at a reference: where the push signs, those that
// a trusted key has signed; else those that lie in the target's repository, too.
func (e *elsewhere) trust(ref string) (record.Trust, error) {
	parsed, err := e.p.opt.Registry.Parse(ref)
	if err != nil {
		return record.Trust{}, err
	}
	own := parsed.Context().Name() == e.target.Name()
	switch {
	case !e.signs && (own || e.p.cfg.LayerCacheInsecure):
		return record.Trust{Unsigned: true}, nil
	case e.keys == nil:
		return record.Trust{}, errNoKey
	}
	return record.Trust{Keys: e.keys}, nil
}

// elsewhereFor says where a push looks: at the target, then at the config's list.
func (p *Pipeline) elsewhereFor(target name.Reference, key *trust.Key) *elsewhere {
	e := &elsewhere{p: p, target: target.Context(), refs: append([]string{target.Name()}, p.cfg.LayerCache...), signs: key != nil}
	switch {
	case len(p.cfg.LayerCacheKeys) > 0:
		e.keys = sync.OnceValues(p.cacheKeys)
	case key != nil:
		e.keys = func() ([]trust.PublicKey, error) {
			signer, err := key.Open()
			if err != nil {
				return nil, err
			}
			return []trust.PublicKey{{Verifier: signer.Verifier(), Name: p.cfg.Sign.Key.String()}}, nil
		}
	}
	return e
}

// cacheKeys reads the public keys that the config names.
func (p *Pipeline) cacheKeys() ([]trust.PublicKey, error) {
	keys := make([]trust.PublicKey, len(p.cfg.LayerCacheKeys))
	for i, path := range p.cfg.LayerCacheKeys {
		var err error
		if keys[i], err = trust.ReadPublicKey(path.Abs); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// factsStore is a store that knows the facts about bases of records as well. It
// keeps none of them: they are as good as who tells them.
type factsStore struct {
	base.Store
	elsewhere func(key string) ([]byte, bool)
}

// Get implements [base.Store].
func (s factsStore) Get(kind, key string) ([]byte, bool) {
	if s.Store != nil {
		if data, ok := s.Store.Get(kind, key); ok {
			return data, true
		}
	}
	if kind != base.KindFacts {
		return nil, false
	}
	return s.elsewhere(key)
}

// Put implements [base.Store].
func (s factsStore) Put(kind, key string, data []byte) error {
	if s.Store == nil {
		return nil
	}
	return s.Store.Put(kind, key, data)
}

// store is where the facts about the base are, for as long as it is opened.
func (p *Pipeline) store(ctx context.Context) base.Store {
	var store base.Store
	if p.opt.Cache != nil { // a nil *Cache would be a non-nil Store
		store = p.opt.Cache
	}
	if p.elsewhere == nil {
		return store
	}
	return factsStore{store, func(key string) ([]byte, bool) {
		for _, f := range p.elsewhere.look(ctx) {
			config := strings.TrimPrefix(f.Predicate.Base.Config, "sha256:")
			if config == "" || !strings.HasPrefix(key, config) {
				continue
			}
			bounded, cancel := context.WithTimeout(ctx, maxLookup)
			facts, err := f.Facts(bounded)
			cancel()
			if err == nil {
				return facts, true
			}
			p.noteFailed(f, err)
		}
		return nil, false
	}}
}

// noteFailed notes what a record names and can't be had.
func (p *Pipeline) noteFailed(f *record.Found, err error) {
	if errors.Is(err, record.ErrNone) || errors.Is(err, context.Canceled) {
		return
	}
	p.report.Note(report.StageCache, fmt.Sprintf("%s: %v", f.Image.Name(), err))
}

// known returns what records tell of wheels, nil for nothing.
func (p *Pipeline) known(ctx context.Context) supply.Known {
	if found := p.elsewhere.look(ctx); len(found) > 0 {
		return knownWheels{p, found}
	}
	return nil
}

// knownWheels are the wheels of records.
type knownWheels struct {
	p     *Pipeline
	found []*record.Found
}

var _ supply.Known = knownWheels{}

// Wheels implements [supply.Known].
func (k knownWheels) Wheels(project string) []wheels.Descriptor {
	var list []wheels.Descriptor
	for _, f := range k.found {
		for _, w := range f.Predicate.Wheels {
			filename, err := tags.ParseFilename(w.File)
			if err != nil || filename.Normalized != project {
				continue
			}
			d := wheels.Descriptor{Filename: filename, Size: w.Size}
			if d.SetSHA256(w.SHA256) {
				list = append(list, d)
			}
		}
	}
	return list
}

// Facts implements [supply.Known].
func (k knownWheels) Facts(key string) ([]byte, bool) {
	for _, f := range k.found {
		if s := f.Predicate.Set; s != nil && s.Key == key {
			return s.Facts, true
		}
	}
	return nil, false
}

// Listings implements [supply.Known].
func (k knownWheels) Listings(ctx context.Context, key string) [][]byte {
	var list [][]byte
	for _, f := range k.found {
		if s := f.Predicate.Set; s == nil || s.ListingKey != key {
			continue
		}
		bounded, cancel := context.WithTimeout(ctx, maxLookup)
		packed, err := f.Listings(bounded)
		cancel()
		if err != nil {
			k.p.noteFailed(f, err)
			continue
		}
		list = append(list, packed)
	}
	return list
}
