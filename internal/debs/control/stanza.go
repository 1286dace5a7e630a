package control

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Field is a field of a stanza.
type Field struct {
	// Name is spelled as in the file; names differ by more than case.
	Name string
	// Value begins with what follows the colon, without blanks around it. Of a
	// folded or multiline field it goes on with a newline and each further
	// line, which begins with the blank that it has in the file: "\n a\n b".
	Value string
	// Line is where the field begins, counted from 1; 0 if it was not read.
	Line int
}

// Stanza is a paragraph of fields, in the order of the file.
type Stanza struct {
	// Line is where it begins, counted from 1; 0 if it was not read.
	Line   int
	Fields []Field
}

// Lookup returns the field of that name, in whichever case (Debian Policy
// 5.1).
func (s *Stanza) Lookup(name string) (Field, bool) {
	if i := s.find(name); i >= 0 {
		return s.Fields[i], true
	}
	return Field{}, false
}

// Get returns the value of a field, empty where there is none.
func (s *Stanza) Get(name string) string {
	f, _ := s.Lookup(name)
	return f.Value
}

// Set gives a field a value: in its place, or after the others.
func (s *Stanza) Set(name, value string) {
	if i := s.find(name); i >= 0 {
		s.Fields[i].Value = value
		return
	}
	s.Fields = append(s.Fields, Field{Name: name, Value: value})
}

// Delete removes a field, if it is there.
func (s *Stanza) Delete(name string) {
	if i := s.find(name); i >= 0 {
		s.Fields = slices.Delete(s.Fields, i, i+1)
	}
}

// Clone returns a stanza that shares nothing with s.
func (s *Stanza) Clone() Stanza {
	return Stanza{Line: s.Line, Fields: slices.Clone(s.Fields)}
}

func (s *Stanza) find(name string) int {
	return slices.IndexFunc(s.Fields, func(f Field) bool { return strings.EqualFold(f.Name, name) })
}

// Lines returns a value's lines without the blanks around them, and without
// the empty ones.
func (f Field) Lines() []string {
	var out []string
	for line := range strings.SplitSeq(f.Value, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// Folded returns a value as one line, its words as they are and a space in
// place of each line's end.
func (f Field) Folded() string { return strings.Join(f.Lines(), " ") }

// Append writes the stanza behind b, without an empty line after it. It
// refuses what [Reader] wouldn't give back: names and values that dpkg refuses,
// or that would begin another field or stanza.
func (s *Stanza) Append(b []byte) ([]byte, error) {
	if len(s.Fields) == 0 {
		return nil, errors.New("writing a stanza: it has no fields")
	}
	for i, f := range s.Fields {
		if err := f.check(); err != nil {
			return nil, err
		}
		if s.find(f.Name) != i {
			return nil, fmt.Errorf("writing field %q: it is there twice", f.Name)
		}
		b = append(append(b, f.Name...), ':')
		if f.Value != "" && f.Value[0] != '\n' {
			b = append(b, ' ')
		}
		b = append(append(b, f.Value...), '\n')
	}
	return b, nil
}

func (f Field) check() error {
	if err := checkName(f.Name); err != nil {
		return fmt.Errorf("writing field %q: %w", f.Name, err)
	}
	if strings.IndexByte(f.Value, 0) >= 0 {
		return fmt.Errorf("writing field %q: its value has a NUL character", f.Name)
	}
	for i, line := range strings.Split(f.Value, "\n") {
		switch {
		case i == 0 && strings.Trim(line, blanks) != line, i > 0 && trimEnd(line) != line:
			return fmt.Errorf("writing field %q: line %q has blanks around it", f.Name, line)
		case i == 0:
		case line == "":
			return fmt.Errorf("writing field %q: an empty line would end the stanza", f.Name)
		case line[0] != ' ' && line[0] != '\t':
			return fmt.Errorf("writing field %q: line %q doesn't begin with a blank", f.Name, line)
		}
	}
	return nil
}

// checkName holds a field's name against Debian Policy 5.1.
func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("a field has no name")
	case name[0] == '-' || name[0] == '#':
		return fmt.Errorf("a field's name can't begin with %q", name[0])
	}
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c > '~' || c == ':' {
			return fmt.Errorf("the field's name has the character %q", c)
		}
	}
	return nil
}
