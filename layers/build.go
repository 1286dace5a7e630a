package layers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/sync/errgroup"
)

// Options say how layers are packed. The zero value is ready for use.
type Options struct {
	// Jobs is how many cores are used; 0 or less means GOMAXPROCS.
	// It does not influence the layers' bytes.
	Jobs int
	// ModTime is the modification time of each path, in whole seconds from
	// 1970 on. The zero time means [DefaultModTime].
	ModTime time.Time
	// MediaType is the layers'; empty means types.OCILayer.
	MediaType types.MediaType
	// Store remembers layers; nil means that none are.
	Store Store
	// TempDir is where compressed plain content lies that is too large for
	// memory and that Store doesn't take; empty means os.TempDir.
	TempDir string
	// Tee, if set, is asked for each large layer of plain files that isn't
	// known, by the index of its Spec, where its compressed bytes shall go as
	// they are made; nil is nowhere. Nothing of such a layer is put aside: if
	// it is read, it is packed again. An error of the writer ends the writing,
	// not the packing.
	Tee func(index int) io.Writer
	// Observe, if set, is asked for each file that is packed who sees its
	// content: see is given that in pieces, in order, which it must not keep,
	// and done is called when there is no more and it was right. A nil see is
	// nobody. What comes from recipes isn't seen. It may be called from several
	// goroutines.
	Observe func(e *Entry) (see func(piece []byte), done func())
	// Limits bound each layer.
	Limits Limits
	// Progress is told what happens, one event at a time, from any
	// goroutine; it should return soon.
	Progress func(Event)
	// OnLayer is given each layer once it is ready, with the index of its
	// Spec, perhaps several at once. Packing on that core goes on when it
	// returns.
	OnLayer func(index int, l *Layer)

	maxKept int64 // bytes of a spool that Store keeps; 0 means maxKeptSpool
}

// DefaultModTime is the earliest time that zip files, and so Python's
// zipfile, can express.
var DefaultModTime = time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC)

func (o *Options) fill() error {
	if o.Jobs <= 0 {
		o.Jobs = runtime.GOMAXPROCS(0)
	}
	if o.ModTime.IsZero() {
		o.ModTime = DefaultModTime
	}
	if s := o.ModTime.Unix(); s < 0 || s > maxOctal12 || o.ModTime.Nanosecond() != 0 {
		return fmt.Errorf("the modification time %v is not in whole seconds from 1970 on", o.ModTime)
	}
	o.ModTime = o.ModTime.UTC()
	if o.MediaType == "" {
		o.MediaType = types.OCILayer
	}
	if o.maxKept == 0 {
		o.maxKept = maxKeptSpool
	}
	o.Limits.fill()
	return nil
}

// Build packs a layer for each spec, several at once, and returns them in the
// order of the specs. The layers' bytes are not kept: each layer reads them
// anew from the sources, which must stay as they are.
//
// The first error ends the work on all layers. It names the layer, and where
// an entry is to blame wraps an [EntryError].
func Build(ctx context.Context, specs []Spec, opt Options) ([]*Layer, error) {
	if err := opt.fill(); err != nil {
		return nil, err
	}
	b := &builder{opt: opt}
	order := largestFirst(specs)
	layers := make([]*Layer, len(specs))
	jobs := min(opt.Jobs, len(specs))
	b.cores.free.Store(int32(opt.Jobs - jobs))
	var next atomic.Int64
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(max(jobs, 1))
	for range jobs {
		g.Go(func() error {
			for {
				n := int(next.Add(1)) - 1
				if n >= len(order) {
					b.cores.give() // to the layers still at work
					return nil
				}
				i := order[n]
				l, err := b.build(gctx, i, &specs[i])
				if err != nil {
					return fmt.Errorf("packing layer %q: %w", specs[i].Name, err)
				}
				layers[i] = l
				if opt.OnLayer != nil {
					opt.OnLayer(i, l)
				}
			}
		})
	}
	if err := g.Wait(); err != nil {
		for _, l := range layers {
			if l != nil {
				err = errors.Join(err, l.Close())
			}
		}
		return nil, err
	}
	return layers, nil
}

// largestFirst returns the specs' indices by falling size, so that no large
// layer is left for the end, when the other cores have nothing to do.
func largestFirst(specs []Spec) []int {
	order := make([]int, len(specs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(specs[j].Size, specs[i].Size) })
	return order
}

// builder is what the layers of one Build share.
type builder struct {
	opt     Options
	cores   cores
	workers sync.Pool // of *worker
	listing sync.Mutex
	telling sync.Mutex
}

func (b *builder) worker() *worker {
	if w, ok := b.workers.Get().(*worker); ok {
		return w
	}
	return newWorker()
}

func (b *builder) tell(e Event) {
	if b.opt.Progress == nil {
		return
	}
	b.telling.Lock()
	defer b.telling.Unlock()
	b.opt.Progress(e)
}

// build returns the layer of one spec, from a recipe if there is one.
func (b *builder) build(ctx context.Context, i int, spec *Spec) (*Layer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if l := b.remembered(i, spec); l != nil { //nolint:contextcheck // what it leaves for later has none to be given
		b.tell(Event{Kind: EventCached, Index: i, Name: spec.Name, Bytes: l.head.Size, Total: l.head.Size})
		return l, nil
	}
	b.tell(Event{Kind: EventStarted, Index: i, Name: spec.Name, Total: spec.Size})
	var tee io.Writer
	if b.opt.Tee != nil && spec.Stream != nil && len(spec.Sources) == 0 && spec.Size >= 2*b.opt.maxKept {
		tee = b.opt.Tee(i) // of what is smaller, the spool is kept as a rule
	}
	r, s, err := b.pack(ctx, i, spec, tee)
	if err != nil {
		return nil, err
	}
	b.remember(i, spec, r, s)
	l := newLayer(spec, r, b.opt.MediaType)
	l.sources, l.spooled = spec.Sources, s
	if tee != nil && s != nil {
		l.spooled, l.respool = nil, b.respooler(i, spec, r) //nolint:contextcheck // what it leaves for later has none to be given
	}
	b.tell(Event{Kind: EventPacked, Index: i, Name: spec.Name, Bytes: r.Size, Total: r.Size})
	return l, nil
}
