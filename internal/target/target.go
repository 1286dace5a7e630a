package target

import (
	"context"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/tags"
)

// Target is a base image and what follows from it: which wheels fit, and where
// they are installed.
type Target struct {
	// Image is the base and where it was found.
	Image *base.Image
	// Facts are what its layers tell.
	Facts *base.Facts
	// BaseLayers counts its layers.
	BaseLayers int
	// Tags say which wheels fit, Markers answer environment markers.
	Tags    tags.Target
	Markers pep508.Environment
	// Scheme is where wheels are installed.
	Scheme wheels.Scheme

	roots   map[string]bool
	rootsID string
	files   *base.Files // once they are read
	store   base.Store
}

// Options say how the base is opened. The zero value reads what lies on this
// machine, keeps nothing, and is silent.
type Options struct {
	// Remote finds bases in registries.
	Remote base.Remote
	// Offline asks no registry for a base.
	Offline bool
	// Dir is what relative paths count from.
	Dir string
	// Containerd opens images of this machine's containerd; see [base.Options].
	Containerd func(context.Context, string, v1.Platform) (v1.Image, error)
	// Lock pins bases in registries; nil pins nothing.
	Lock *base.Lock
	// Check, unless nil, is asked whether the base may be used, before its layers are
	// read.
	Check func(*base.Image) error
	// Store keeps the base's facts between runs.
	Store base.Store
	// Files says that [Target.Files] will be asked for: where the base's layers
	// are read, its files are listed, too.
	Files bool
	// Examine, unless nil, is shown the base's files when its layers are read; see
	// [base.FactsOptions].
	Examine *base.Examiner
	// Reading, unless nil, is called before the base's layers are read, if
	// they have to be.
	Reading func()
	// Keep, unless nil, returns a directory where blobs that are downloaded for
	// the facts are kept, as [base.Keep] does, or "" for none.
	Keep func(*base.Image) string
	// Report is told of the stage [report.StageBase]; nil is silent.
	Report *report.Reporter
}

// Open opens the first of the candidates that is there for the platform, as
// [base.Open] does, and reads its facts.
func Open(ctx context.Context, candidates []string, platform v1.Platform, opt Options) (*Target, error) {
	if opt.Report == nil {
		opt.Report = report.New(nil)
	}
	t := &Target{store: opt.Store}
	err := opt.Report.Stage(report.StageBase, "opening "+strings.Join(candidates, ", "), func() (string, error) {
		err := t.open(ctx, candidates, platform, opt)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s (Python %s, %s %s)", t.Image.Ref, t.Facts.Python.Version, t.Facts.Libc.Family, t.Facts.Libc.Version), nil
	})
	if err != nil {
		return nil, err
	}
	m, err := t.Image.Image.Manifest()
	if err != nil {
		return nil, fmt.Errorf("reading the manifest of %q: %w", t.Image.Ref, err)
	}
	t.BaseLayers = len(m.Layers)
	t.Tags = tags.Target{Python: t.Facts.Python.Version, Machine: Machine(platform.Architecture), Glibc: t.Facts.Libc.Version}
	t.Markers = t.Tags.Environment()
	t.Scheme = installScheme(t.Facts.Python)
	t.findRoots()
	return t, nil
}

func (t *Target) open(ctx context.Context, candidates []string, platform v1.Platform, opt Options) (err error) {
	if t.Image, err = openImage(ctx, candidates, platform, opt); err != nil {
		return err
	}
	if opt.Keep != nil {
		if dir := opt.Keep(t.Image); dir != "" {
			t.Image.Image = base.Keep(t.Image.Image, dir)
		}
	}
	reading := base.FactsOptions{Store: opt.Store, Reading: opt.Reading, Examine: opt.Examine}
	if opt.Files {
		reading.Files = func(f *base.Files) { t.files = f }
	}
	if t.Facts, err = base.ReadFacts(ctx, t.Image.Image, reading); err != nil {
		return fmt.Errorf("reading the base image %q: %w", t.Image.Ref, err)
	}
	if err := checkLibc(t.Facts); err != nil {
		return fmt.Errorf("reading the base image %q: %w", t.Image.Ref, err)
	}
	if py := t.Facts.Python; py.Version == py.Minor {
		opt.Report.Note(report.StageBase, fmt.Sprintf("the base tells no more of its Python's version than %s: markers with python_full_version see %s.0", py.Minor, py.Minor))
	}
	return nil
}

// Files lists the base's files; see [base.ReadFiles].
func (t *Target) Files(ctx context.Context) (*base.Files, error) {
	if t.files == nil {
		var err error
		if t.files, err = base.ReadFiles(ctx, t.Image.Image, base.FactsOptions{Store: t.store}); err != nil {
			return nil, fmt.Errorf("reading the base image %q: %w", t.Image.Ref, err)
		}
	}
	return t.files, nil
}

// With returns the target with other facts: those of the base with packages on
// it. Wheels go where they went.
func (t *Target) With(facts *base.Facts) *Target {
	next := *t
	next.Facts = facts
	next.findRoots()
	return &next
}

// checkLibc refuses what wheels for glibc can't run on, or can't be known to.
func checkLibc(f *base.Facts) error {
	have := ""
	switch {
	case f.Libc.Family == "musl":
		have = "musl as its C library"
	case f.Libc.Version == "":
		system := "its C library"
		if f.OS.PrettyName != "" {
			system = "the C library of " + f.OS.PrettyName
		}
		return fmt.Errorf("finding %s, by which wheels are chosen: %s", system, f.WithoutLibc())
	default:
		return nil
	}
	if f.OS.PrettyName != "" {
		have += " (" + f.OS.PrettyName + ")"
	}
	return &base.UnsupportedError{Have: have, Want: "glibc"}
}

// Machine returns what `uname -m` says on a Go architecture, which is how
// wheels' platform tags call it.
func Machine(arch string) string {
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
