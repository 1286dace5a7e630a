package pipeline

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/v1/partial"

	"github.com/assemble-image/assemble/internal/record"
	"github.com/assemble-image/assemble/internal/report"
)

// verifyLayers holds layers that were packed here anew, from the wheels and
// the base alone, against what records say of the same keys. What differs is
// noted; the image has what was packed here in any case.
func (p *Pipeline) verifyLayers(ctx context.Context, e *elsewhere, built *packed) error {
	return p.report.Stage(report.StageCache, "comparing layers", func() (string, error) {
		same, lies := 0, 0
		for _, f := range e.look(ctx) {
			for _, l := range built.layers {
				claim, ok := f.Claim(l.key)
				if !ok {
					continue
				}
				differs, err := contradicts(claim, l)
				switch {
				case err != nil:
					return "", err
				case differs == "":
					same++
				default:
					lies++
					p.noteLie(l.name, f.Image, fmt.Errorf("%s", differs))
				}
			}
		}
		text := report.Count(same, "layer") + " as recorded"
		if lies > 0 {
			text += fmt.Sprintf(", %d not", lies)
		}
		return text, nil
	})
}

// contradicts says in which way a layer differs from what a record claims, "" for
// none.
func contradicts(claim record.Layer, l builtLayer) (string, error) {
	d, err := partial.Descriptor(l.Layer)
	if err != nil {
		return "", fmt.Errorf("describing layer %q: %w", l.name, err)
	}
	diffID, err := l.DiffID()
	if err != nil {
		return "", fmt.Errorf("reading the diffID of layer %q: %w", l.name, err)
	}
	for _, c := range []struct{ what, said, is string }{
		{"digest", claim.Digest, d.Digest.String()},
		{"diffID", claim.DiffID, diffID.String()},
		{"size", fmt.Sprint(claim.Size), fmt.Sprint(d.Size)},
	} {
		if c.said != c.is {
			return fmt.Sprintf("it says that the %s is %s, but packed here it is %s", c.what, c.said, c.is), nil
		}
	}
	return "", nil
}
