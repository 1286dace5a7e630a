package manifest

import (
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// MaxLayers is how many layers an image may have in all. Docker's overlay
// driver stops there, and with it most of the world's runtimes.
const MaxLayers = 127

// LayerLimitError reports that an image would have more layers than
// [MaxLayers].
type LayerLimitError struct {
	// Base and Added count the base's layers and those put on top.
	Base, Added int
}

// Error gives both counts and the limit.
func (e *LayerLimitError) Error() string {
	return fmt.Sprintf("%d layers on top of the base's %d make %d; the limit is %d",
		e.Added, e.Base, e.Base+e.Added, MaxLayers)
}

// baseHistory returns the base's history, with exactly one entry that is not
// empty for each of its layers. Some tools leave the history out or cut it
// short; that is made up for, because builders and scanners pair entries with
// layers by counting. One with too many entries can't be paired, and is an
// error.
func baseHistory(cf *v1.ConfigFile, layers int) ([]v1.History, error) {
	filled := 0
	for _, h := range cf.History {
		if !h.EmptyLayer {
			filled++
		}
	}
	if filled > layers {
		return nil, fmt.Errorf("the base's history has entries for %d layers, but the base has only %d", filled, layers)
	}
	out := make([]v1.History, 0, len(cf.History)+layers-filled)
	out = append(out, cf.History...)
	for ; filled < layers; filled++ {
		out = append(out, v1.History{Created: cf.Created, Comment: "missing in the base's history"})
	}
	return out, nil
}
