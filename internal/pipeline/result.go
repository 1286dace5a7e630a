package pipeline

import (
	"fmt"

	"github.com/google/go-containerregistry/pkg/v1/partial"

	"github.com/assemble-image/assemble/internal/contents"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/smoke"
	"github.com/assemble-image/assemble/internal/supply"
)

// Result is what a run made; its JSON is what `--json` prints.
type Result struct {
	// Reference names the image by digest: "registry/repo@sha256:…".
	Reference string `json:"reference,omitempty"`
	// Tag is what was tagged, if anything.
	Tag string `json:"tag,omitempty"`
	// Outputs are the files and directories that were written.
	Outputs []string `json:"outputs,omitempty"`
	Digest  string   `json:"digest"`
	// Size is the sum of all blobs, base included, in bytes.
	Size   int64         `json:"size"`
	Base   BaseInfo      `json:"base"`
	Layers []ResultLayer `json:"layers"`
	// Choice tells which wheels were taken where no lock pinned them.
	Choice *supply.Choice `json:"choice,omitempty"`
	// Smoke tells how the image was tested.
	Smoke *SmokeResult `json:"smoke,omitempty"`
	// Signature is the digest of the signature's manifest.
	Signature string `json:"signature,omitempty"`
	// Record is the digest of the manifest of the build record.
	Record string `json:"record,omitempty"`
	// Seconds is the wall time of the whole run, Stages that of its parts;
	// some of them overlap.
	Seconds float64            `json:"seconds"`
	Stages  []report.StageTime `json:"stages"`
	Notes   []string           `json:"notes,omitempty"`
}

// ResultLayer is one layer that was put on the base.
type ResultLayer struct {
	Kind   contents.Kind `json:"kind"`
	Name   string        `json:"name"`
	Digest string        `json:"digest"`
	DiffID string        `json:"diffID"`
	Size   int64         `json:"size"`
	// Cached says that nothing had to be packed for it.
	Cached bool `json:"cached"`
	// From is the image in a registry that the layer was taken from, by digest;
	// it is empty for one that was made here.
	From     string   `json:"from,omitempty"`
	Wheels   []string `json:"wheels,omitempty"`
	Packages []string `json:"packages,omitempty"`
}

// SmokeResult tells how the image was tested: passed, or skipped and why. An
// image that fails is an error instead.
type SmokeResult struct {
	Status  string        `json:"status"`
	Reason  string        `json:"reason,omitempty"`
	Details *smoke.Result `json:"details,omitempty"`
}

func (p *Pipeline) newResult(plan *Plan, built *packed) (*Result, error) {
	digest, err := built.image.Digest()
	if err != nil {
		return nil, fmt.Errorf("computing the image's digest: %w", err)
	}
	r := &Result{Digest: digest.String(), Base: plan.Base, Choice: plan.Choice}
	for i, l := range built.layers {
		d, err := partial.Descriptor(l.Layer)
		if err != nil {
			return nil, fmt.Errorf("describing layer %q: %w", l.name, err)
		}
		diffID, err := l.DiffID()
		if err != nil {
			return nil, fmt.Errorf("reading the diffID of layer %q: %w", l.name, err)
		}
		r.Layers = append(r.Layers, ResultLayer{
			Kind:     plan.Layers[i].Kind,
			Name:     l.name,
			Digest:   d.Digest.String(),
			DiffID:   diffID.String(),
			Size:     d.Size,
			Cached:   l.cached,
			From:     l.from,
			Wheels:   plan.Layers[i].Wheels,
			Packages: plan.Layers[i].Packages,
		})
	}
	m, err := built.image.Manifest()
	if err != nil {
		return nil, fmt.Errorf("reading the image's manifest: %w", err)
	}
	r.Size = m.Config.Size
	for _, l := range m.Layers {
		r.Size += l.Size
	}
	return r, nil
}

func (r *Result) finish(report *report.Reporter) {
	r.Seconds = report.Elapsed().Seconds()
	r.Stages = report.Timings()
	r.Notes = report.Notes()
}
