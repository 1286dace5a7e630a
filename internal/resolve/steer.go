package resolve

import (
	"fmt"
	"slices"
	"sync"

	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// steering is what the user says of others' requirements: which are left out,
// and which are replaced.
type steering struct {
	exclude map[string]string              // as they were given, by normalized name
	with    map[string]*pep508.Requirement // what replaces; nil leaves out
	text    map[string]string              // of an override, by normalized name

	mu  sync.Mutex
	met map[string]bool // what applied to something
}

func newSteering(opt Options) (*steering, error) {
	s := &steering{exclude: map[string]string{}, with: map[string]*pep508.Requirement{}, text: map[string]string{}, met: map[string]bool{}}
	for _, name := range opt.Exclude {
		s.exclude[pep508.NormalizeName(name)] = name
	}
	for _, r := range opt.Override {
		name := pep508.NormalizeName(r.Name)
		if r.URL != "" {
			return nil, fmt.Errorf("reading override of %q: it names a URL, and only the requirements themselves may", name)
		}
		holds, err := r.Marker.Eval(opt.Env)
		if err != nil {
			return nil, fmt.Errorf("reading override %q: %w", r, err)
		}
		switch before := s.with[name]; {
		case !holds:
			if _, ok := s.with[name]; !ok {
				s.with[name], s.text[name] = nil, r.String()
			}
		case before != nil:
			return nil, fmt.Errorf("reading override %q: %q overrides the same project", r, s.text[name])
		default:
			s.text[name] = r.String()
			r.Marker = nil
			s.with[name] = &r
		}
	}
	return s, nil
}

// apply returns what counts instead of a requirement that holds; ok is false
// where it is left out. The extras that are asked for stay.
func (s *steering) apply(req pep508.Requirement) (_ pep508.Requirement, ok bool) {
	name := pep508.NormalizeName(req.Name)
	with, overridden := s.with[name]
	_, excluded := s.exclude[name]
	if !overridden && !excluded {
		return req, true
	}
	s.mu.Lock()
	s.met[name] = true
	s.mu.Unlock()
	if excluded || with == nil {
		return req, false
	}
	req.URL, req.Specifiers, req.Marker = "", with.Specifiers, nil
	req.Extras = slices.Clone(req.Extras)
	for _, extra := range with.Extras {
		req.Extras = addOnce(req.Extras, extra)
	}
	return req, true
}

// own applies to a requirement of the user's. What they ask for can't be left
// out, nor a file that they name be replaced.
func (s *steering) own(r *requirements.Requirement) error {
	name := pep508.NormalizeName(r.Name)
	with, overridden := s.with[name]
	if as, ok := s.exclude[name]; ok {
		return fmt.Errorf("it is required here, but excluded (exclude: %s)", as)
	}
	switch {
	case !overridden:
		return nil
	case with == nil:
		return fmt.Errorf("it is required here, but the override %q leaves it out", s.text[name])
	case r.URL != "" || r.Path != "":
		return fmt.Errorf("a wheel is named here, but the override %q names a version", s.text[name])
	}
	r.Requirement, _ = s.apply(r.Requirement)
	return nil
}

// overrides reports whether requirements on a project are replaced.
func (s *steering) overrides(name string) bool { return s.with[name] != nil }

// unused lists, as they were given, what applied to nothing.
func (s *steering) unused() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []string
	for name, text := range s.exclude {
		if !s.met[name] {
			list = append(list, "exclude: "+text)
		}
	}
	for name, text := range s.text {
		if !s.met[name] {
			list = append(list, "override: "+text)
		}
	}
	slices.Sort(list)
	return list
}
