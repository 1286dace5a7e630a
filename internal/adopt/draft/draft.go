// Package draft holds a config in the making: what an image is to have, each
// with the place where it was found and why it is there, and the steps that
// were read on the way. Start with [Draft].
package draft

import (
	"fmt"
	"strings"
)

// Place is a line of a file; the zero Place is nowhere.
type Place struct {
	File string
	Line int
}

// String returns "file:line", or the file alone where no line is known.
func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Status says what has become of a step.
type Status int

// What may become of a step.
const (
	// Carried steps are in the config.
	Carried Status = iota
	// Unneeded steps have no counterpart, since nothing here needs one.
	Unneeded
	// Left steps are for the user to do; their note says how.
	Left
)

// String returns the status as JSON has it.
func (s Status) String() string { return [...]string{"carried", "unneeded", "left"}[s] }

// Step is one thing that a file asks for: an instruction of a Dockerfile, a
// command in a RUN, an entry of a Compose service.
type Step struct {
	Place  Place
	Text   string // what stands there, on one line
	Status Status
	// Field is what it became, for one that was carried over.
	Field string
	// Note says why nothing is needed, or how to do what was left.
	Note string
}

// Pair is a key with its value, which is a list if that isn't nil.
type Pair struct {
	Key, Value string
	List       []string
}

// Item is one line of the config: a value, an entry of a list or of a mapping.
type Item struct {
	// Key is the name in a mapping; "" elsewhere.
	Key string
	// Text is a scalar, if neither List nor Map is there.
	Text string
	// Int says that Text is a number that is to be one in YAML.
	Int  bool
	List []string
	Map  []Pair
	// Maps is a list of mappings.
	Maps [][]Pair
	From Place
	// Note explains the line.
	Note string
	// Off writes the line as a comment.
	Off bool
}

// Draft is a config in the making.
type Draft struct {
	// Fields has the items of each field by its path, with dots for what is
	// nested.
	Fields map[string][]Item
	Steps  []Step
	// Read names the files that were taken into account, with what for.
	Read []Pair
	// Next are the commands that come next.
	Next []string
}

// New returns an empty draft.
func New() *Draft { return &Draft{Fields: map[string][]Item{}} }

// Has reports whether a field has an item that isn't a comment.
func (d *Draft) Has(field string) bool {
	for _, item := range d.Fields[field] {
		if !item.Off {
			return true
		}
	}
	return false
}

// Set makes item the only one of a field.
func (d *Draft) Set(field string, item Item) { d.Fields[field] = []Item{item} }

// Add appends an item to a field. One that is there already, by key or by value,
// is replaced by a later one that isn't a comment.
func (d *Draft) Add(field string, item Item) {
	for i, old := range d.Fields[field] {
		if old.Key == item.Key && (item.Key != "" || old.same(item)) {
			if !item.Off {
				d.Fields[field][i] = item
			}
			return
		}
	}
	d.Fields[field] = append(d.Fields[field], item)
}

func (i Item) same(o Item) bool {
	return i.Text == o.Text && strings.Join(i.List, "\x00") == strings.Join(o.List, "\x00") &&
		fmt.Sprint(i.Map, i.Maps) == fmt.Sprint(o.Map, o.Maps)
}

// Get returns the text of a field's first item that isn't a comment.
func (d *Draft) Get(field string) string {
	for _, item := range d.Fields[field] {
		if !item.Off {
			return item.Text
		}
	}
	return ""
}

// Step records a step.
func (d *Draft) Step(s Step) { d.Steps = append(d.Steps, s) }

// Count returns how many steps have a status.
func (d *Draft) Count(s Status) int {
	n := 0
	for _, step := range d.Steps {
		if step.Status == s {
			n++
		}
	}
	return n
}
