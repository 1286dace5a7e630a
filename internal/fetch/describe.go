package fetch

import (
	"context"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// Found is a wheel that could be fetched.
type Found struct {
	Filename tags.Filename
	// SHA256 is in hex, "" where only the content can tell which of the lock's
	// hashes it has.
	SHA256 string
	// Size is in bytes, -1 where it isn't known.
	Size int64
	// URL is where it is, for [index.Client.ReadParts].
	URL string
}

// Describe finds the wheel that [Wheels] would bring for each pin, in the order
// of the pins, as if the wheelhouse had none. It downloads and writes nothing:
// where neither lock nor page tells a size, the server is asked for it. Errors
// are those of [Wheels].
func Describe(ctx context.Context, pins []requirements.Pin, opt Options) ([]Found, error) {
	f, err := newFinder(opt)
	if err != nil {
		return nil, err
	}
	all := make([]int, len(pins))
	for i := range all {
		all[i] = i
	}
	tasks, err := f.plan(ctx, pins, all)
	if err != nil {
		return nil, err
	}
	found := make([]Found, len(tasks))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(lookups)
	for i, t := range tasks {
		g.Go(func() error {
			found[i] = Found{Filename: t.source.filename, SHA256: t.source.want.onlySHA256(), Size: t.source.size, URL: t.source.url}
			if found[i].Size <= 0 {
				found[i].Size = f.size(gctx, t.source.url)
			}
			return context.Cause(gctx)
		})
	}
	return found, g.Wait()
}

// size asks for a file and drops its content, since not every server knows HEAD.
// It is -1 where that doesn't tell.
func (f *fetcher) size(ctx context.Context, address string) int64 {
	body, err := f.opt.Index.Open(ctx, address, index.Range{})
	if err != nil {
		return -1
	}
	body.Close()
	return body.Size
}

// onlySHA256 is the SHA-256 in hex, "" where there are several or none.
func (d digests) onlySHA256() string {
	var only string
	for _, h := range d {
		digits, ok := strings.CutPrefix(h, "sha256:")
		if !ok {
			continue
		}
		if only != "" && only != digits {
			return ""
		}
		only = digits
	}
	return only
}
