package doctor

import (
	"cmp"
	"slices"
)

// Severity is how bad a finding is.
type Severity string

// The severities: what will not work, what may not, and what is good to know.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Note    Severity = "note"
)

// Finding is something about an image that somebody should know before it runs.
type Finding struct {
	// ID is the kind of finding: one of [Rules].
	ID       string   `json:"id"`
	Severity Severity `json:"severity"`
	// Kind and IsError are ID and Severity in the words of older reports.
	Kind    string `json:"kind"`
	IsError bool   `json:"error"`
	Text    string `json:"text"`
	// About is what is wrong or missing: a library, a module, a path.
	About string `json:"about,omitempty"`
	// Fix is what would mend it, in words.
	Fix string `json:"fix,omitempty"`
	// Packages are system packages that would.
	Packages []string `json:"packages,omitempty"`
	// Wheels are the file names of those that it is about.
	Wheels []string `json:"wheels,omitempty"`
	// Paths are the image's, of files that it is about.
	Paths []string `json:"paths,omitempty"`
	// Bytes is how much could be saved.
	Bytes int64 `json:"bytes,omitempty"`
	// Ignored is the reason that the config gives for not minding it.
	Ignored string `json:"ignored,omitempty"`
}

// maxPaths is how many paths a finding names.
const maxPaths = 20

// sortFindings puts the worst first, and equal ones in the order of their ids and
// of what they are about.
func sortFindings(list []Finding) {
	rank := map[Severity]int{Error: 0, Warning: 1, Note: 2}
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(rank[a.Severity], rank[b.Severity]), cmp.Compare(a.ID, b.ID), cmp.Compare(a.About, b.About), cmp.Compare(a.Text, b.Text))
	})
}
