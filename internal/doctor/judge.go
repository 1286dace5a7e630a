package doctor

import (
	"path"
	"strings"
)

// Ignored is a finding that somebody has looked at.
type Ignored struct {
	ID string
	// About is what the finding is about, "" for any; * stands for any characters.
	About  string
	Reason string
}

// Judge sets the severities that levels has for ids ("warn" or "error"), and marks
// what is ignored: that becomes a note with the reason. It returns the ignored
// rules that nothing was found for.
func Judge(list []Finding, levels map[string]string, ignore []Ignored) (unused []Ignored) {
	used := make([]bool, len(ignore))
	for i := range list {
		f := &list[i]
		switch levels[f.ID] {
		case "warn":
			if f.Severity == Error {
				f.Severity = Warning
			}
		case "error":
			f.Severity = Error
		}
		for j, g := range ignore {
			if g.ID == f.ID && (g.About == "" || matches(g.About, f.About)) {
				used[j] = true
				f.Ignored, f.Severity = g.Reason, Note
			}
		}
		f.Kind, f.IsError = f.ID, f.Severity == Error
	}
	sortFindings(list)
	for j, g := range ignore {
		if !used[j] {
			unused = append(unused, g)
		}
	}
	return unused
}

// matches compares with a pattern in which * stands for any characters, slashes
// included.
func matches(pattern, text string) bool {
	escaped := strings.NewReplacer("/", "\x00", "[", "\\[", "?", "\\?").Replace(pattern)
	ok, err := path.Match(escaped, strings.ReplaceAll(text, "/", "\x00"))
	return ok && err == nil
}
