package fetch

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// explain says why none of a project's files will do for a pin, and what would
// fit instead.
func (f *fetcher) explain(pin requirements.Pin, p *index.Project) string {
	var other, unfit, sources []string
	for _, file := range p.Files {
		switch {
		case file.Wheel == nil:
			if v, ok := index.SourceVersion(file.Filename, p.Name); ok && v.Equal(pin.Version) {
				sources = append(sources, file.Filename)
			}
		case !pep440.Exactly(pin.Version).Contains(file.Wheel.Version, pep440.PrereleasesAllow):
		case f.ladder.Rank(file.Wheel.Tags) == tags.Unsupported:
			unfit = append(unfit, file.Filename)
		default:
			other = append(other, fmt.Sprintf("%s (%s)", file.Filename, strings.TrimSpace(cmp.Or(file.Hashes.String(), "no hash known "))))
		}
	}
	var why string
	switch {
	case len(other) > 0 && len(pin.Wheels) > 0:
		why = fmt.Sprintf("%s has %s, which is not among the files in the lock", p.Server, some(other))
	case len(other) > 0:
		why = fmt.Sprintf("%s has %s, whose hash is not in the lock", p.Server, some(other))
	case len(unfit) > 0:
		why = fmt.Sprintf("the target can't install what %s has, %s", p.Server, some(unfit))
	case len(sources) > 0:
		why = fmt.Sprintf("%s has only a source archive, %s", p.Server, some(sources))
	default:
		why = fmt.Sprintf("%s doesn't have this version", p.Server)
	}
	if fitting := f.fitting(p); len(other) == 0 && len(fitting) > 0 {
		why += "; compatible wheels exist for " + some(fitting)
	}
	if len(p.Refused) > 0 {
		refused := make([]string, len(p.Refused))
		for i, r := range p.Refused {
			refused[i] = r.String()
		}
		why += "; refused: " + some(refused)
	}
	if p.Unfit > 0 {
		why += fmt.Sprintf("; %d wheels are incompatible with the target", p.Unfit)
	}
	return plain(why)
}

// fitting returns the versions of a project of which the target can install a
// wheel, newest first.
func (f *fetcher) fitting(p *index.Project) []string {
	var versions []pep440.Version
	for _, file := range p.Files {
		if file.Wheel != nil && file.Yanked == nil && f.ladder.Rank(file.Wheel.Tags) != tags.Unsupported {
			versions = append(versions, file.Wheel.Version)
		}
	}
	slices.SortFunc(versions, func(a, b pep440.Version) int { return b.Compare(a) })
	versions = slices.CompactFunc(versions, pep440.Version.Equal)
	list := make([]string, len(versions))
	for i, v := range versions {
		list[i] = v.String()
	}
	return list
}

func names(list []wheels.Candidate) []string {
	out := make([]string, len(list))
	for i, c := range list {
		out[i] = c.Filename.String()
	}
	return out
}

// some joins the first few of a list.
func some(list []string) string {
	const most = 4
	if len(list) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
	}
	return strings.Join(list, ", ")
}

// plain makes text from outside fit for one line of a terminal.
func plain(s string) string {
	const most = 2000
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return strings.TrimSpace(s)
}

func oneLine(err error) string { return plain(err.Error()) }
