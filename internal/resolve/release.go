package resolve

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/tags"
)

// rejection is what keeps a file from being a candidate, in the order in which
// files are held against it. A release is kept out by the last rejection that any
// of its files came to.
type rejection int

const (
	noFiles rejection = iota
	tooNew
	noTime
	wrongPython
	onlySource
	wrongPlatform
	unreadable
	wrongHash
	noHash
	accepted
	// The following depend on more than the file.
	badMetadata
	isAvoided
	isYanked
	isPrerelease
)

// release is a version of a project with its files.
type release struct {
	version   pep440.Version
	text      string    // the version as the best file has it
	files     []File    // all, by name
	wheels    []*File   // those that the target can install, best first
	rejection rejection // accepted when there are such wheels
	detail    string    // what the rejection has against it
	yanked    bool      // every wheel is
	reason    string    // why it was yanked
}

func (r *release) fits() bool { return r.rejection == accepted }

// filter tells which files count for the target.
type filter struct {
	version pep440.Version // the target's Python
	tags    tags.Index
	newer   time.Time
	// hashes are the SHA-256 that the user allows by name of project; nil
	// allows any.
	hashes map[string][]string
}

// candidate is a file on its way through the filter.
type candidate struct {
	*File
	version pep440.Version
	text    string
	wheel   *tags.Filename // nil for a source archive
	rank    int
}

// releases groups the files of a project by version, in ascending order.
func (f *filter) releases(name string, files []File) []*release {
	read := make([]candidate, 0, len(files))
	for i := range files {
		if c, ok := parseFile(name, &files[i]); ok {
			read = append(read, c)
		}
	}
	all := make([]*candidate, len(read)) // a candidate is too large to be moved about
	for i := range read {
		all[i] = &read[i]
	}
	slices.SortFunc(all, func(a, b *candidate) int {
		if a.text != b.text {
			if c := a.version.Compare(b.version); c != 0 {
				return c
			}
		}
		if c := cmp.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return cmp.Compare(a.SHA256, b.SHA256)
	})
	p := &projectFilter{filter: f, allowed: f.hashes[name], pythons: map[string]python{}, ranks: map[string]int{}}
	var list []*release
	kept := make([]File, 0, len(all)) // once, in one piece: of large projects there are thousands
	for len(all) > 0 {
		n := 1
		for n < len(all) && (all[n].text == all[0].text || all[n].version.Equal(all[0].version)) {
			n++
		}
		r := &release{version: all[0].version, text: all[0].text}
		for i := range n {
			kept = append(kept, *all[i].File)
			all[i].File = &kept[len(kept)-1]
			all[i].File.wheel = nil // it takes more memory than all else
		}
		r.files = slices.Clip(kept[len(kept)-n:])
		r.judge(all[:n], p)
		list = append(list, r)
		all = all[n:]
	}
	return list
}

// judge says what the target can make of the release with those files.
func (r *release) judge(files []*candidate, f *projectFilter) {
	var best []*candidate
	for _, c := range files {
		h, detail := f.judge(c)
		if h == accepted {
			best = append(best, c)
		}
		if h > r.rejection {
			r.rejection, r.detail = h, detail
		}
	}
	if len(best) > 0 {
		r.take(best)
	}
}

// projectFilter is a filter at work on the files of one project, most of which
// say the same of Python and have the same tags.
type projectFilter struct {
	*filter
	allowed []string          // hashes, nil for any
	pythons map[string]python // by Requires-Python
	ranks   map[string]int    // by tags, as written
}

// judge returns the first rejection that c fails at. What can't be read about
// it comes late: it is told of for files that would be taken otherwise.
func (f *projectFilter) judge(c *candidate) (rejection, string) {
	python := f.python(c.RequiresPython)
	switch {
	case !f.newer.IsZero() && c.UploadTime.IsZero() && !c.Own:
		return noTime, ""
	case !f.newer.IsZero() && !c.UploadTime.Before(f.newer) && !c.Own:
		return tooNew, ""
	case python == pythonOut:
		return wrongPython, c.RequiresPython
	case c.wheel == nil:
		return onlySource, ""
	}
	c.rank = f.rank(c.wheel)
	switch {
	case c.rank == tags.Unsupported:
		return wrongPlatform, ""
	case c.Refused != "":
		return unreadable, fmt.Sprintf("%q: %s", c.Name, c.Refused)
	case python == pythonUnreadable:
		return unreadable, fmt.Sprintf("%q: %s", c.Name, unreadablePython(c.RequiresPython))
	case f.allowed != nil && !slices.Contains(f.allowed, c.SHA256):
		return wrongHash, ""
	case c.SHA256 == "":
		return noHash, ""
	}
	return accepted, ""
}

// python is takesPython of the filter.
func (f *projectFilter) python(requires string) python {
	takes, known := f.pythons[requires]
	if !known {
		takes = f.takesPython(requires)
		f.pythons[requires] = takes
	}
	return takes
}

func (f *projectFilter) rank(wheel *tags.Filename) int {
	rank, known := f.ranks[wheel.TagText]
	if !known {
		rank = f.tags.Rank(wheel.Tags)
		f.ranks[wheel.TagText] = rank
	}
	return rank
}

// python says what a Requires-Python makes of the target's Python.
type python int

const (
	pythonIn python = iota
	pythonOut
	pythonUnreadable // taken as out
)

func unreadablePython(requires string) string {
	return fmt.Sprintf("Requires-Python %q can't be read", requires)
}

// takesPython reports whether Requires-Python takes the target's Python.
func (f *filter) takesPython(requires string) python {
	if requires == "" {
		return pythonIn
	}
	s, err := pep440.ParseSpecifiers(requires)
	switch {
	case err != nil:
		return pythonUnreadable
	case s.Contains(f.version, pep440.PrereleasesAllow):
		return pythonIn
	}
	return pythonOut
}

// take keeps the wheels that fit, best first: those that weren't yanked, or
// else all.
func (r *release) take(list []*candidate) {
	slices.SortStableFunc(list, func(a, b *candidate) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), b.wheel.Build.Compare(a.wheel.Build), cmp.Compare(a.Name, b.Name))
	})
	kept := slices.DeleteFunc(slices.Clone(list), func(c *candidate) bool { return c.Yanked })
	if len(kept) == 0 {
		r.yanked = true
		r.reason = list[0].YankedReason
		kept = list
	}
	for _, c := range kept {
		r.wheels = append(r.wheels, c.File)
	}
	r.version, r.text = kept[0].version, kept[0].text
}

// parseFile reads the version out of the name of a file of a project; ok is
// false when it isn't one.
func parseFile(name string, file *File) (c candidate, ok bool) {
	c.File = file
	if strings.HasSuffix(file.Name, ".whl") {
		if c.wheel = file.wheel; c.wheel == nil {
			f, err := tags.ParseFilename(file.Name)
			if err != nil {
				return c, false
			}
			c.wheel = &f
		}
		c.version, c.text = c.wheel.Version, c.wheel.VersionText
		return c, c.wheel.Normalized == name
	}
	c.version, ok = index.SourceVersion(file.Name, name)
	c.text = c.version.String()
	return c, ok
}
