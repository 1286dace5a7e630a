package requirements

import "strings"

// Sources are the places that a requirements file names for its wheels. What
// --no-index does to the others is left to whoever asks them.
type Sources struct {
	IndexURL       Setting // the --index-url; there is but one
	ExtraIndexURLs []Setting
	FindLinks      []Setting // paths, relative to the file's directory or to the current one, and URLs
	NoIndex        Setting   // without a value: it says where --no-index stands
}

// Setting is the value of an option and where the option stands. The zero
// Setting is an option that isn't there.
type Setting struct {
	Value string // variables replaced; may hold credentials
	File  string
	Line  int
}

// IsZero reports whether the option isn't there.
func (s Setting) IsZero() bool { return s.Line == 0 }

// source takes one of the options that name places.
func (r *reader) source(o option, at place) {
	s := &r.file.Sources
	set := Setting{Value: o.value, File: at.file, Line: at.line}
	switch o.name {
	case optNoIndex:
		s.NoIndex = set
	case optIndexURL:
		before := s.IndexURL
		switch {
		case before.IsZero():
			s.IndexURL = set
		case strings.TrimRight(before.Value, "/") != strings.TrimRight(set.Value, "/"):
			r.add(at, KindIgnored, "a second index; pip would silently drop the one at %s:%d", before.File, before.Line)
		}
	case optExtraIndexURL:
		s.ExtraIndexURLs = append(s.ExtraIndexURLs, set)
	case optFindLinks:
		s.FindLinks = append(s.FindLinks, set)
	}
}
