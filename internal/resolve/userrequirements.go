package resolve

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// userRequirements are the user's requirements and constraints that hold for the target,
// sorted, so that the order of lines has no influence.
type userRequirements struct {
	requirements []requirements.Requirement
	constraints  []requirements.Requirement
	prereleases  bool
	direct       map[string]File // by project
}

// userRequirements looks at what the user gave: it drops what doesn't hold, looks up the
// wheels that are named by path or URL, and notes the hashes that are allowed.
func (f *fetcher) userRequirements(ctx context.Context, reqs, constraints []requirements.Requirement) (*userRequirements, error) {
	w := &userRequirements{prereleases: f.opt.Prereleases, direct: f.direct}
	var problems []error
	add := func(list *[]requirements.Requirement, r requirements.Requirement, steer bool) {
		holds, err := r.Marker.Eval(f.opt.Env)
		if err == nil && holds && steer {
			err = f.steer.own(&r)
		}
		if err == nil && holds {
			err = f.note(ctx, &r)
			*list = append(*list, r)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: resolving %q: %w", where(r), r.Name, err))
		}
	}
	for _, r := range reqs {
		add(&w.requirements, r, true)
	}
	for _, r := range constraints {
		add(&w.constraints, r, false)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	byText := func(a, b requirements.Requirement) int {
		return strings.Compare(pep508.NormalizeName(a.Name)+" "+a.String(), pep508.NormalizeName(b.Name)+" "+b.String())
	}
	slices.SortStableFunc(w.requirements, byText)
	slices.SortStableFunc(w.constraints, byText)
	return w, nil
}

// note keeps what a requirement says of files: which one, or their hashes.
func (f *fetcher) note(ctx context.Context, r *requirements.Requirement) error {
	name := pep508.NormalizeName(r.Name)
	var hashes []string
	for _, hash := range r.Hashes {
		if digits, ok := strings.CutPrefix(hash, "sha256:"); ok {
			hashes = append(hashes, digits)
		}
	}
	if local := r.Path != "" || strings.HasPrefix(r.URL, "file:"); len(hashes) == 0 && len(r.Hashes) > 0 && !local {
		return errors.New("none of its hashes is a SHA-256, the only kind that the lock is written with")
	}
	if len(hashes) > 0 {
		if before, ok := f.filter.hashes[name]; ok {
			hashes = slices.DeleteFunc(hashes, func(h string) bool { return !slices.Contains(before, h) })
		}
		f.filter.hashes[name] = hashes
	}
	if r.Path == "" && r.URL == "" {
		return nil
	}
	d, ok := f.opt.Provider.(Director)
	if !ok {
		return errors.New("wheels can't be named by path or URL here")
	}
	file, err := d.Direct(ctx, *r)
	if err != nil {
		return err
	}
	if before, ok := f.direct[name]; ok && (before.URL != file.URL || before.Path != file.Path) {
		return fmt.Errorf("it is named twice, as %q and as %q", before.place(), file.place())
	}
	f.direct[name] = file
	// From here on it is the only release of its project, so any will do.
	r.URL = ""
	return nil
}

// place is where the file is, fit for messages.
func (f File) place() string {
	if f.Path != "" {
		return f.Path
	}
	return pep508.Redact(f.URL)
}

// source is where the user requires something.
type source struct {
	file string
	line int
}

// String returns the place as messages have it.
func (s source) String() string {
	switch {
	case s.file == "":
		return "you"
	case s.line == 0:
		return s.file
	}
	return fmt.Sprintf("%s:%d", s.file, s.line)
}

func where(r requirements.Requirement) source { return source{r.File, r.Line} }
