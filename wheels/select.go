package wheels

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// Candidate is a wheel of a wheelhouse, known by its name only.
type Candidate struct {
	Path     string
	Filename tags.Filename
}

// ListWheelhouse lists the wheels in the directory dir, sorted by name, and the
// names ending in .whl that are not valid wheel filenames. Other files are
// ignored.
func ListWheelhouse(dir string) (wheels []Candidate, invalid []string, err error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the wheelhouse: %w", err)
	}
	for _, file := range list {
		name := file.Name()
		if file.IsDir() || !strings.HasSuffix(name, ".whl") {
			continue
		}
		f, err := tags.ParseFilename(name)
		if err != nil {
			invalid = append(invalid, name)
			continue
		}
		wheels = append(wheels, Candidate{Path: filepath.Join(dir, name), Filename: f})
	}
	return wheels, invalid, nil
}

// MissingError reports a pin for which the wheelhouse has no wheel.
type MissingError struct {
	Pin requirements.Pin
	// Reason says what was found instead.
	Reason string
}

// Error implements error.
func (e *MissingError) Error() string {
	return fmt.Sprintf("%s:%d: no wheel for %s==%s: %s", e.Pin.File, e.Pin.Line, e.Pin.Name, e.Pin.VersionText, e.Reason)
}

// Allowed reports whether a wheel has one of the pin's digests.
type Allowed func(pin requirements.Pin, c Candidate) (bool, error)

// Select returns for each pin, in the pins' order, the best wheel of the
// wheelhouse for a target with those supported tags: as with pip, by the higher
// version (a local build is higher than what it was built from), then by the best
// tag, the higher build number, the name. A pin that names files (by URL, path,
// or a lock's list of wheels) gets one of those. Where several wheels fit, those
// come first that have one of the pin's digests. To tell, allowed is asked, which
// may be nil; it is not asked where one wheel fits or the pin has no digests:
// [Open] checks what was chosen.
// The error joins a [*MissingError] for each pin without a wheel; others are
// those of allowed.
func Select(pins []requirements.Pin, wheelhouse []Candidate, supported []tags.Tag, allowed Allowed) ([]Candidate, error) {
	index := tags.NewIndex(supported)
	byName := make(map[string][]Candidate)
	for _, c := range wheelhouse {
		byName[c.Filename.Normalized] = append(byName[c.Filename.Normalized], c)
	}
	chosen := make([]Candidate, len(pins))
	var problems []error
	for i, pin := range pins {
		list := byName[pin.Normalized]
		if pin.Path != "" {
			f, err := tags.ParseFilename(filepath.Base(pin.Path))
			if err != nil {
				problems = append(problems, &MissingError{Pin: pin, Reason: err.Error()})
				continue
			}
			list = []Candidate{{Path: pin.Path, Filename: f}}
		}
		fits := fitting(list, pin, index)
		if len(fits) == 0 {
			problems = append(problems, &MissingError{Pin: pin, Reason: explainMissing(list, pin)})
			continue
		}
		best, err := firstAllowed(fits, pin, allowed)
		if err != nil {
			return nil, err
		}
		chosen[i] = best
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return chosen, nil
}

// fitting returns the wheels of a project that will do for a pin, best first.
func fitting(list []Candidate, pin requirements.Pin, index tags.Index) []Candidate {
	names := fileNames(pin)
	type ranked struct {
		Candidate
		rank int
	}
	var fits []ranked
	for _, c := range list {
		rank := index.Rank(c.Filename.Tags)
		if rank == tags.Unsupported || !matches(pin, c) || names != nil && !slices.Contains(names, c.Filename.String()) {
			continue
		}
		fits = append(fits, ranked{c, rank})
	}
	slices.SortStableFunc(fits, func(a, b ranked) int {
		// Lower ranks are better, as are earlier names; all else is better
		// when it is greater.
		return cmp.Or(
			b.Filename.Version.Compare(a.Filename.Version),
			cmp.Compare(a.rank, b.rank),
			b.Filename.Build.Compare(a.Filename.Build),
			cmp.Compare(a.Path, b.Path))
	})
	out := make([]Candidate, len(fits))
	for i, f := range fits {
		out[i] = f.Candidate
	}
	return out
}

// firstAllowed returns the first of several wheels that has one of the pin's
// digests. Where none has, it is the first of all, of which the error will be.
func firstAllowed(fits []Candidate, pin requirements.Pin, allowed Allowed) (Candidate, error) {
	if len(fits) > 1 && len(pin.Hashes) > 0 && allowed != nil {
		for _, c := range fits {
			if ok, err := allowed(pin, c); ok || err != nil {
				return c, err
			}
		}
	}
	return fits[0], nil
}

// matches is the == of PEP 440: a pin without a local version takes any.
func matches(pin requirements.Pin, c Candidate) bool {
	return pep440.Exactly(pin.Version).Contains(c.Filename.Version, pep440.PrereleasesAllow)
}

// fileNames returns the names of the files that a pin is bound to, nil where
// any file of the version will do.
func fileNames(pin requirements.Pin) []string {
	if pin.Path != "" {
		return []string{filepath.Base(pin.Path)}
	}
	if u, err := url.Parse(pin.URL); err == nil && pin.URL != "" {
		return []string{path.Base(u.Path)}
	}
	var names []string
	for _, w := range pin.Wheels {
		names = append(names, w.Name)
	}
	return names
}

// explainMissing says what a wheelhouse has of a project, when nothing of it
// fits.
func explainMissing(list []Candidate, pin requirements.Pin) string {
	if len(list) == 0 {
		return "the wheelhouse has no wheel of this project"
	}
	var platforms, versions []string
	seen := map[string]bool{}
	for _, c := range list {
		if matches(pin, c) {
			platforms = append(platforms, c.Filename.String())
		} else if v := c.Filename.Version.String(); !seen[v] {
			seen[v] = true
			versions = append(versions, v)
		}
	}
	if names := fileNames(pin); names != nil && len(platforms) > 0 {
		return fmt.Sprintf("none of the lock's files for the target is in the wheelhouse (the lock lists %s; the wheelhouse has %s)", some(names), some(platforms))
	}
	if len(platforms) > 0 {
		return "the target can't install " + some(platforms)
	}
	return "the wheelhouse only has version " + some(versions)
}

// some joins the first few of a list.
func some(list []string) string {
	const most = 4
	if len(list) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
	}
	return strings.Join(list, ", ")
}
