package supply

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/resolve"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// overrides parses the config's overrides.
func (s settings) overrides() ([]pep508.Requirement, error) {
	var list []pep508.Requirement
	var errs []error
	for _, text := range s.cfg.Override {
		r, err := pep508.ParseRequirement(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("reading override %q: %w", text, err))
			continue
		}
		list = append(list, r)
	}
	return list, errors.Join(errs...)
}

// steering is what the config and the lock say on purpose of requirements, in
// normal form. What a lock says that can't be read counts for nothing.
func (s settings) steering(lock requirements.Steering) (all requirements.Steering, err error) {
	for _, name := range slices.Concat(lock.Exclude, s.cfg.Exclude) {
		if pep508.ValidName(name) {
			all.Exclude = append(all.Exclude, pep508.NormalizeName(name))
		}
	}
	overrides, err := s.overrides()
	if err != nil {
		return all, err
	}
	for _, text := range lock.Override {
		if r, err := pep508.ParseRequirement(text); err == nil && r.URL == "" {
			overrides = append(overrides, r)
		}
	}
	for _, r := range overrides {
		r.Name = pep508.NormalizeName(r.Name)
		all.Override = append(all.Override, r.String())
	}
	slices.Sort(all.Exclude)
	all.Exclude = slices.Compact(all.Exclude)
	slices.Sort(all.Override)
	all.Override = slices.Compact(all.Override)
	return all, nil
}

// OverrideError says that a lock pins what an override of the config doesn't
// allow, since it was made without.
type OverrideError struct {
	File           string
	Line           int
	Pinned, Wanted string
}

func (e *OverrideError) Error() string {
	return fmt.Sprintf("%s:%d: %s is pinned, but the config overrides it: %s", e.File, e.Line, e.Pinned, e.Wanted)
}

// kept are a lock's pins without those that the config leaves out, which is
// noted: a lock of another tool can't know of it. What a lock pins and an
// override of the config doesn't allow is in the error.
func (s settings) kept(stage report.Stage, pins []requirements.Pin, env pep508.Environment) ([]requirements.Pin, error) {
	own, err := s.steering(requirements.Steering{})
	if err != nil || own.IsZero() {
		return pins, err
	}
	in := newIntended(own, env)
	kept := make([]requirements.Pin, 0, len(pins))
	var errs []error
	for _, pin := range pins {
		if in.out[pin.Normalized] {
			s.opt.Report.Note(stage, fmt.Sprintf("%s:%d: %s is left out, as the config says", pin.File, pin.Line, pin.Normalized))
			continue
		}
		if want, ok := in.with[pin.Normalized]; ok && !pin.Version.IsZero() && !want.Contains(pin.Version, pep440.PrereleasesAllow) {
			errs = append(errs, &OverrideError{pin.File, pin.Line, pin.Normalized + " " + pin.VersionText, want.String()})
		}
		kept = append(kept, pin)
	}
	return kept, errors.Join(errs...)
}

// trueSteering leaves out what isn't so: a lock that excludes a project may have been
// edited, or the user's own wheel is of it.
func (s *Set) trueSteering(all requirements.Steering) requirements.Steering {
	all.Exclude = slices.DeleteFunc(all.Exclude, func(name string) bool {
		return slices.ContainsFunc(s.Wheels, func(w *Wheel) bool { return w.Pin.Normalized == name })
	})
	return all
}

// History is what the image's history says of the set that belongs to no
// layer: what no lock would tell.
func (s *Set) History() []string {
	lines := s.Steering.Header()
	for _, w := range s.Wheels {
		if w.Own {
			lines = append(lines, "wheels: "+w.Source.Name+" sha256:"+w.Source.Digest())
		}
	}
	for i, line := range lines {
		lines[i] = "assemble: " + line
	}
	return lines
}

// intended tells which problems of a set are as the user wants them: what is
// missing because it was left out, and versions that an override chose.
type intended struct {
	out  map[string]bool
	with map[string]pep440.Specifiers
}

func newIntended(s requirements.Steering, env pep508.Environment) intended {
	in := intended{out: map[string]bool{}, with: map[string]pep440.Specifiers{}}
	for _, name := range s.Exclude {
		in.out[pep508.NormalizeName(name)] = true
	}
	for _, text := range s.Override {
		r, err := pep508.ParseRequirement(text)
		if err != nil {
			continue // of a lock; what it says counts for nothing then
		}
		name := pep508.NormalizeName(r.Name)
		if holds, err := r.Marker.Eval(env); err == nil && holds {
			in.with[name] = r.Specifiers
			delete(in.out, name)
		} else if _, ok := in.with[name]; err == nil && !ok {
			in.out[name] = true
		}
	}
	return in
}

// covers reports whether p is as it is wanted; versions are those of the set.
func (in intended) covers(p wheels.Problem, versions map[string]pep440.Version) bool {
	r, err := pep508.ParseRequirement(p.Requirement)
	if err != nil {
		return false
	}
	name := pep508.NormalizeName(r.Name)
	switch p.Kind {
	case wheels.MissingProblem:
		return in.out[name]
	case wheels.VersionProblem:
		specifiers, ok := in.with[name]
		return ok && specifiers.Contains(versions[name], pep440.PrereleasesAllow)
	default:
	}
	return false
}

// unintended are the problems of the set that nobody wants.
func (s *Set) unintended() []wheels.Problem {
	if s.Steering.IsZero() {
		return s.Facts.Problems
	}
	in := newIntended(s.Steering, s.Target.Markers)
	versions := map[string]pep440.Version{}
	for _, w := range s.Wheels {
		versions[w.Pin.Normalized] = w.Pin.Version
	}
	return slices.DeleteFunc(slices.Clone(s.Facts.Problems), func(p wheels.Problem) bool { return in.covers(p, versions) })
}

// noteWarnings tells of what a solution has that the user may not want, and of
// exclusions and overrides that applied to nothing, misspelt ones as a rule.
func (s settings) noteWarnings(stage report.Stage, found *resolve.Solution) {
	for _, w := range found.Warnings {
		text := w.Text
		if w.Kind == resolve.GPUWarning {
			text = gpuText(text, w.Size, w.Names)
		}
		s.opt.Report.Note(stage, text)
	}
	for _, text := range found.Unused {
		s.opt.Report.Note(stage, text+" applies to nothing: no package requires it")
	}
}

// gpuText is a warning about what only a GPU has use for, with its size and how
// to do without.
func gpuText(text string, size int64, names []string) string {
	_, deny, err := resolve.GPUOnly(names)
	if err != nil || len(deny) == 0 {
		return text
	}
	if size > 0 {
		text += " (" + report.Bytes(size) + ")"
	}
	for i, pattern := range deny {
		if strings.Contains(pattern, "*") {
			deny[i] = "'" + pattern + "'"
		}
	}
	return fmt.Sprintf("%s; to lock versions that do without, add deny: [%s] to the config", text, strings.Join(deny, ", "))
}
