package images

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Difference is what two images have and don't have in common.
type Difference struct {
	From string `json:"from"`
	To   string `json:"to"`
	// Same says that they are one image.
	Same bool `json:"same"`
	Base *struct {
		From Base `json:"from"`
		To   Base `json:"to"`
	} `json:"base,omitempty"`
	Size   [2]int64 `json:"size"`
	Config []Change `json:"config,omitempty"`
	// Known says what told wheels and packages: "record", "layers", or "" where
	// they aren't known for both images.
	Known    string   `json:"known,omitempty"`
	Wheels   []Change `json:"wheels,omitempty"`
	Packages []Change `json:"packages,omitempty"`
	Removed  []Layer  `json:"layersRemoved,omitempty"`
	Added    []Layer  `json:"layersAdded,omitempty"`
	Shared   int      `json:"layersShared"`
	// Files are those of the layers that aren't shared, where they were read.
	Files []Change `json:"files,omitempty"`
}

// Change is something that isn't the same in both; From or To is empty where it
// is in one alone.
type Change struct {
	What string `json:"what"`
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// DiffOptions says how images are compared.
type DiffOptions struct {
	DescribeOptions
	// Files compares the files of the layers that aren't shared, too, which are
	// read for it.
	Files bool
}

// Diff compares two images, each for the options' platform, or the only one that
// is there.
func (o Opener) Diff(ctx context.Context, from, to Place, opt DiffOptions) (*Difference, error) {
	a, err := o.one(ctx, from, opt)
	if err != nil {
		return nil, err
	}
	b, err := o.one(ctx, to, opt)
	if err != nil {
		return nil, err
	}
	d := &Difference{From: from.With(a.Digest).String(), To: to.With(b.Digest).String(), Same: a.Digest == b.Digest, Size: [2]int64{a.Size, b.Size}}
	if a.Known != b.Known { // what they know is not the same: a record has what was added alone
		if opt.Scan = true; a.Known != "layers" {
			err = o.scan(ctx, reset(a), opt.DescribeOptions)
		}
		if err == nil && b.Known != "layers" {
			err = o.scan(ctx, reset(b), opt.DescribeOptions)
		}
		if err != nil {
			return nil, err
		}
	}
	d.compare(a, b)
	if opt.Files {
		if d.Files, err = diffFiles(ctx, a, b, d); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func reset(i *Image) *Image {
	i.Known, i.Wheels, i.Packages = "", nil, nil
	return i
}

func (o Opener) one(ctx context.Context, p Place, opt DiffOptions) (*Image, error) {
	desc, err := o.Describe(ctx, p, opt.DescribeOptions)
	if err != nil {
		return nil, err
	}
	if len(desc.Images) != 1 {
		var have []string
		for _, i := range desc.Images {
			have = append(have, i.Platform)
		}
		return nil, fmt.Errorf("describing %s: it has %d images, name one by its platform: %s", p, len(have), strings.Join(have, ", "))
	}
	return desc.Images[0], nil
}

func (d *Difference) compare(a, b *Image) {
	if a.Base != b.Base {
		d.Base = &struct {
			From Base `json:"from"`
			To   Base `json:"to"`
		}{a.Base, b.Base}
	}
	d.Config = changes(configLines(a), configLines(b))
	if a.Known == b.Known {
		d.Known = a.Known
		d.Wheels = changes(versions(a.Wheels), versions(b.Wheels))
		d.Packages = changes(versions(a.Packages), versions(b.Packages))
	}
	has := func(list []Layer, l Layer) bool {
		return slices.ContainsFunc(list, func(o Layer) bool { return o.DiffID == l.DiffID })
	}
	for _, l := range a.Layers {
		if has(b.Layers, l) {
			d.Shared++
		} else {
			d.Removed = append(d.Removed, l)
		}
	}
	for _, l := range b.Layers {
		if !has(a.Layers, l) {
			d.Added = append(d.Added, l)
		}
	}
}

func versions(list []Entry) map[string]string {
	m := map[string]string{}
	for _, e := range list {
		if old, ok := m[e.Name]; ok { // several architectures of a package
			e.Version = old + ", " + e.Version
		}
		m[e.Name] = e.Version
	}
	return m
}

// configLines is an image's config, a line a field; the environment and labels
// have one for each name.
func configLines(i *Image) map[string]string {
	m := map[string]string{"platform": i.Platform}
	c := i.Config
	for _, kv := range c.Env {
		k, v, _ := strings.Cut(kv, "=")
		m["env "+k] = v
	}
	for k, v := range c.Labels {
		m["label "+k] = v
	}
	for k, v := range i.Notes {
		if !strings.HasPrefix(k, "org.opencontainers.image.base.") {
			m["annotation "+k] = v
		}
	}
	c.Env, c.Labels = nil, nil
	raw, err := json.Marshal(c)
	if err != nil {
		return m
	}
	fields := map[string]json.RawMessage{}
	if json.Unmarshal(raw, &fields) == nil {
		for k, v := range fields {
			m[k] = string(v)
		}
	}
	return m
}

// changes lists what differs, by name.
func changes(a, b map[string]string) []Change {
	var out []Change
	for _, k := range slices.Sorted(maps.Keys(a)) {
		if v, ok := b[k]; !ok || v != a[k] {
			out = append(out, Change{What: k, From: a[k], To: v})
		}
	}
	for k, v := range b {
		if _, ok := a[k]; !ok {
			out = append(out, Change{What: k, To: v})
		}
	}
	slices.SortFunc(out, func(a, b Change) int { return cmp.Compare(a.What, b.What) })
	return out
}
