package pipeline

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/manifest"
)

// maxPeek is the size up to which an image's own layers are looked into for what
// they take from the base: accounts, dpkg's database and what removes files are
// small, and wheels, which aren't, take nothing.
const maxPeek = 16 << 20

// RebaseOptions says how an image gets onto another base.
type RebaseOptions struct {
	// Base is the new base, or what it is called in the image where that is empty;
	// OldBase is where the base is that the image was built upon, which is by
	// itself what it is called, by its digest.
	Base, OldBase string
	PushOptions
}

// Rebased is what became of an image.
type Rebased struct {
	Image    string `json:"image"`
	Tag      string `json:"tag,omitempty"`
	Platform string `json:"platform"`
	Base     string `json:"base"`
	From     string `json:"from"`
	To       string `json:"to"`
	// Layers counts the image's own layers, Changes is what the base's packages and
	// Python changed by.
	Layers  int      `json:"layers"`
	Changes []string `json:"changes,omitempty"`
	// Current says that the image is on that base already; nothing was done.
	Current   bool         `json:"current,omitempty"`
	Smoke     *SmokeResult `json:"smoke,omitempty"`
	Signature string       `json:"signature,omitempty"`
}

// MisfitError says what keeps an image from a base.
type MisfitError struct {
	Image, Base string
	Reasons     []string
}

func (e *MisfitError) Error() string {
	return fmt.Sprintf("the image %q doesn't fit on the base %q:\n  %s", e.Image, e.Base, strings.Join(e.Reasons, "\n  "))
}

// Rebase puts an image's own layers onto a newer base, without wheels or app: they
// stay as they are. Where the base doesn't fit, the error is a [*MisfitError].
// The new image is tested, signed and tagged as a push's is.
func (p *Pipeline) Rebase(ctx context.Context, target name.Tag, opt RebaseOptions) (*Rebased, error) {
	signing, err := p.signing(opt.PushOptions)
	if err != nil {
		return nil, err
	}
	r, img, err := p.rebased(ctx, target, opt)
	if err != nil {
		return nil, fmt.Errorf("rebasing %q: %w", target.Name(), err)
	}
	if r.Current {
		return r, nil
	}
	var digest name.Digest
	err = p.report.Stage(report.StagePush, "uploading to "+target.Context().Name(), func() (string, error) {
		digest, err = p.opt.Registry.PushManifest(ctx, target.Context(), img)
		return digest.DigestStr(), err
	})
	if err != nil {
		return nil, err
	}
	r.Image = digest.Name()
	if r.Smoke, err = p.smoke(ctx, img, target.Name(), opt.Smoke); err != nil {
		return nil, err
	}
	if r.Signature, err = p.sign(ctx, signing, img, digest); err != nil {
		return nil, err
	}
	r.Tag = target.Name()
	return r, p.report.Stage(report.StageTag, target.Name(), func() (string, error) {
		return target.Name(), p.opt.Registry.Tag(ctx, digest, target)
	})
}

// rebased makes the new image.
func (p *Pipeline) rebased(ctx context.Context, ref name.Tag, opt RebaseOptions) (*Rebased, v1.Image, error) {
	platform, err := p.platform()
	if err != nil {
		return nil, nil, err
	}
	img, _, err := p.opt.Registry.Image(ctx, ref.Name(), platform)
	if err != nil {
		return nil, nil, err
	}
	m, err := img.Manifest()
	if err != nil {
		return nil, nil, err
	}
	called, was := m.Annotations[manifest.AnnotationBaseName], m.Annotations[manifest.AnnotationBaseDigest]
	oldRef, newRef := opt.OldBase, opt.Base
	if newRef == "" {
		newRef = called
	}
	if oldRef == "" && called != "" && was != "" {
		if parsed, err := name.ParseReference(called); err == nil {
			oldRef = parsed.Context().Name() + "@" + was
		}
	}
	if newRef == "" || oldRef == "" {
		return nil, nil, errors.New("the image doesn't say on which base it was built")
	}
	to, err := p.openBase(ctx, newRef, platform)
	if err != nil {
		return nil, nil, err
	}
	r := &Rebased{Image: ref.Name(), Platform: platform.String(), Base: newRef, From: was, To: to.Image.Digest.String()}
	if r.From == r.To {
		r.Current = true
		return r, nil, nil
	}
	from, err := p.openBase(ctx, oldRef, platform)
	if err != nil {
		return nil, nil, err
	}
	out, err := p.onto(ctx, img, m, from, to, r)
	return r, out, err
}

// openBase opens one base and reads its facts.
func (p *Pipeline) openBase(ctx context.Context, ref string, platform v1.Platform) (*target.Target, error) {
	opt := target.Options{Remote: p.opt.Registry.Bases(), Offline: p.opt.Offline, Dir: p.cfg.Dir, Report: p.report}
	if p.opt.Cache != nil { // a nil *Cache would be a non-nil Store
		opt.Store = p.opt.Cache
	}
	return target.Open(ctx, []string{ref}, platform, opt)
}

// onto puts the layers that an image has above one base onto another.
func (p *Pipeline) onto(ctx context.Context, img v1.Image, m *v1.Manifest, from, to *target.Target, r *Rebased) (v1.Image, error) {
	own, err := above(img, from.Image.Image)
	if err != nil {
		return nil, err
	}
	owned, err := peek(ctx, own)
	if err != nil {
		return nil, err
	}
	if reasons := base.Fit(from.Facts, to.Facts, owned); len(reasons) > 0 {
		return nil, &MisfitError{Image: r.Image, Base: r.Base, Reasons: reasons}
	}
	if from.RootsID() != to.RootsID() {
		return nil, &MisfitError{Image: r.Image, Base: r.Base, Reasons: []string{"it has other directories where wheels go"}}
	}
	a, err := base.PinOf(from.Image.Image, from.Facts)
	if err != nil {
		return nil, err
	}
	b, err := base.PinOf(to.Image.Image, to.Facts)
	if err != nil {
		return nil, err
	}
	r.Changes, r.Layers = a.Changes(b), len(own)
	cf, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	before, err := from.Image.Image.ConfigFile()
	if err != nil {
		return nil, err
	}
	cfg, adds := changed(before, cf, own)
	for i := range adds { // what they depend on of a base is the same
		adds[i].Key = m.Layers[len(m.Layers)-len(own)+i].Annotations[manifest.AnnotationLayerKey]
	}
	cfg.Annotations = m.Annotations
	delete(cfg.Annotations, manifest.AnnotationBaseDigest)
	called := cfg.Annotations[manifest.AnnotationBaseName]
	delete(cfg.Annotations, manifest.AnnotationBaseName)
	mt, err := img.MediaType()
	if err != nil {
		return nil, err
	}
	platform, err := p.platform()
	if err != nil {
		return nil, err
	}
	return manifest.Assemble(to.Image.Image, adds, cfg, manifest.Options{
		BaseName: called, BaseDigest: r.To, Platform: platform, OCI: strings.HasPrefix(string(mt), "application/vnd.oci."),
	})
}

// above returns the layers that an image has above a base.
func above(img, on v1.Image) ([]v1.Layer, error) {
	list, err := img.Layers()
	if err != nil {
		return nil, err
	}
	below, err := on.Layers()
	if err != nil {
		return nil, err
	}
	if len(below) > len(list) {
		return nil, errors.New("it has fewer layers than the base that it names")
	}
	for i, l := range below {
		a, err := l.DiffID()
		if err != nil {
			return nil, err
		}
		b, err := list[i].DiffID()
		if err != nil {
			return nil, err
		}
		if a != b {
			return nil, fmt.Errorf("its layer %d is not that of the base that it names", i+1)
		}
	}
	return list[len(below):], nil
}

// peek lists the files of the small layers, and what they remove.
func peek(ctx context.Context, list []v1.Layer) (map[string]bool, error) {
	owned := map[string]bool{}
	for _, l := range list {
		size, err := l.Size()
		if err != nil {
			return nil, err
		}
		if size > maxPeek {
			continue
		}
		if err := peekInto(ctx, l, owned); err != nil {
			return nil, err
		}
	}
	return owned, nil
}

func peekInto(ctx context.Context, l v1.Layer, owned map[string]bool) error {
	err := layers.EachEntry(ctx, l, func(h *tar.Header, _ io.Reader) error {
		if p := path.Clean("/" + h.Name); h.Typeflag != tar.TypeDir {
			owned[path.Join(path.Dir(p), strings.TrimPrefix(path.Base(p), ".wh."))] = true
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading a layer: %w", err)
	}
	return nil
}

// changed says what an image changes of its base's config, and what its layers'
// lines in the history are.
func changed(before, after *v1.ConfigFile, own []v1.Layer) (manifest.Config, []manifest.Addition) {
	a, b := before.Config, after.Config
	cfg := manifest.Config{Env: map[string]string{}, Labels: map[string]string{}, Created: after.Created.Time}
	if !slices.Equal(a.Entrypoint, b.Entrypoint) {
		cfg.Entrypoint = b.Entrypoint
	}
	if cfg.Entrypoint != nil || !slices.Equal(a.Cmd, b.Cmd) {
		cfg.Cmd = append([]string{}, b.Cmd...)
	}
	old := map[string]string{}
	for _, kv := range a.Env {
		k, v, _ := strings.Cut(kv, "=")
		old[k] = v
	}
	for _, kv := range b.Env {
		k, v, _ := strings.Cut(kv, "=")
		if was, ok := old[k]; !ok || was != v {
			v = strings.ReplaceAll(v, "$", "$$")
			if ok && was != "" && k == "PATH" {
				v = strings.ReplaceAll(v, was, "${"+k+"}")
			}
			cfg.Env[k] = v
		}
	}
	for k, v := range b.Labels {
		if was, ok := a.Labels[k]; !ok || was != v {
			cfg.Labels[k] = v
		}
	}
	for port := range b.ExposedPorts {
		if _, ok := a.ExposedPorts[port]; !ok {
			cfg.Ports = append(cfg.Ports, strings.TrimSuffix(port, "/tcp"))
		}
	}
	for v := range b.Volumes {
		if _, ok := a.Volumes[v]; !ok {
			cfg.Volumes = append(cfg.Volumes, v)
		}
	}
	slices.Sort(cfg.Ports)
	slices.Sort(cfg.Volumes)
	if a.User != b.User {
		cfg.User = b.User
	}
	if a.WorkingDir != b.WorkingDir {
		cfg.WorkingDir = b.WorkingDir
	}
	if a.StopSignal != b.StopSignal {
		cfg.StopSignal = b.StopSignal
	}
	if before.Author != after.Author {
		cfg.Author = after.Author
	}
	return cfg, additions(&cfg, after.History, own)
}

// additions pairs the image's own layers with the end of its history, and gives
// the lines without layers, which stand before them, to the config.
func additions(cfg *manifest.Config, history []v1.History, own []v1.Layer) []manifest.Addition {
	adds := make([]manifest.Addition, len(own))
	i, left := len(history)-1, len(own)
	for ; i >= 0 && left > 0; i-- {
		if !history[i].EmptyLayer {
			left--
			adds[left].CreatedBy, adds[left].Comment = history[i].CreatedBy, history[i].Comment
		}
	}
	for ; i >= 0 && history[i].EmptyLayer && strings.HasPrefix(history[i].CreatedBy, "assemble: "); i-- {
		cfg.History = append(cfg.History, history[i].CreatedBy)
	}
	slices.Reverse(cfg.History)
	for n := range own {
		adds[n].Layer = own[n]
	}
	return adds
}
