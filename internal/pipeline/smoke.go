package pipeline

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/smoke"
	"github.com/assemble-image/assemble/manifest"
)

// SmokeMode says what to do when the image can't be tested here.
type SmokeMode string

// The smoke modes. The zero mode is SmokeAuto.
const (
	// SmokeAuto tests where that is possible, and says so where it isn't.
	SmokeAuto SmokeMode = "auto"
	// SmokeRequire makes it an error when the image can't be tested.
	SmokeRequire SmokeMode = "require"
	// SmokeOff doesn't test.
	SmokeOff SmokeMode = "off"
)

// ParseSmokeMode reads "auto", "require" or "off".
func ParseSmokeMode(s string) (SmokeMode, error) {
	switch m := SmokeMode(s); m {
	case SmokeAuto, SmokeRequire, SmokeOff:
		return m, nil
	}
	return "", fmt.Errorf("unknown smoke mode %q: must be auto, require or off", s)
}

// SmokeOptions says how the smoke test is run.
type SmokeOptions struct {
	Mode                SmokeMode
	embedded, reference bool // it is built upon the embedded base; it was built before

	// Containerd is the daemon's socket; empty means the usual places.
	Containerd string
	// OwnPlatform tests a reference's image for the platform that it has,
	// whatever the config says; of several, this machine's comes first.
	OwnPlatform bool
}

// errEmbedded says that an image can't be tested for want of programs in it.
var errEmbedded = errors.New("the embedded base has no programs that could be started")

// smokeBuilt tests an image that was built by the plan.
func (p *Pipeline) smokeBuilt(ctx context.Context, plan *Plan, img v1.Image, name string, opt SmokeOptions) (*SmokeResult, error) {
	opt.embedded = plan.base.Embedded
	return p.smoke(ctx, img, name, opt)
}

// ErrNoSmokeTest says that the config describes nothing to test.
var ErrNoSmokeTest = errors.New("no smoke test is configured")

// Statuses of a smoke test that is no error.
const (
	SmokePassed  = "passed"
	SmokeSkipped = "skipped"
)

// smoke starts the image in containerd and asks it for its health, as the
// config wants it. An image that fails is an error; one that can't be tested
// here is skipped, or an error too where the mode requires the test.
func (p *Pipeline) smoke(ctx context.Context, img v1.Image, name string, opt SmokeOptions) (*SmokeResult, error) {
	if opt.Mode == SmokeOff {
		result := &SmokeResult{Status: SmokeSkipped, Reason: "turned off"}
		return result, p.report.Stage(report.StageSmoke, "", func() (string, error) { return "skipped: " + result.Reason, nil })
	}
	var result *SmokeResult
	err := p.report.Stage(report.StageSmoke, "starting the image", func() (string, error) {
		details, err := p.runSmoke(ctx, img, name, opt)
		if reason := skipReason(err); reason != "" && opt.Mode != SmokeRequire {
			result = &SmokeResult{Status: SmokeSkipped, Reason: reason}
			return "skipped: " + reason, nil
		}
		if err != nil {
			return "", fmt.Errorf("smoke test: %w", err)
		}
		result = &SmokeResult{Status: SmokePassed, Details: details}
		for _, n := range details.Notes {
			p.report.Note(report.StageSmoke, n)
		}
		return passedText(details), nil
	})
	return result, err
}

// SmokeReference tests the image that ref names: in a registry, a layout or
// an archive.
func (p *Pipeline) SmokeReference(ctx context.Context, ref string, opt SmokeOptions) (*SmokeResult, error) {
	if _, err := SmokeTest(p.cfg); err != nil && !errors.Is(err, ErrNoSmokeTest) {
		return nil, err
	}
	platform, err := p.platform()
	if err != nil {
		return nil, err
	}
	platforms := []v1.Platform{platform}
	if opt.OwnPlatform {
		platforms = []v1.Platform{{OS: "linux", Architecture: runtime.GOARCH}, {}}
	}
	var img v1.Image
	for _, platform := range platforms {
		var other *manifest.PlatformError
		if img, err = p.open(ctx, ref, platform); !errors.As(err, &other) {
			break
		}
	}
	if err != nil {
		return nil, &OpenError{Ref: ref, Err: err}
	}
	opt.reference = true
	return p.smoke(ctx, img, ref, opt)
}

// open opens the image that ref names; the zero platform means any.
func (p *Pipeline) open(ctx context.Context, ref string, platform v1.Platform) (v1.Image, error) {
	opened, err := base.Open(ctx, []string{ref}, platform, base.Options{Remote: p.opt.Registry, Dir: p.cfg.Dir})
	if err == nil {
		return opened.Image, nil
	}
	var none *base.UnavailableError
	if errors.As(err, &none) && len(none.Causes) == 1 {
		err = none.Causes[0] // there is but one candidate, and it is no base
	}
	return nil, err
}

// OpenError says that there is no image to test at Ref.
type OpenError struct {
	Ref string
	Err error
}

func (e *OpenError) Error() string { return fmt.Sprintf("opening image %q: %v", e.Ref, e.Err) }
func (e *OpenError) Unwrap() error { return e.Err }

// skipReason says why the test could not be run, "" where it could.
func skipReason(err error) string {
	var unavailable *smoke.UnavailableError
	switch {
	case errors.Is(err, errEmbedded):
		return errEmbedded.Error()
	case errors.Is(err, ErrNoSmokeTest):
		return err.Error()
	case errors.As(err, &unavailable):
		return unavailable.Error()
	}
	return ""
}

func (p *Pipeline) runSmoke(ctx context.Context, img v1.Image, name string, opt SmokeOptions) (*smoke.Result, error) {
	o, err := SmokeTest(p.cfg)
	if err != nil {
		return nil, err
	}
	if opt.embedded {
		return nil, errEmbedded
	}
	o.Name, o.Address = name, opt.Containerd
	o.Progress = func(e smoke.Event) {
		text := string(e.Stage)
		if e.Item != "" {
			text += " " + e.Item
		}
		if e.Stage == smoke.StageIngest {
			p.report.Progress(report.StageSmoke, text, e.Done, e.Total)
			return
		}
		p.report.Progress(report.StageSmoke, text, 0, 0)
	}
	result, err := smoke.Run(ctx, img, o)
	var start *smoke.StartError
	var unavailable *smoke.UnavailableError
	if errors.As(err, &start) || opt.reference && errors.As(err, &unavailable) {
		// There is no program, and nothing is wrong with the image. One that its own
		// layers bring would have been started.
		if on, oerr := onEmbedded(img); oerr == nil && on {
			return result, fmt.Errorf("%w: %w", errEmbedded, err)
		}
	}
	return result, err
}

// onEmbedded reports whether an image's first layers are those of the embedded
// base, whatever lies between them and the image's own.
func onEmbedded(img v1.Image) (bool, error) {
	embedded, err := embeddedbase.Open()
	if err != nil {
		return false, err
	}
	below, err := embedded.ConfigFile()
	if err != nil {
		return false, fmt.Errorf("reading the embedded base: %w", err)
	}
	cf, err := img.ConfigFile()
	if err != nil {
		return false, fmt.Errorf("reading the image's configuration: %w", err)
	}
	n := len(below.RootFS.DiffIDs)
	return len(cf.RootFS.DiffIDs) >= n && slices.Equal(cf.RootFS.DiffIDs[:n], below.RootFS.DiffIDs), nil
}

// SmokeTest is the smoke test that cfg describes. The error is
// [ErrNoSmokeTest] where it describes none.
func SmokeTest(cfg *config.Config) (smoke.Options, error) {
	s := cfg.Smoke
	if s.HTTP == nil && s.StaysUp == 0 && len(s.Imports) == 0 && len(s.Command) == 0 {
		return smoke.Options{}, ErrNoSmokeTest
	}
	o := smoke.Options{
		Command:  s.Command,
		Imports:  s.Imports,
		StaysUp:  s.StaysUp,
		Timeout:  s.Timeout,
		Memory:   int64(s.Memory),
		ReadOnly: s.ReadOnly,
	}
	if s.HTTP != nil {
		o.HTTP = &smoke.HTTPProbe{Port: s.HTTP.Port, Path: s.HTTP.Path, Status: s.HTTP.Status}
	}
	if !s.EnvFile.IsZero() {
		var err error
		if o.Env, err = smoke.ReadEnvFile(s.EnvFile.Abs); err != nil {
			return smoke.Options{}, err
		}
	}
	return o, o.Validate()
}

// CheckSmoke finds what would otherwise fail only once all is built, and
// uploaded: a test that contradicts itself, or that is required and not there.
func (p *Pipeline) CheckSmoke(opt SmokeOptions) error {
	if opt.Mode == SmokeOff {
		return nil
	}
	_, err := SmokeTest(p.cfg)
	if errors.Is(err, ErrNoSmokeTest) && opt.Mode != SmokeRequire {
		return nil
	}
	return err
}

// passedText is the stage's last line.
func passedText(r *smoke.Result) string {
	const tenth = 100 * time.Millisecond
	var parts []string
	if r.HTTP != nil {
		parts = append(parts, fmt.Sprintf("healthy after %v: %s answered %d", r.HTTP.After.Round(tenth), r.HTTP.URL, r.HTTP.Status))
	} else if r.StayedUp > 0 {
		parts = append(parts, fmt.Sprintf("stayed up for %v", r.StayedUp.Round(tenth)))
	}
	if r.Command != nil {
		parts = append(parts, fmt.Sprintf("command succeeded in %v", r.Command.Wall.Round(tenth)))
	}
	if len(r.Imports) > 0 {
		parts = append(parts, fmt.Sprintf("imported %d modules", len(r.Imports)))
	}
	return strings.Join(parts, ", ")
}
