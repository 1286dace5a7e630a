package supply

import (
	"context"

	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/target"
)

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
