package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/assemble-image/assemble/internal/doctor"
	"github.com/assemble-image/assemble/internal/doctor/needs"
	"github.com/assemble-image/assemble/internal/provide"
	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/supply"
	"github.com/assemble-image/assemble/manifest"
)

// Checked is what `assemble check` found.
type Checked struct {
	Wheels int `json:"wheels"`
	// Packages counts the Debian packages that are installed.
	Packages int `json:"debian_packages,omitempty"`
	// Findings are what may not work, the worst first.
	Findings []doctor.Finding `json:"findings"`
	// Choice tells which wheels were taken where no lock pinned them.
	Choice *supply.Choice `json:"choice,omitempty"`
}

// Check plans the image and says what would be wrong about it: its wheels, each
// and together, and what they, the base and the app come to. It builds nothing.
// The image's growth is that over what ref names, nil for nothing.
func (p *Pipeline) Check(ctx context.Context, ref name.Reference) (*Checked, error) {
	var found []doctor.Finding
	plan, err := p.planWith(ctx, nil, inputs{
		wheels: p.supply.Wheels,
		judge:  func(set *supply.Set) error { found = append(found, p.aboutWheels(set)...); return nil },
		undone: func(text string) {
			found = append(found, doctor.Finding{ID: doctor.IDScript, Severity: doctor.Warning, Text: text})
		},
	})
	if wrong, err := provide.Findings(err); err != nil || len(wrong) > 0 {
		if err != nil {
			return nil, err
		}
		return p.checkWithoutPackages(ctx, wrong)
	}
	more, err := p.examine(ctx, plan)
	if err != nil {
		return nil, err
	}
	sizes, err := p.sizes(ctx, plan, ref)
	if err != nil {
		return nil, err
	}
	found = append(append(found, more...), sizes.Check()...)
	return p.judged(&Checked{Wheels: plan.Wheels, Packages: len(plan.Packages), Findings: found, Choice: plan.Choice}), nil
}

// checkWithoutPackages checks the wheels alone: with packages that aren't what is
// locked, nothing can be said of the image.
func (p *Pipeline) checkWithoutPackages(ctx context.Context, wrong []provide.Finding) (*Checked, error) {
	out := &Checked{}
	lock, err := p.packages.Read()
	if err == nil {
		out.Packages = len(lock.Packages)
	}
	for _, f := range wrong {
		out.Findings = append(out.Findings, doctor.Finding{ID: f.Kind, Severity: doctor.Error, Text: f.Text})
	}
	if p.cfg.Lock.IsZero() {
		return p.judged(out), nil
	}
	t, err := p.target(ctx)
	if err != nil {
		return nil, err
	}
	set, err := p.supply.Wheels(ctx, t)
	if err != nil {
		return nil, err
	}
	out.Wheels, out.Choice = len(set.Wheels), set.Choice
	out.Findings = append(out.Findings, p.aboutWheels(set)...)
	return p.judged(out), nil
}

// aboutWheels are the findings about wheels, each and together.
func (p *Pipeline) aboutWheels(set *supply.Set) []doctor.Finding {
	list := p.supply.Findings(set, true)
	found := make([]doctor.Finding, 0, len(list))
	for _, f := range list {
		found = append(found, fromSupply(f))
	}
	return found
}

// judged applies what the config says of findings.
func (p *Pipeline) judged(c *Checked) *Checked {
	for _, g := range doctor.Judge(c.Findings, p.levels(), p.ignored()) {
		p.report.Note(report.StageCheck, fmt.Sprintf("ignore: nothing was found that %s is about (%s)", ignoreName(g), g.Reason))
	}
	if c.Findings == nil {
		c.Findings = []doctor.Finding{}
	}
	return c
}

func ignoreName(g doctor.Ignored) string {
	if g.About == "" {
		return g.ID
	}
	return g.ID + " of " + g.About
}

// fromSupply is a finding about wheels as one of the image.
func fromSupply(f supply.Finding) doctor.Finding {
	out := doctor.Finding{ID: string(f.Kind), Severity: doctor.Warning, Text: f.Text, Wheels: f.Wheels}
	if len(f.Wheels) > 0 {
		out.About = f.Wheels[0]
	}
	if f.Error {
		out.Severity = doctor.Error
	}
	return out
}

// levels are the severities that the config sets. Those of kinds of wheels'
// problems are set already.
func (p *Pipeline) levels() map[string]string {
	levels := map[string]string{}
	for _, r := range doctor.Rules() {
		if says, ok := p.cfg.Problems[r.ID]; ok {
			levels[r.ID] = says
		}
	}
	return levels
}

func (p *Pipeline) ignored() []doctor.Ignored {
	list := make([]doctor.Ignored, 0, len(p.cfg.Ignore))
	for _, g := range p.cfg.Ignore {
		list = append(list, doctor.Ignored{ID: g.ID, About: g.About, Reason: g.Reason})
	}
	return list
}

// examine looks at what would be in the image.
func (p *Pipeline) examine(ctx context.Context, plan *Plan) (found []doctor.Finding, err error) {
	err = p.report.Stage(report.StageCheck, "examining the image", func() (string, error) {
		platform, err := p.platform()
		if err != nil {
			return "", err
		}
		opt := doctor.Options{Jobs: p.opt.Jobs, Seen: plan.observer}
		if p.opt.Cache != nil {
			opt.Store = p.opt.Cache
		}
		img, err := doctor.Gather(ctx, doctor.Plan{Target: plan.target, Set: plan.set, Layers: plan.Layers, Arch: platform.Architecture}, opt)
		if err != nil {
			return "", err
		}
		wanted, err := p.wanted(plan)
		if err != nil {
			return "", err
		}
		found, err = img.Examine(wanted)
		return report.Count(len(found), "finding"), err
	})
	return found, err
}

// wanted is what the image is to do.
func (p *Pipeline) wanted(plan *Plan) (doctor.Wanted, error) {
	of, err := plan.base.Image.ConfigFile()
	if err != nil {
		return doctor.Wanted{}, fmt.Errorf("reading the configuration of %q: %w", plan.base.Ref, err)
	}
	if of, err = plan.Config.Over(of); err != nil {
		return doctor.Wanted{}, err
	}
	w := doctor.Wanted{Config: of.Config, Imports: p.cfg.Smoke.Imports, Command: len(p.cfg.Entrypoint)+len(p.cfg.Cmd) > 0}
	for _, d := range p.cfg.Dirs {
		w.Dirs = append(w.Dirs, d.Path)
	}
	for _, n := range p.cfg.Needs {
		w.Needs = append(w.Needs, needs.Row{Projects: n.Projects, Needs: n.Needs, Packages: n.Packages})
	}
	if p.cfg.Smoke.HTTP != nil {
		w.HealthPort = p.cfg.Smoke.HTTP.Port
	}
	return w, nil
}

// sizes are those that the plan estimates, and those of what ref names now.
func (p *Pipeline) sizes(ctx context.Context, plan *Plan, ref name.Reference) (doctor.Sizes, error) {
	b := p.cfg.Budget
	s := doctor.Sizes{Image: int64(b.Image), Growth: int64(b.Growth), Layer: int64(b.Layer)}
	if s.Image == 0 && s.Growth == 0 && s.Layer == 0 {
		return s, nil
	}
	m, err := plan.base.Image.Manifest()
	if err != nil {
		return s, fmt.Errorf("reading the manifest of %q: %w", plan.base.Ref, err)
	}
	for _, l := range m.Layers {
		s.Base += l.Size
	}
	for i := range plan.Layers {
		s.Layers = append(s.Layers, doctor.LayerSize{Name: plan.Layers[i].Name, Size: plan.Layers[i].Size})
	}
	if ref == nil || s.Growth == 0 {
		return s, nil
	}
	s.Ref = ref.Name()
	s.Before, err = p.layersOf(ctx, ref)
	return s, err
}

// layersOf are the layers of an image in a registry, nil where there is none.
func (p *Pipeline) layersOf(ctx context.Context, ref name.Reference) ([]doctor.LayerSize, error) {
	platform, err := p.platform()
	if err != nil {
		return nil, err
	}
	img, _, err := p.opt.Registry.Image(ctx, ref.Name(), platform)
	var other *manifest.PlatformError
	if errors.Is(err, registry.ErrNotFound) || errors.As(err, &other) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the image before, which budget.growth is counted from: %w", err)
	}
	m, err := img.Manifest()
	if err != nil {
		return nil, fmt.Errorf("reading the manifest of %q: %w", ref.Name(), err)
	}
	cf, err := img.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("reading the configuration of %q: %w", ref.Name(), err)
	}
	var names []string
	for _, h := range cf.History {
		if !h.EmptyLayer {
			names = append(names, strings.TrimPrefix(h.CreatedBy, "assemble: "))
		}
	}
	list := make([]doctor.LayerSize, len(m.Layers))
	for i, l := range m.Layers {
		list[i] = doctor.LayerSize{Name: fmt.Sprintf("layer %d", i+1), Size: l.Size}
		if i < len(names) {
			list[i].Name = names[i]
		}
	}
	return list, nil
}

// FindingsError says that an image isn't built for what would be wrong in it.
type FindingsError struct{ Found []doctor.Finding }

func (e *FindingsError) Error() string {
	errs := make([]error, len(e.Found))
	for i, f := range e.Found {
		errs[i] = errors.New(f.ID + ": " + f.Text)
	}
	return errors.Join(errs...).Error()
}

// Errors are the findings that are errors.
func (c *Checked) Errors() []doctor.Finding { return errorsOf(c.Findings) }

// Mendable are the findings whose packages are to be added: the errors, and missing
// libraries that nothing imports now.
func (c *Checked) Mendable() []doctor.Finding {
	list := c.Errors()
	for _, f := range c.Findings {
		if f.Severity == doctor.Warning && f.ID == doctor.IDMissingLibrary {
			list = append(list, f)
		}
	}
	return list
}

func errorsOf(found []doctor.Finding) []doctor.Finding {
	var list []doctor.Finding
	for _, f := range found {
		if f.Severity == doctor.Error {
			list = append(list, f)
		}
	}
	return list
}

// Summary counts what was found, in one line.
func (c *Checked) Summary() string {
	n := map[doctor.Severity]int{}
	for _, f := range c.Findings {
		n[f.Severity]++
	}
	parts := []string{report.Count(c.Wheels, "wheel")}
	if c.Packages > 0 {
		parts = append(parts, report.Count(c.Packages, "Debian package"))
	}
	parts = append(parts, report.Count(n[doctor.Error], "problem"))
	for _, s := range []doctor.Severity{doctor.Warning, doctor.Note} {
		if n[s] > 0 {
			parts = append(parts, report.Count(n[s], string(s)))
		}
	}
	return strings.Join(parts, ", ")
}
