package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/tags"
)

// target is the base image and what follows from it: which wheels fit, and
// where they are installed.
type target struct {
	image      *base.Image
	facts      *base.Facts
	baseLayers int
	tags       tags.Target
	markers    pep508.Environment
	scheme     wheels.Scheme
	// roots are the base's directories that wheels may meet: those of the
	// install scheme and all others below the prefix that aren't Python's.
	roots map[string]bool
	// rootsID says which directories these are, for the layers' keys.
	rootsID string
}

// target opens the base and learns what must be known of it.
func (p *Pipeline) target(ctx context.Context) (*target, error) {
	platform, err := v1.ParsePlatform(p.cfg.Platform)
	if err != nil {
		return nil, fmt.Errorf("parsing platform %q: %w", p.cfg.Platform, err)
	}
	t := &target{}
	err = p.report.Stage(report.StageBase, "opening "+strings.Join(p.cfg.Base, ", "), func() (string, error) {
		t.image, err = base.Open(ctx, p.cfg.Base, *platform, base.Options{
			Remote:   p.opt.Registry,
			Dir:      p.cfg.Dir,
			Embedded: embeddedbase.Open,
		})
		if err != nil {
			return "", err
		}
		if passed := t.image.Passed; passed != nil {
			for i, c := range passed.Candidates {
				p.report.Note(report.StageBase, fmt.Sprintf("base %q can't be used: %v", c, passed.Causes[i]))
			}
		}
		opt := base.FactsOptions{}
		if p.opt.Cache != nil {
			opt.Store = p.opt.Cache
		}
		if t.facts, err = base.ReadFacts(ctx, t.image.Image, opt); err != nil {
			return "", fmt.Errorf("reading the base image %q: %w", t.image.Ref, err)
		}
		return fmt.Sprintf("%s (Python %s, %s %s)", t.image.Ref, t.facts.Python.Version, t.facts.Libc.Family, t.facts.Libc.Version), nil
	})
	if err != nil {
		return nil, err
	}
	m, err := t.image.Image.Manifest()
	if err != nil {
		return nil, fmt.Errorf("reading the manifest of %q: %w", t.image.Ref, err)
	}
	t.baseLayers = len(m.Layers)
	t.tags = tags.Target{Python: t.facts.Python.Version, Machine: machine(platform.Architecture), Glibc: t.facts.Libc.Version}
	t.markers = t.tags.Environment()
	t.scheme = installScheme(t.facts.Python)
	t.findRoots()
	return t, nil
}

// machine returns what `uname -m` says on a Go architecture, which is how
// wheels' platform tags call it.
func machine(arch string) string {
	switch arch {
	case "amd64":
		return "x86_64"
	case "arm64":
		return "aarch64"
	case "386":
		return "i686"
	}
	return arch
}

// installScheme is where pip of that interpreter would install
// (sysconfig's posix_prefix, or Debian's posix_local).
func installScheme(py base.Python) wheels.Scheme {
	rel := func(p string) string { return strings.TrimPrefix(path.Clean(p), "/") }
	return wheels.Scheme{
		Purelib:     rel(py.SitePackages),
		Platlib:     rel(py.SitePackages),
		Scripts:     rel(py.Scripts),
		Data:        rel(py.Prefix),
		Headers:     rel(py.Include),
		Interpreter: py.Executable,
	}
}

// DefaultScheme is where wheels are installed on an image like
// python:3.10-slim-bookworm, for a Python of that minor version ("3.10").
func DefaultScheme(minor string) wheels.Scheme {
	return installScheme(base.Python{
		Executable:   "/usr/local/bin/python" + minor,
		Prefix:       "/usr/local",
		SitePackages: "/usr/local/lib/python" + minor + "/site-packages",
		Scripts:      "/usr/local/bin",
		Include:      "/usr/local/include/python" + minor,
	})
}

// findRoots notes the base's directories that wheel layers need not write
// again. What lies inside site-packages is left out: it belongs to projects,
// and a layer must not depend on which of them a base happens to have.
func (t *target) findRoots() {
	t.roots = map[string]bool{}
	for _, dir := range []string{t.scheme.Purelib, t.scheme.Platlib, t.scheme.Scripts, t.scheme.Data, t.scheme.Headers} {
		for ; dir != "."; dir = path.Dir(dir) {
			if t.facts.HasDir(dir) {
				t.roots[dir] = true
			}
		}
	}
	stdlib := path.Dir(t.scheme.Purelib) + "/"
	for dir := range t.baseDirs() {
		if strings.HasPrefix(dir, t.scheme.Data+"/") && !strings.HasPrefix(dir+"/", stdlib) {
			t.roots[dir] = true
		}
	}
	list := make([]string, 0, len(t.roots))
	for dir := range t.roots {
		list = append(list, dir)
	}
	slices.SortFunc(list, cmp.Compare)
	t.rootsID = strings.Join(list, "\x00")
}

// baseDirs yields the base's directories, and the symbolic links that lead to
// one, relative to its root.
func (t *target) baseDirs() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, dir := range t.facts.Dirs {
			if !yield(strings.TrimPrefix(dir, "/")) {
				return
			}
		}
		for link := range t.facts.Links {
			if t.facts.HasDir(link) && !yield(strings.TrimPrefix(link, "/")) {
				return
			}
		}
	}
}

// isRoot reports whether dir is one of the roots.
func (t *target) isRoot(dir string) bool { return t.roots[dir] }
