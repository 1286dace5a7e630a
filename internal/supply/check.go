package supply

import (
	"context"
	"errors"
	"fmt"

	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/resolve"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// DeniedError says that a lock pins what the config's deny list forbids.
type DeniedError struct {
	File    string
	Line    int
	Name    string
	Pattern string
}

func (e *DeniedError) Error() string {
	return fmt.Sprintf("%s:%d: %s must not be in the image (deny: %s)", e.File, e.Line, e.Name, e.Pattern)
}

// denied lists the pins that the config forbids, and notes those that are of
// use on a GPU only where the config says nothing of them.
func (p settings) denied(pins []requirements.Pin) error {
	if len(p.cfg.Deny) == 0 {
		return p.noteGPU(pins)
	}
	var errs []error
	for _, pattern := range p.cfg.Deny {
		match, err := resolve.Matcher(pattern)
		if err != nil {
			return err
		}
		for _, pin := range pins {
			if match(pin.Normalized) {
				errs = append(errs, &DeniedError{File: pin.File, Line: pin.Line, Name: pin.Normalized, Pattern: pattern})
			}
		}
	}
	return errors.Join(errs...)
}

// noteGPU tells of pins that are of use on a GPU only.
func (p settings) noteGPU(pins []requirements.Pin) error {
	match, err := resolve.GPUOnly()
	if err != nil {
		return err
	}
	var gpu []string
	for _, pin := range pins {
		if match(pin.Normalized) {
			gpu = append(gpu, pin.Normalized)
		}
	}
	if len(gpu) > 0 {
		p.opt.Report.Note(report.StageWheels, fmt.Sprintf("the lock has %s, which are only useful on a GPU; exclude them with deny: [nvidia-*, triton]", report.List(gpu)))
	}
	return nil
}

// Checked is what `assemble check` found.
type Checked struct {
	Wheels int `json:"wheels"`
	// Findings are what may not work, errors and warnings.
	Findings []Finding `json:"findings"`
	// Choice tells which wheels were taken where no lock pinned them.
	Choice *Choice `json:"choice,omitempty"`
}

// Check reads every wheel of the lock and says what is wrong about them, each
// and together. It builds nothing. Problems are errors unless the config says
// otherwise; conflicts are what on_conflict says.
func (p *Supplier) Check(ctx context.Context, t *target.Target) (*Checked, error) {
	var set *Set
	err := p.opt.Report.Stage(report.StageWheels, "checking "+p.cfg.Lock.String(), func() (string, error) {
		var err error
		set, err = p.Wheels(ctx, t)
		if err != nil {
			return "", err
		}
		return report.Count(len(set.Wheels), "wheel"), nil
	})
	if err != nil {
		return nil, err
	}
	c := &Checked{Wheels: len(set.Wheels), Findings: p.findings(set, true), Choice: set.Choice}
	for _, f := range c.Findings {
		if !f.Error {
			p.opt.Report.Note(report.StageWheels, f.Text)
		}
	}
	return c, nil
}

// Errors are the findings that are errors.
func (c *Checked) Errors() []Finding {
	var list []Finding
	for _, f := range c.Findings {
		if f.Error {
			list = append(list, f)
		}
	}
	return list
}

// ProblemKinds lists the kinds of findings that there are.
func ProblemKinds() []string { return append(config.ProblemKinds(), string(KindConflict)) }
