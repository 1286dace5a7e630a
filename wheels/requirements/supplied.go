package requirements

import (
	"path/filepath"
	"strings"

	"github.com/assemble-image/assemble/wheels/pep508"
)

// Supplied tells which projects' wheels come from elsewhere, so that they need
// neither a wheel nor a hash in the file. The zero value tells of none.
type Supplied struct {
	// Has reports whether there is a wheel of the project with that normalized
	// name.
	Has func(name string) bool
	// At returns the name of the project in a directory, counted like an included
	// file, "" where there is none.
	At func(dir string) string
}

func (s Supplied) has(name string) bool {
	return s.Has != nil && name != "" && s.Has(pep508.NormalizeName(name))
}

// named is the name of the project at a location, as far as it can be told.
func (s Supplied) named(location, from string) string {
	if before, fragment, ok := strings.Cut(location, "#"); ok {
		for part := range strings.SplitSeq(fragment, "&") {
			if egg, ok := strings.CutPrefix(part, "egg="); ok {
				egg, _, _ = strings.Cut(egg, "[")
				return egg
			}
		}
		location = before
	}
	if s.At == nil || isArchive(strings.ToLower(location)) || repositoryScheme(strings.ToLower(location)) != "" {
		return ""
	}
	dir := location
	if rest, ok := strings.CutPrefix(location, "file://"); ok {
		dir = strings.TrimPrefix(rest, "localhost")
	} else if rest, ok := strings.CutPrefix(location, "file:"); ok {
		dir = rest
	} else if isURL(strings.ToLower(location)) {
		return ""
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(filepath.Dir(from), dir)
	}
	return s.At(filepath.Clean(dir))
}

// supplied makes a requirement on the project alone of text that names its
// source, a directory, an archive or a repository, and of which req holds what
// was read before kind was found. It reports false where no wheel is supplied.
func (r *reader) supplied(req *Requirement, kind Kind, text string, at place) bool {
	switch kind {
	case KindDirectory, KindSource, KindRepository, KindURL:
	default:
		return false
	}
	name := req.Name
	if location, _, ok := bareLocation(text); ok && name == "" {
		if open := strings.LastIndexByte(location, '['); open > 0 && strings.HasSuffix(location, "]") {
			location = location[:open]
		}
		name = r.opt.Supplied.named(location, at.file)
	}
	if !r.opt.Supplied.has(name) {
		return false
	}
	req.Name, req.URL, req.Path, req.Hashes, req.supplied = name, "", "", nil, true
	return true
}

// editable takes the value of -e where a wheel is supplied for it.
func (r *reader) editable(value string, at place) bool {
	req := Requirement{File: at.file, Line: at.line, Text: shorten(at.text)}
	kind, _ := req.read(value)
	if !r.supplied(&req, kind, value, at) {
		return false
	}
	r.file.Requirements = append(r.file.Requirements, req)
	return true
}
