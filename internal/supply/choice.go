package supply

import (
	"fmt"

	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/resolve"
	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// Choice tells which wheels were taken for a requirements file that leaves
// versions open.
type Choice struct {
	// File is the requirements file.
	File string `json:"file"`
	// Open counts the wheels whose version no line of the file pins.
	Open   int           `json:"open"`
	Wheels []ChosenWheel `json:"wheels"`
}

// ChosenWheel is a wheel that was chosen when the image was planned.
type ChosenWheel struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Wheel   string `json:"wheel"`
	SHA256  string `json:"sha256"`
	// Pinned says that the file pins the version.
	Pinned bool `json:"pinned"`
	// Own says that the config names the file itself.
	Own bool `json:"own,omitempty"`
	// Wanted are the file's lines about it, as in "requirements.txt:3
	// numpy>=1.24", and the projects that require it.
	Wanted []string `json:"wanted"`

	named bool // by the file itself
}

// newChoice lists the pins of a solution for the requirements of a file.
func newChoice(file *requirements.File, s *resolve.Solution) *Choice {
	pinned := map[string]bool{}
	for i := range file.Requirements {
		if r := &file.Requirements[i]; r.Pinned() {
			pinned[pep508.NormalizeName(r.Name)] = true
		}
	}
	c := &Choice{File: file.Path}
	for _, pin := range s.Pins {
		w := ChosenWheel{
			Name: pin.Name, Version: pin.VersionText, Wheel: pin.Wheels[0].Name,
			SHA256: pin.Wheels[0].SHA256, Pinned: pinned[pin.Name], Own: pin.Wheels[0].Own,
		}
		for _, want := range pin.Via {
			switch {
			case want.Name != "":
				w.Wanted = append(w.Wanted, want.Name)
			case want.Line == 0: // the config's own wheel
				w.Wanted = append(w.Wanted, want.File)
			default:
				w.named = w.named || !want.Constraint
				w.Wanted = append(w.Wanted, fmt.Sprintf("%s:%d %s", want.File, want.Line, want.Requirement))
			}
		}
		if !w.Pinned && !w.Own {
			c.Open++
		}
		c.Wheels = append(c.Wheels, w)
	}
	return c
}

// String says in one line what was chosen: first what the file names itself.
func (c *Choice) String() string {
	var named, others []string
	total := 0
	for _, w := range c.Wheels {
		text := w.Name + " " + w.Version
		if !w.Own {
			total++
		}
		switch {
		case w.Pinned, w.Own:
		case w.named:
			named = append(named, text)
		default:
			others = append(others, text)
		}
	}
	if c.Open == 0 {
		return fmt.Sprintf("%s has versions but no hashes: using its %d wheels from the wheelhouse as found (assemble lock records their hashes)",
			c.File, total)
	}
	return fmt.Sprintf("%s doesn't pin %d of %d projects: using %s from the wheelhouse (assemble lock records the versions)",
		c.File, c.Open, total, report.List(append(named, others...)))
}
