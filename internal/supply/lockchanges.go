package supply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/resolve"
	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// LockChange is a pin that is another than in the lock before.
type LockChange struct {
	Name string `json:"name"` // normalized
	// From is the version before, "" of one that was added; To is the one now,
	// "" of one that was removed.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// String says it in words.
func (c LockChange) String() string {
	switch {
	case c.From == "":
		return fmt.Sprintf("added %s %s", c.Name, c.To)
	case c.To == "":
		return fmt.Sprintf("removed %s %s", c.Name, c.From)
	}
	return fmt.Sprintf("updated %s %s to %s", c.Name, c.From, c.To)
}

// rank puts what was updated before what was added, and that before what was
// removed.
func (c LockChange) rank() int {
	switch {
	case c.From == "":
		return 1
	case c.To == "":
		return 2
	}
	return 0
}

// Compare puts changes in the order in which they are told.
func (c LockChange) Compare(o LockChange) int {
	return cmp.Or(cmp.Compare(c.rank(), o.rank()), cmp.Compare(c.Name, o.Name))
}

// changes compares the pins of a lock with those of the one before.
func changes(old []requirements.Pin, pins []resolve.Pin) []LockChange {
	before := map[string]requirements.Pin{}
	for _, p := range old {
		before[p.Normalized] = p
	}
	var list []LockChange
	for _, p := range pins {
		was, there := before[p.Name]
		delete(before, p.Name)
		switch {
		case !there:
			list = append(list, LockChange{Name: p.Name, To: p.VersionText})
		case was.Version.Compare(p.Version) != 0:
			list = append(list, LockChange{Name: p.Name, From: was.VersionText, To: p.VersionText})
		}
	}
	for name, p := range before {
		list = append(list, LockChange{Name: name, From: p.VersionText})
	}
	slices.SortFunc(list, LockChange.Compare)
	return list
}

// existing reads the pins of the lock that is to be replaced, and has them kept
// where opt doesn't upgrade them. It reports false where there is none that can
// be read.
func (p *Supplier) existing(ctx context.Context, opt LockOptions, o *resolve.Options) ([]requirements.Pin, bool) {
	old, err := requirements.ReadPins(ctx, opt.Output, openFile, o.Env, requirements.Options{}, requirements.LockOptions{})
	switch {
	case err == nil:
	case errors.Is(err, os.ErrNotExist), opt.Upgrade:
		return nil, false
	default:
		p.opt.Report.Note(report.StageLock, fmt.Sprintf("the pins of the existing lock are not kept: %v", err))
		return nil, false
	}
	if opt.Upgrade {
		return old, true
	}
	o.Prefer = resolve.Preferences(old, opt.UpgradeOnly...)
	names := slices.DeleteFunc(unpinned(old, opt.UpgradeOnly), func(n string) bool { return slices.Contains(opt.Others, n) })
	if len(names) > 0 {
		p.opt.Report.Note(report.StageLock, fmt.Sprintf("the existing lock has no pin of %s to upgrade", report.List(names)))
	}
	return old, true
}

// unpinned are those of the names that have no pin, misspelt ones as a rule.
func unpinned(pins []requirements.Pin, names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(pins, func(p requirements.Pin) bool { return p.Normalized == pep508.NormalizeName(name) })
	})
}
