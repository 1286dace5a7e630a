package resolve

import (
	"cmp"
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
	python pep440.Version
	tags   tags.Index
	newer  time.Time
	// hashes are the SHA-256 that the user allows by name of project; nil
	// allows any.
	hashes map[string][]string
}

// candidate is a file on its way through the filter.
type candidate struct {
	*File
	version pep440.Version
	text    string
	wheel   bool
	name    tags.Filename
	rank    int
}

// releases groups the files of a project by version, in ascending order.
func (f *filter) releases(name string, files []File) []*release {
	all := make([]candidate, 0, len(files))
	for i := range files {
		if c, ok := parseFile(name, &files[i]); ok {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(a.version.Compare(b.version), cmp.Compare(a.Name, b.Name), cmp.Compare(a.SHA256, b.SHA256))
	})
	var list []*release
	kept := make([]File, 0, len(all)) // once, in one piece: of large projects there are thousands
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].version.Equal(all[0].version) {
			n++
		}
		r := &release{version: all[0].version, text: all[0].text}
		for i := range n {
			kept = append(kept, *all[i].File)
			all[i].File = &kept[len(kept)-1]
		}
		r.files = slices.Clip(kept[len(kept)-n:])
		r.judge(name, all[:n], f)
		list = append(list, r)
		all = all[n:]
	}
	return list
}

// judge says what the target can make of the release with those files.
func (r *release) judge(name string, files []candidate, f *filter) {
	var best []candidate
	for i := range files {
		h, detail := f.judge(name, &files[i])
		if h == accepted {
			best = append(best, files[i])
		}
		if h > r.rejection {
			r.rejection, r.detail = h, detail
		}
	}
	if len(best) > 0 {
		r.take(best)
	}
}

// judge returns the first rejection that c fails at.
func (f *filter) judge(name string, c *candidate) (rejection, string) {
	switch {
	case !f.newer.IsZero() && c.UploadTime.IsZero():
		return noTime, ""
	case !f.newer.IsZero() && !c.UploadTime.Before(f.newer):
		return tooNew, ""
	case !f.takesPython(c.RequiresPython):
		return wrongPython, c.RequiresPython
	case !c.wheel:
		return onlySource, ""
	}
	c.rank = f.tags.Rank(c.name.Tags)
	allowed := f.hashes[name]
	switch {
	case c.rank == tags.Unsupported:
		return wrongPlatform, ""
	case allowed != nil && !slices.Contains(allowed, c.SHA256):
		return wrongHash, ""
	case c.SHA256 == "":
		return noHash, ""
	}
	return accepted, ""
}

// takesPython reports whether Requires-Python takes the target's Python. Text
// that is no specifier takes none.
func (f *filter) takesPython(requires string) bool {
	if requires == "" {
		return true
	}
	s, err := pep440.ParseSpecifiers(requires)
	return err == nil && s.Contains(f.python, pep440.PrereleasesAllow)
}

// take keeps the wheels that fit, best first: those that weren't yanked, or
// else all.
func (r *release) take(list []candidate) {
	slices.SortStableFunc(list, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), b.name.Build.Compare(a.name.Build), cmp.Compare(a.Name, b.Name))
	})
	kept := slices.DeleteFunc(slices.Clone(list), func(c candidate) bool { return c.Yanked })
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
		f, err := tags.ParseFilename(file.Name)
		if err != nil || f.Normalized != name {
			return c, false
		}
		c.wheel, c.name, c.version, c.text = true, f, f.Version, f.VersionText
		return c, true
	}
	c.version, ok = index.SourceVersion(file.Name, name)
	c.text = c.version.String()
	return c, ok
}
