package supply

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/resolve"
	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// DeniedError says that a lock pins what the config's deny list forbids: all
// that came to be in it for one reason.
type DeniedError struct {
	// File and Line are where the first of them is pinned.
	File string
	Line int
	// Names are the projects, Patterns what denies them.
	Names, Patterns []string
	// Chain says, as far as the lock does, how the requirements lead to them, one
	// step an item.
	Chain []string
}

func (e *DeniedError) Error() string {
	text := fmt.Sprintf("%s:%d: %s must not be in the image (deny: %s)", e.File, e.Line, report.List(e.Names), strings.Join(e.Patterns, ", "))
	if len(e.Chain) > 0 {
		text += ", but " + strings.Join(e.Chain, ", ")
	}
	return text
}

// denied lists the pins that the config forbids, by who brings them.
func (s settings) denied(pins []requirements.Pin) error {
	by := map[string]*DeniedError{}
	var errs []error
	l := newLockGraph(pins)
	patternOf := map[string]string{}
	for _, pattern := range s.cfg.Deny {
		match, err := resolve.Matcher(pattern)
		if err != nil {
			return err
		}
		for _, pin := range pins {
			if _, known := patternOf[pin.Normalized]; !known && match(pin.Normalized) {
				patternOf[pin.Normalized] = pattern
			}
		}
	}
	for _, pin := range pins {
		pattern, ok := patternOf[pin.Normalized]
		if !ok {
			continue
		}
		chain := l.chain(pin.Normalized, func(name string) bool { return patternOf[name] != "" })
		e := by[strings.Join(chain, "\n")]
		if e == nil {
			e = &DeniedError{File: pin.File, Line: pin.Line, Chain: chain}
			by[strings.Join(chain, "\n")] = e
			errs = append(errs, e)
		}
		e.Names = append(e.Names, pin.Normalized)
		if !slices.Contains(e.Patterns, pattern) {
			e.Patterns = append(e.Patterns, pattern)
		}
	}
	return errors.Join(errs...)
}

// deniedOwn refuses wheels of the user's own that the config denies as well.
func (s settings) deniedOwn(own *ownWheels) error {
	for _, pattern := range s.cfg.Deny {
		match, err := resolve.Matcher(pattern)
		if err != nil {
			return err
		}
		for _, name := range own.names() {
			if match(name) {
				return &OwnError{What: "wheels", Project: name, Reason: fmt.Sprintf("%s is denied (deny: %s)", candidateNames(own.byName[name]), pattern)}
			}
		}
	}
	return nil
}

// lockGraph is who requires what, as far as a lock's comments say.
type lockGraph map[string][]string

func newLockGraph(pins []requirements.Pin) lockGraph {
	l := lockGraph{}
	for _, pin := range pins {
		l[pin.Normalized] = via(pin.Comment)
	}
	return l
}

// via reads the names in a comment that says who asked for a pin: "via NAME", or
// "via" and a name a line, as package requirements, pip-compile and uv write it.
// The user's files stay as they are, names come normalized.
func via(comment string) []string {
	_, list, ok := strings.Cut("\n"+comment, "\nvia")
	if !ok {
		return nil
	}
	var names []string
	for line := range strings.Lines(list) {
		line = strings.Trim(line, " #\t\r\n")
		name, _, _ := strings.Cut(line, "[")
		switch {
		case line == "":
		case strings.HasPrefix(line, "-"):
			names = append(names, line)
		case pep508.ValidName(strings.TrimSpace(strings.TrimSuffix(name, " (pyproject.toml)"))):
			names = append(names, pep508.NormalizeName(name))
		default:
			return names
		}
	}
	return names
}

// chain says how the user's requirements lead to a project, one step an item,
// without the steps between those that same holds for.
func (l lockGraph) chain(name string, same func(string) bool) []string {
	from := map[string]string{name: ""} // the step towards name
	queue := []string{name}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, by := range l[at] {
			if _, seen := from[by]; seen {
				continue
			}
			from[by] = at
			if strings.HasPrefix(by, "-") {
				return l.steps(by, from, same)
			}
			queue = append(queue, by)
		}
	}
	return nil
}

// steps walks from one of the user's files to the first of those that same
// holds for; there are none where the user asks for that itself.
func (l lockGraph) steps(file string, from map[string]string, same func(string) bool) []string {
	_, who, _ := strings.Cut(file, " ")
	var steps []string
	next := from[file]
	for ; next != "" && !same(next); who, next = next, from[next] {
		steps = append(steps, who+" wants "+next)
	}
	if len(steps) == 0 {
		return nil
	}
	return append(steps, who+" wants what is denied")
}

// noteGPU tells of wheels that are of use on a GPU only.
func (s settings) noteGPU(list []*Wheel) {
	names := make([]string, 0, len(list))
	for _, w := range list {
		names = append(names, w.Pin.Normalized)
	}
	gpu, _, err := resolve.GPUOnly(names)
	if err != nil || len(gpu) == 0 {
		return
	}
	var size int64
	for _, w := range list {
		if slices.Contains(gpu, w.Pin.Normalized) {
			size += w.Source.Size
		}
	}
	s.opt.Report.Note(report.StageWheels, gpuText(fmt.Sprintf("the lock has %s, which are only useful on a GPU", report.List(gpu)), size, gpu))
}
