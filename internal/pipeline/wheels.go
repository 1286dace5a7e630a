package pipeline

import (
	"context"

	"github.com/assemble-image/assemble/internal/fetch"
	"github.com/assemble-image/assemble/internal/supply"
)

// Fetch brings the lock's wheels into the wheelhouse: those that aren't there.
func (p *Pipeline) Fetch(ctx context.Context) ([]fetch.Fetched, error) {
	t, err := p.target(ctx)
	if err != nil {
		return nil, err
	}
	return p.supply.Fetch(ctx, t)
}

// Check reads every wheel of the lock and says what is wrong about them, each
// and together; see [supply.Supplier.Check].
func (p *Pipeline) Check(ctx context.Context) (*supply.Checked, error) {
	t, err := p.target(ctx)
	if err != nil {
		return nil, err
	}
	return p.supply.Check(ctx, t)
}

// Lock resolves the requirements files for the target and writes the lock; see
// [supply.Supplier.Lock].
func (p *Pipeline) Lock(ctx context.Context, inputs []string, opt supply.LockOptions) (*supply.Locked, error) {
	return p.supply.Lock(ctx, inputs, opt, p.target)
}
