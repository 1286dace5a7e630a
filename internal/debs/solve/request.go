package solve

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/dependency"
)

// want is a request and what it was found to mean.
type want struct {
	request Request
	release *release
}

// NotFoundError says that nothing can be installed for a request.
type NotFoundError struct {
	Request Request
	// Providers are the packages that provide the name, with their versions, where
	// it is no package's own and there are several.
	Providers []string
	// Versions are those that there are, where another one was asked for.
	Versions []string
	// Sources are the names of the sources that were looked at.
	Sources []string
	// Similar are names that may have been meant, where there is none of that name.
	Similar []string
	// Pinned says that there is such a package, but only in sources whose pin
	// rules them out.
	Pinned bool
}

func (e *NotFoundError) Error() string {
	r := e.Request
	switch {
	case len(e.Providers) > 0:
		return fmt.Sprintf("package %q is virtual; name one of those that provide it: %s", r.Name, strings.Join(e.Providers, ", "))
	case len(e.Versions) > 0:
		return fmt.Sprintf("package %q has no version %q, only %s", r.Name, r.Version, strings.Join(e.Versions, ", "))
	case e.Pinned:
		return fmt.Sprintf("package %q is only in sources whose Pin-Priority rules it out", r.Name)
	}
	text := fmt.Sprintf("package %q is in none of the sources: %s", r.Name, strings.Join(e.Sources, ", "))
	if len(e.Similar) > 0 {
		text += "; names like it are " + strings.Join(e.Similar, ", ")
	}
	return text
}

// NotFoundErrors are all requests for which nothing can be installed.
type NotFoundErrors []*NotFoundError

func (e NotFoundErrors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns them one by one.
func (e NotFoundErrors) Unwrap() []error {
	out := make([]error, len(e))
	for i, one := range e {
		out[i] = one
	}
	return out
}

// resolveRequests finds the releases that are meant.
func (s *solver) resolveRequests(requests []Request) ([]want, error) {
	var out []want
	var missing NotFoundErrors
	for _, r := range requests {
		if err := dependency.CheckName(r.Name); err != nil {
			return nil, err
		}
		rel, err := s.meant(r)
		if err != nil {
			missing = append(missing, err)
			continue
		}
		out = append(out, want{r, rel})
	}
	if len(missing) > 0 {
		return nil, missing
	}
	return out, nil
}

func (s *solver) meant(r Request) (*release, *NotFoundError) {
	n := s.find(r.Name)
	if r.Version == "" && n.candidate != nil {
		return n.candidate, nil
	}
	if r.Version != "" {
		for _, rel := range n.versions {
			if versionMatches(r.Version, rel.Version) {
				return rel, nil
			}
		}
	}
	return s.provider(n, r)
}

// provider returns the only package that provides a name.
func (s *solver) provider(n *node, r Request) (*release, *NotFoundError) {
	var found []*release
	var owners []*node
	var names []string
	for _, p := range s.providers(n) {
		fits := p.by.node.candidate == p.by
		if r.Version != "" {
			fits = p.version != "" && p.version == r.Version
		}
		if !fits || slices.Contains(found, p.by) {
			continue
		}
		found = append(found, p.by)
		if !slices.Contains(owners, p.by.node) {
			owners = append(owners, p.by.node)
			names = append(names, p.by.String())
		}
	}
	if len(owners) == 1 {
		return found[0], nil
	}
	e := &NotFoundError{Request: r, Providers: names, Pinned: len(n.versions) > 0}
	for _, rel := range n.versions {
		if r.Version != "" {
			e.Versions = append(e.Versions, rel.Version)
		}
	}
	for _, source := range s.sources {
		if !slices.Contains(e.Sources, source.Name) {
			e.Sources = append(e.Sources, source.Name)
		}
	}
	if len(e.Providers) == 0 && len(n.versions) == 0 {
		e.Similar = similar(s.sources, r.Name)
	}
	return nil, e
}

// versionMatches compares as apt does what was asked for: letter by letter.
func versionMatches(pattern, version string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(version, prefix)
	}
	return strings.EqualFold(pattern, version)
}
