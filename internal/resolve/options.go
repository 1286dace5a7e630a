package resolve

import (
	"fmt"
	"time"

	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

const (
	defaultJobs  = 32
	maxConflicts = 100_000
)

// Options alter how requirements are resolved. Provider, Env and Ladder must
// be given, the rest may be zero.
type Options struct {
	// Provider has the projects.
	Provider Provider
	// Whole is asked instead of Provider where there is no solution: it has the
	// wheels too that the target can't install, so that the error can name what
	// is there instead. Nil where Provider leaves out none.
	Whole Provider
	// AllFiles asks Whole for the files of what is pinned, for
	// [Pin.AllFiles].
	AllFiles bool
	// Env are the target's marker variables, Ladder the tags that it takes,
	// best first; see package tags.
	Env    pep508.Environment
	Ladder []tags.Tag

	// Constraints limit versions without asking for anything, as with pip's -c.
	Constraints []requirements.Requirement
	// Prefer are versions by normalized name that are taken where they fit, of
	// an existing lock as a rule; see Preferences.
	Prefer map[string]pep440.Version
	// Prereleases takes pre-releases like any version. Otherwise they are
	// taken where a requirement or constraint of the user names one, of
	// projects of which the target can install nothing else, and where without them there is no
	// solution although a project asks for them.
	Prereleases bool
	// ExcludeNewer leaves out files that were uploaded at that time or later,
	// and those of unknown age; zero leaves out none. See ParseCutoff.
	ExcludeNewer time.Time
	// Deny are patterns of names that must not be in the solution; "*" stands
	// for any characters. Versions are found that do without, as with Avoid,
	// and an error tells of the pattern where there are none.
	Deny []string
	// Avoid are patterns of names that are taken as not being there, so that
	// versions are found that do without.
	Avoid []string
	// Exclude are names of projects that are left out of what others require,
	// as with uv's exclude-dependencies. The user's own requirements may not
	// name them.
	Exclude []string
	// Override replaces what others require of a project, and the user, as
	// with uv's override-dependencies. Where its marker doesn't hold, the
	// project is left out as with Exclude. It can't name a URL.
	Override []pep508.Requirement
	// Ignore are normalized names of projects that are taken as being there in
	// any version that is asked for, and aren't in the solution. See Where.
	Ignore []string
	// Where is how messages call the provider, as in "the wheelhouse". ""
	// leaves it out.
	Where string
	// Jobs bounds how many requests are made at once. 0 means 32.
	Jobs int
	// Progress is told how far the search is, from one goroutine at a time.
	Progress func(Progress)
}

// Progress says how far a search is.
type Progress struct {
	Projects int    // whose files are known
	Metadata int    // wheels whose metadata was read
	Pins     int    // projects that have a version for now
	Name     string // what was looked at last
}

// fill returns o with defaults in place of zeros.
func (o Options) fill() (Options, error) {
	if o.Provider == nil {
		return o, fmt.Errorf("resolving: no provider given")
	}
	if len(o.Ladder) == 0 {
		return o, fmt.Errorf("resolving: no tags given")
	}
	if o.Jobs <= 0 {
		o.Jobs = defaultJobs
	}
	return o, nil
}

// Preferences returns the versions of an existing lock, but for the projects
// that are to be upgraded.
func Preferences(pins []requirements.Pin, upgrade ...string) map[string]pep440.Version {
	prefer := make(map[string]pep440.Version, len(pins))
	for _, p := range pins {
		prefer[p.Normalized] = p.Version
	}
	for _, name := range upgrade {
		delete(prefer, pep508.NormalizeName(name))
	}
	return prefer
}

// ParseCutoff reads a point in time for ExcludeNewer: RFC 3339, or a date,
// which stands for the end of that day in UTC, so that the day is included.
func ParseCutoff(text string) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.AddDate(0, 0, 1), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("parsing time %q: neither a date like 2025-11-01 nor RFC 3339 like 2025-11-01T00:00:00Z", text)
	}
	return t.UTC(), nil
}
