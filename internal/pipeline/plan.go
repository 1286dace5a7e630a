package pipeline

import (
	"context"
	"fmt"
	"time"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/manifest"
)

// LayerKind says what a layer is made of.
type LayerKind string

// The kinds of layers, in the order in which they lie on the base: what
// changes least comes first.
const (
	KindWheels   LayerKind = "wheels"
	KindAccounts LayerKind = "accounts"
	KindApp      LayerKind = "app"
)

// Layer is one planned layer.
type Layer struct {
	Kind LayerKind `json:"kind"`
	// Name says what it holds.
	Name string `json:"name"`
	// Wheels are the file names of the wheels in it.
	Wheels []string `json:"wheels,omitempty"`
	// Size estimates its packed bytes.
	Size int64 `json:"size"`
	// Key identifies its bytes.
	Key string `json:"key"`

	spec layers.Spec
}

// Plan is what would be built. Making it reads the inputs, but writes
// nothing.
type Plan struct {
	Base     BaseInfo `json:"base"`
	Platform string   `json:"platform"`
	Python   string   `json:"python"`
	Libc     string   `json:"libc"`
	Wheels   int      `json:"wheels"`
	Layers   []Layer  `json:"layers"`
	// Choice tells which wheels were taken where the lock is a requirements
	// file that leaves versions open.
	Choice *Choice         `json:"choice,omitempty"`
	Config manifest.Config `json:"config"`
	Notes  []string        `json:"notes,omitempty"`

	base *base.Image
}

// BaseInfo names the base that was chosen.
type BaseInfo struct {
	Reference string `json:"reference"`
	Digest    string `json:"digest"`
	Layers    int    `json:"layers"`
}

// Size is the sum of the layers' estimated packed bytes.
func (p *Plan) Size() int64 {
	var n int64
	for _, l := range p.Layers {
		n += l.Size
	}
	return n
}

// Plan reads the inputs and decides what to build. It writes nothing but
// what it learnt into the cache.
func (p *Pipeline) Plan(ctx context.Context) (*Plan, error) {
	t, err := p.target(ctx)
	if err != nil {
		return nil, err
	}
	plan := &Plan{
		Base:     BaseInfo{Reference: t.image.Ref, Digest: t.image.Digest.String(), Layers: t.baseLayers},
		Platform: p.cfg.Platform,
		Python:   t.facts.Python.Version,
		Libc:     t.facts.Libc.Family + " " + t.facts.Libc.Version,
		base:     t.image,
	}
	err = p.report.Stage(report.StageWheels, "reading "+p.cfg.Lock.String(), func() (string, error) {
		set, err := p.wheels(ctx, t)
		if err != nil {
			return "", err
		}
		if err := p.reportSet(set); err != nil {
			return "", err
		}
		if p.opt.SkipRecord && len(set.wheels) > 0 {
			p.report.Note(report.StageWheels, "the wheels' files are not verified against their RECORD; the image's history records this")
		}
		plan.Wheels, plan.Choice = len(set.wheels), set.choice
		plan.Layers, err = set.layers(p)
		return report.Count(len(set.wheels), "wheel") + " in " + report.Count(len(plan.Layers), "layer"), err
	})
	if err != nil {
		return nil, err
	}
	owned, err := p.ownLayers(ctx, t)
	if err != nil {
		return nil, err
	}
	plan.Layers = append(plan.Layers, owned...)
	plan.Config = p.imageConfig()
	plan.Notes = p.report.Notes()
	return plan, nil
}

// imageConfig is what the config file says of the image's configuration.
func (p *Pipeline) imageConfig() manifest.Config {
	c := manifest.Config{
		Entrypoint:  p.cfg.Entrypoint,
		Cmd:         p.cfg.Cmd,
		Env:         p.cfg.Env,
		WorkingDir:  p.cfg.Workdir,
		Labels:      p.cfg.Labels,
		Annotations: p.cfg.Annotations,
		Created:     p.created,
	}
	for _, port := range p.cfg.Ports {
		c.Ports = append(c.Ports, fmt.Sprint(port))
	}
	if u := p.cfg.User; !u.IsZero() {
		c.User = fmt.Sprintf("%d:%d", u.UID, u.GID)
	}
	return c
}

// layerTime is the modification time of everything in the layers.
func (p *Pipeline) layerTime() time.Time { return p.created }
