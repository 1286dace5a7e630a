package system

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/debs/choose"
	"github.com/assemble-image/assemble/internal/debs/ground"
	"github.com/assemble-image/assemble/internal/debs/packages"
	"github.com/assemble-image/assemble/internal/debs/root"
	"github.com/assemble-image/assemble/internal/debs/unpack"
)

// kindBase is what the store keeps of a base for packages; the number changes
// when [Ground], or what is found for it, does.
const kindBase = "debian base 1"

const maxDiversions = 16 << 20

// Ground is what must be known of a base before packages are put on it.
type Ground struct {
	// Arch is Debian's name for its architecture.
	Arch string
	// Installed are its packages.
	Installed []packages.Package
	// Diversions are what it diverts; see [unpack.ParseDiversions].
	Diversions []unpack.Diversion
}

// Learn returns what must be known of the base, which takes its files unless the
// store, which may be nil, knows it. The error is a [*choose.BaseError] where the
// base isn't one of dpkg's.
func Learn(ctx context.Context, on Base, store base.Store) (*Ground, error) {
	arch, err := choose.Architecture(on.Config.Architecture, on.Config.Variant)
	if err != nil {
		return nil, err
	}
	k := &Ground{}
	key := on.Digest + " " + arch
	if recall(store, kindBase, key, k) && k.Arch == arch {
		return k, nil
	}
	files, err := on.Files(ctx)
	if err != nil {
		return nil, err
	}
	r, err := ground.Root(ctx, files, root.Options{})
	if err != nil {
		return nil, err
	}
	*k = Ground{Arch: arch}
	if k.Installed, err = choose.Installed(ground.FS(r), arch); err != nil {
		return nil, err
	}
	text, err := r.ReadFile("/var/lib/dpkg/diversions", maxDiversions)
	if err != nil && !errors.Is(err, root.ErrNotExist) {
		return nil, fmt.Errorf("reading the base: %w", err)
	}
	if k.Diversions, err = unpack.ParseDiversions(text); err != nil {
		return nil, fmt.Errorf("reading the base: %w", err)
	}
	keep(store, kindBase, key, k)
	return k, nil
}

// recall reads what the store has into v, and reports whether it has it.
func recall(store base.Store, kind, key string, v any) bool {
	if store == nil {
		return false
	}
	data, ok := store.Get(kind, key)
	return ok && json.Unmarshal(data, v) == nil
}

// keep puts v into the store; that it can't only costs time later.
func keep(store base.Store, kind, key string, v any) {
	if store == nil {
		return
	}
	if data, err := json.Marshal(v); err == nil {
		_ = store.Put(kind, key, data)
	}
}
