package requirements

import (
	"strings"

	"github.com/assemble-image/assemble/internal/toml"
)

// Steering is what a lock says on purpose of the requirements of its projects,
// so that nobody takes it for a mistake later.
type Steering struct {
	// Exclude are projects that are left out, whoever requires them.
	Exclude []string `json:"exclude,omitempty"`
	// Override are requirements that replace what others ask of a project
	// (PEP 508).
	Override []string `json:"override,omitempty"`
}

// IsZero reports whether nothing is said.
func (s Steering) IsZero() bool { return len(s.Exclude)+len(s.Override) == 0 }

// The words that begin the comments of a lock that say so, and the comment
// that such a lock begins with.
const (
	madeBy         = "Made by assemble lock"
	excludeComment = "exclude: "
	overrideWord   = "override: "
)

// Header returns the comments that a requirements file says it with, a line
// each. They count below the line that begins a lock of assemble's.
func (s Steering) Header() []string {
	list := make([]string, 0, len(s.Exclude)+len(s.Override))
	for _, name := range s.Exclude {
		list = append(list, excludeComment+name)
	}
	for _, text := range s.Override {
		list = append(list, overrideWord+text)
	}
	return list
}

// steeringComments reads the comments at the top of a lock that [Steering.Header]
// made.
func steeringComments(text string) Steering {
	var s Steering
	made := false
	for line := range strings.Lines(text) {
		comment, ok := strings.CutPrefix(line, "# ")
		if !ok {
			break
		}
		comment = strings.TrimSpace(comment)
		made = made || strings.HasPrefix(comment, madeBy)
		if name, ok := strings.CutPrefix(comment, excludeComment); ok && made {
			s.Exclude = append(s.Exclude, name)
		}
		if text, ok := strings.CutPrefix(comment, overrideWord); ok && made {
			s.Override = append(s.Override, text)
		}
	}
	return s
}

// pylockSteering reads what a pylock.toml of assemble's has in its table of
// tools (PEP 751).
func (d *document) pylockSteering(root *toml.Table) Steering {
	tool, _ := root.Get("tool").(*toml.Table)
	own, _ := tool.Get("assemble").(*toml.Table)
	return Steering{Exclude: list[string](d, own, "exclude"), Override: list[string](d, own, "override")}
}

// uvSteering reads uv's exclude-dependencies and override-dependencies, as its
// lock has them.
func (u *uvLock) uvSteering(root *toml.Table) Steering {
	manifest := u.table(root, "manifest")
	s := Steering{Exclude: list[string](u.document, manifest, "excludes")}
	for _, t := range list[*toml.Table](u.document, manifest, "overrides") {
		text := u.text(t, "name") + u.text(t, "specifier")
		if marker := u.text(t, "marker"); marker != "" {
			text += " ; " + marker
		}
		s.Override = append(s.Override, text)
	}
	return s
}
