package pipeline

import (
	"context"
	"errors"
	"fmt"

	"github.com/assemble-image/assemble/internal/resolve"
	"github.com/assemble-image/assemble/wheels"
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
func (p *Pipeline) denied(pins []requirements.Pin) error {
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
func (p *Pipeline) noteGPU(pins []requirements.Pin) error {
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
		p.report.note(StageWheels, fmt.Sprintf("the lock has %s, which are of use on a GPU only; deny: [nvidia-*, triton] refuses them", listNames(gpu)))
	}
	return nil
}

// Checked is what `assemble check` found.
type Checked struct {
	Wheels    int               `json:"wheels"`
	Problems  []CheckedProblem  `json:"problems,omitempty"`
	Conflicts []CheckedConflict `json:"conflicts,omitempty"`
	// Choice tells which wheels were taken where no lock pinned them.
	Choice *Choice `json:"choice,omitempty"`
}

// CheckedProblem is a reason for which the wheels may not work together.
type CheckedProblem struct {
	Kind wheels.ProblemKind `json:"kind"`
	Text string             `json:"text"`
}

// CheckedConflict is a path that several wheels install.
type CheckedConflict struct {
	Path   string   `json:"path"`
	Wheels []string `json:"wheels"`
	Same   bool     `json:"same"`
}

// Check reads every wheel of the lock and says what is wrong about them, each
// and together. It builds nothing.
func (p *Pipeline) Check(ctx context.Context) (*Checked, error) {
	t, err := p.target(ctx)
	if err != nil {
		return nil, err
	}
	var set *wheelSet
	err = p.report.stage(StageWheels, "checking "+p.cfg.Lock.String(), func() (string, error) {
		set, err = p.wheels(ctx, t)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d wheels", len(set.wheels)), nil
	})
	if err != nil {
		return nil, err
	}
	c := &Checked{Wheels: len(set.wheels), Choice: set.choice}
	for _, problem := range set.facts.Problems {
		c.Problems = append(c.Problems, CheckedProblem{problem.Kind, problem.String()})
	}
	for _, conflict := range set.facts.Conflicts {
		names := make([]string, len(conflict.Wheels))
		for i, w := range conflict.Wheels {
			names[i] = set.wheels[w].source.Name
		}
		c.Conflicts = append(c.Conflicts, CheckedConflict{conflict.Path, names, conflict.Same})
	}
	return c, nil
}

// KindConflict is the kind of problem that a path of several wheels with
// different content is.
const KindConflict = "conflict"

// ProblemKinds lists the kinds of problems that there are.
func ProblemKinds() []string {
	return []string{
		string(wheels.PythonProblem), string(wheels.MissingProblem), string(wheels.VersionProblem),
		string(wheels.ExtraProblem), string(wheels.MetadataProblem), KindConflict,
	}
}

// Kinds has the kind of each problem, conflicts among them.
func (c *Checked) Kinds() []string {
	var kinds []string
	for _, p := range c.Problems {
		kinds = append(kinds, string(p.Kind))
	}
	for _, conflict := range c.Conflicts {
		if !conflict.Same {
			kinds = append(kinds, KindConflict)
		}
	}
	return kinds
}
