package resolve

import (
	"context"
	"errors"
	"fmt"

	"github.com/assemble-image/assemble/wheels/requirements"
)

// joined asks several providers.
type joined []Provider

// origin says which of them a file is of.
type origin struct {
	provider int
	inner    any
}

// Join returns a [Provider] that asks each of several. The first that knows a
// project answers for it alone: otherwise, anybody who can put a newer version
// of a private project on a public index would be believed.
func Join(providers ...Provider) Provider { return joined(providers) }

// Files implements Provider.
func (j joined) Files(ctx context.Context, name string) ([]File, error) {
	for i, p := range j {
		files, err := p.Files(ctx, name)
		if errors.Is(err, ErrNoProject) {
			continue
		}
		if err != nil {
			return nil, err
		}
		owned := make([]File, len(files))
		for k, f := range files {
			f.Origin = origin{i, f.Origin}
			owned[k] = f
		}
		return owned, nil
	}
	return nil, ErrNoProject
}

// Metadata implements Provider.
func (j joined) Metadata(ctx context.Context, f File) (Metadata, error) {
	o, ok := f.Origin.(origin)
	if !ok || o.provider >= len(j) {
		return Metadata{}, fmt.Errorf("file %q is of none of these providers", f.Name)
	}
	f.Origin = o.inner
	return j[o.provider].Metadata(ctx, f)
}

// Direct implements Director by the first provider that can.
func (j joined) Direct(ctx context.Context, r requirements.Requirement) (File, error) {
	for i, p := range j {
		d, ok := p.(Director)
		if !ok {
			continue
		}
		f, err := d.Direct(ctx, r)
		if errors.Is(err, ErrNoProject) {
			continue
		}
		f.Origin = origin{i, f.Origin}
		return f, err
	}
	return File{}, errors.New("wheels can't be named by path or URL here")
}
