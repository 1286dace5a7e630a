package configure

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/control"
)

const (
	statusFile  = adminDir + "/status"
	maxDatabase = 64 << 20
)

// load reads the base's database.
func (s *session) load() error {
	data, err := s.root.ReadFile(statusFile, maxDatabase)
	if err != nil {
		return err
	}
	for raw := range bytes.SplitSeq(data, []byte("\n\n")) {
		raw = bytes.Trim(raw, "\n")
		if len(raw) == 0 {
			continue
		}
		fields, err := control.ParseOne(append(slices.Clone(raw), '\n'), control.Options{})
		if err != nil {
			return fmt.Errorf("%s: %w", statusFile, err)
		}
		st := &state{
			name: fields.Get("Package"), version: fields.Get("Version"), arch: fields.Get("Architecture"),
			same: fields.Get("Multi-Arch") == "same", raw: append(slices.Clone(raw), '\n'), provides: fields.Get("Provides"),
			configured: strings.HasSuffix(fields.Get("Status"), " installed"),
		}
		s.states[st.name] = st
	}
	s.loadTriggers()
	s.loadDebconf()
	return nil
}

// sorted returns all packages by name.
func (s *session) sorted() []*state {
	out := make([]*state, 0, len(s.states))
	for _, name := range slices.Sorted(maps.Keys(s.states)) {
		out = append(out, s.states[name])
	}
	return out
}

// fieldOrder is the order in which dpkg writes fields (dpkg, lib/dpkg/parse.c);
// others come after these.
var fieldOrder = []string{
	"Package", "Essential", "Protected", "Status", "Priority", "Section", "Installed-Size", "Origin", "Maintainer", "Bugs",
	"Architecture", "Multi-Arch", "Source", "Version", "Config-Version", "Replaces", "Provides", "Depends", "Pre-Depends",
	"Recommends", "Suggests", "Breaks", "Conflicts", "Enhances", "Conffiles", "Filename", "Size", "MD5sum", "SHA256", "Description",
}

// stanza is a package's row in status.
func (s *session) stanza(st *state) []byte {
	c := st.pkg.asWritten()
	status := "install ok installed"
	if !st.configured {
		status = "install ok unpacked"
	}
	c.Set("Status", status)
	c.Delete("Conffiles")
	if list := st.pkg.conffileField(); list != "" {
		c.Set("Conffiles", list)
	}
	return ordered(c)
}

func (p *Package) conffileField() string {
	var b strings.Builder
	for _, f := range p.Conffiles {
		if !f.RemoveOnUpgrade {
			b.WriteString("\n " + f.Path + " " + f.MD5)
		}
	}
	return b.String()
}

func ordered(c control.Stanza) []byte {
	out := control.Stanza{}
	for _, name := range fieldOrder {
		if f, ok := c.Lookup(name); ok {
			out.Fields = append(out.Fields, control.Field{Name: name, Value: f.Value})
			c.Delete(name)
		}
	}
	out.Fields = append(out.Fields, c.Fields...)
	var raw []byte
	for _, f := range out.Fields {
		raw = append(append(raw, f.Name...), ':')
		if f.Value != "" && f.Value[0] != '\n' {
			raw = append(raw, ' ')
		}
		raw = append(append(raw, f.Value...), '\n')
	}
	return raw
}

// asWritten are the fields of the control file with blanks at the ends of their
// lines, which dpkg keeps but for those of the last one, where the file is there.
func (p *Package) asWritten() control.Stanza {
	c := p.Control.Clone()
	var name, value string
	end := func() {
		if f, ok := c.Lookup(name); ok {
			c.Set(f.Name, strings.TrimLeft(strings.TrimRight(value, " \t\n"), " \t"))
		}
	}
	for line := range strings.Lines(string(p.file("control"))) {
		if strings.TrimRight(line, " \t\n") == "" {
			continue
		}
		if line[0] == ' ' || line[0] == '\t' {
			value += line
			continue
		}
		end()
		name, value, _ = strings.Cut(line, ":")
	}
	end()
	return c
}

// writeRecords writes status, the triggers, and apt's record. dpkg's list of
// available packages stays as it is: apt has lists of its own.
func (s *session) writeRecords() error {
	var status bytes.Buffer
	for _, st := range s.sorted() {
		raw := st.raw
		if st.pkg != nil {
			raw = s.stanza(st)
		}
		status.Write(raw)
		status.WriteByte('\n')
	}
	if !s.root.Exists(infoDir+"format") && slices.ContainsFunc(s.order, func(st *state) bool { return st.same }) {
		// Names with an architecture are the database's format 1.
		if err := s.root.WriteFile(infoDir+"format", []byte("1\n"), 0o644); err != nil {
			return err
		}
	}
	if err := s.update(statusFile, status.String()); err != nil {
		return err
	}
	if err := s.writeAuto(); err != nil {
		return err
	}
	return s.writeTriggers()
}
