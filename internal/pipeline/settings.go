package pipeline

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/certs"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/contents"
	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/supply"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/manifest"
)

// ErrNoInit says that the image has no tini.
var ErrNoInit = errors.New("neither the base nor packages have tini")

// maxCertificates bounds a file of certificates in bytes.
const maxCertificates = 1 << 20

// settings makes the layer of the time zone and of authorities.
func (p *Pipeline) settings(t *target.Target, plan *Plan) (contents.Settings, error) {
	s := contents.Settings{
		Timezone:     p.cfg.Timezone,
		Certifi:      p.cfg.Certifi,
		HasTimezones: plan.unknown() && p.installs("tzdata"),
		ModTime:      p.created,
		Wheels:       func() *supply.Set { return plan.set },
		Files: func(ctx context.Context) (*base.Files, error) {
			opt := base.FactsOptions{Jobs: p.opt.Jobs}
			if p.opt.Cache != nil {
				opt.Store = p.opt.Cache
			}
			return base.ReadFiles(ctx, t.Image.Image, opt)
		},
	}
	for i, file := range p.cfg.CACertificates {
		list, err := p.authorities(file)
		if err != nil {
			return s, fmt.Errorf("ca_certificates[%d]: %q: %w", i, file, err)
		}
		s.Authorities = append(s.Authorities, list...)
	}
	return s, nil
}

// authorities reads the certificates of a file. Each gets a name of its own, since
// OpenSSL looks for but one in a file.
func (p *Pipeline) authorities(file config.Path) ([]contents.Authority, error) {
	data, err := osfile.ReadBounded(file.Abs, maxCertificates)
	if err != nil {
		return nil, osfile.WithoutPath(err)
	}
	found, err := certs.Parse(data)
	if err != nil {
		return nil, err
	}
	list := make([]contents.Authority, len(found))
	for i, c := range found {
		list[i] = contents.Authority{Name: config.CertificateName(file), Certificate: c}
		if i > 0 {
			list[i].Name += fmt.Sprintf("-%d", i+1)
		}
		if !c.IsCA {
			p.report.Note(report.StageBase, fmt.Sprintf("ca_certificates: %q: %s is no authority, but a certificate of its own", file, c.Subject))
		}
	}
	return list, nil
}

// unknown reports whether some of the plan's system packages aren't here, so that
// nobody can say what is in them.
func (p *Plan) unknown() bool {
	return slices.ContainsFunc(p.Layers, func(l contents.Layer) bool { return l.Kind == contents.KindConfigured && l.Key == "" })
}

// installs reports whether the config's packages have one of that name.
func (p *Pipeline) installs(name string) bool {
	return slices.ContainsFunc(p.cfg.Packages.Install, func(s string) bool {
		got, _, _ := strings.Cut(s, "=")
		return strings.TrimSpace(got) == name
	})
}

// tini are where distributions have it: Debian and Fedora, Alpine, and images by
// hand.
var tini = []string{"/usr/bin/tini", "/sbin/tini", "/usr/local/bin/tini"}

// withInit lets tini start what the image would start.
func (p *Pipeline) withInit(c *manifest.Config, plan *Plan, facts *base.Facts, of *v1.ConfigFile) error {
	if !p.cfg.Init {
		return nil
	}
	program := ""
	for _, at := range tini {
		if has, _ := facts.HasProgram(path.Dir(at), path.Base(at)); has {
			program = at
			break
		}
	}
	if program == "" && plan.unknown() && p.installs("tini") {
		program = tini[0]
	}
	if program == "" {
		return fmt.Errorf("init: %w", ErrNoInit)
	}
	entrypoint := c.Entrypoint
	if entrypoint == nil {
		entrypoint, c.KeepCmd = of.Config.Entrypoint, true
	}
	if len(entrypoint) > 0 && path.Base(entrypoint[0]) == "tini" {
		return nil
	}
	c.Entrypoint = append([]string{program, "--"}, entrypoint...)
	return nil
}

// withoutInit is a command less what init puts before it.
func (p *Pipeline) withoutInit(command []string) []string {
	if p.cfg.Init && len(command) > 2 && path.Base(command[0]) == "tini" && command[1] == "--" {
		return command[2:]
	}
	return command
}
