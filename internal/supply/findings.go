package supply

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/tags"
)

// Finding is something that is odd about a set of wheels.
type Finding struct {
	Kind wheels.ProblemKind `json:"kind"`
	// Error says that it is an error, not just a warning.
	Error bool   `json:"error"`
	Text  string `json:"text"`
	// Wheels are the file names of those that it is about.
	Wheels []string `json:"wheels"`
}

// KindConflict is the kind of problem that paths of two wheels with different
// content are.
const KindConflict wheels.ProblemKind = "conflict"

// WheelsError says what is wrong about wheels that are good each by itself.
type WheelsError struct{ Finding Finding }

func (e *WheelsError) Error() string { return e.Finding.Text }

// Findings lists what is odd about the set, and which of it is an error: as
// the config says, or else as byDefault does.
func (p settings) Findings(set *Set, byDefault bool) []Finding {
	list := gather(set.unintended())
	for i, f := range list {
		list[i].Error = byDefault
		if says, ok := p.cfg.Problems[string(f.Kind)]; ok {
			list[i].Error = says == config.ProblemError
		}
	}
	if p.cfg.OnConflict != config.ConflictLastWins {
		list = append(list, p.conflicts(set)...)
	}
	return list
}

// Report tells what is odd about the set. What is an error is in the error,
// all of it.
func (p *Supplier) Report(set *Set) error {
	var errs []error
	for _, f := range p.Findings(set, false) {
		switch {
		case !f.Error:
			p.opt.Report.Note(report.StageWheels, f.Text)
		case f.Kind == KindConflict:
			errs = append(errs, &ConflictError{f.Text})
		default:
			errs = append(errs, &WheelsError{f})
		}
	}
	return errors.Join(errs...)
}

// gather makes one finding of the problems with one reason: of all that
// require what isn't there, or not in the version that they need.
func gather(problems []wheels.Problem) []Finding {
	type key struct {
		kind   wheels.ProblemKind
		reason string
	}
	groups := map[key][]wheels.Problem{}
	var order []key
	for _, problem := range problems {
		k := key{problem.Kind, problem.Reason}
		if k.kind != wheels.MissingProblem && k.kind != wheels.VersionProblem {
			k.reason = problem.String() // these stay alone
		}
		if groups[k] == nil {
			order = append(order, k)
		}
		if !slices.ContainsFunc(groups[k], func(o wheels.Problem) bool { return o.Wheel == problem.Wheel }) {
			groups[k] = append(groups[k], problem)
		}
	}
	list := make([]Finding, 0, len(order))
	for _, k := range order {
		f := Finding{Kind: k.kind, Text: k.reason}
		var who []string
		for _, problem := range groups[k] {
			f.Wheels = append(f.Wheels, problem.Wheel)
			who = append(who, fmt.Sprintf("%s wants %s", shortName(problem.Wheel), withoutMarker(problem.Requirement)))
		}
		if k.kind == wheels.MissingProblem || k.kind == wheels.VersionProblem {
			f.Text += ", but " + report.List(who)
		}
		list = append(list, f)
	}
	return list
}

// shortName is the name and version of a wheel's file name.
func shortName(file string) string {
	f, err := tags.ParseFilename(file)
	if err != nil {
		return file
	}
	return f.Normalized + " " + f.VersionText
}

// withoutMarker is a requirement without its marker, which held.
func withoutMarker(requirement string) string {
	r, err := pep508.ParseRequirement(requirement)
	if err != nil {
		return requirement
	}
	r.Marker = nil
	return r.String()
}

// maxConflictsShown is how many paths a finding names for a pair of wheels.
const maxConflictsShown = 3

// conflicts makes a finding of each pair of wheels that install the same paths
// with different content.
func (p settings) conflicts(set *Set) []Finding {
	type pair struct{ loser, winner int }
	paths := map[pair][]string{}
	var order []pair
	for _, c := range set.Facts.Conflicts {
		if c.Same {
			continue
		}
		winner := c.Wheels[len(c.Wheels)-1]
		for _, loser := range c.Wheels[:len(c.Wheels)-1] {
			k := pair{loser, winner}
			if paths[k] == nil {
				order = append(order, k)
			}
			paths[k] = append(paths[k], strings.TrimPrefix(c.Path, set.Target.Scheme.Purelib+"/"))
		}
	}
	slices.SortFunc(order, func(a, b pair) int { return cmp.Or(cmp.Compare(a.winner, b.winner), cmp.Compare(a.loser, b.loser)) })
	list := make([]Finding, 0, len(order))
	for _, k := range order {
		shown := strings.Join(paths[k][:min(len(paths[k]), maxConflictsShown)], ", ")
		if len(paths[k]) > maxConflictsShown {
			shown += ", …"
		}
		loser, winner := set.Wheels[k.loser], set.Wheels[k.winner]
		f := Finding{
			Kind: KindConflict, Error: p.cfg.OnConflict == config.ConflictError,
			Text: fmt.Sprintf("%s and %s both install %s with different content (%s)",
				loser.Pin.Normalized, winner.Pin.Normalized, report.Count(len(paths[k]), "path"), shown),
			Wheels: []string{loser.Source.Name, winner.Source.Name},
		}
		if !f.Error {
			f.Text += "; the latter wins"
		}
		list = append(list, f)
	}
	return list
}

// ConflictError says that two wheels install the same paths, where the
// config forbids that.
type ConflictError struct{ text string }

func (e *ConflictError) Error() string { return e.text }
