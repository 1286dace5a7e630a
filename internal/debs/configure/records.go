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
	statusFile    = adminDir + "/status"
	availableFile = adminDir + "/available"
	maxDatabase   = 64 << 20
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
	c := st.pkg.Control.Clone()
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
	raw, err := out.Append(nil)
	if err != nil { // the control file was read by the same rules
		return nil
	}
	return raw
}

// writeRecords writes status, available and the triggers.
func (s *session) writeRecords() error {
	var status, available bytes.Buffer
	for _, st := range s.sorted() {
		raw := st.raw
		if st.pkg != nil {
			if raw = s.stanza(st); raw == nil {
				return fmt.Errorf("the control file of %q can't be written", st.name)
			}
			available.Write(s.availableStanza(st))
			available.WriteByte('\n')
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
	if err := s.writeAvailable(available.String()); err != nil {
		return err
	}
	return s.writeTriggers()
}

func (s *session) availableStanza(st *state) []byte {
	c := st.pkg.Control.Clone()
	for _, f := range [...]struct{ name, value string }{{"Filename", st.pkg.Filename}, {"Size", st.pkg.Size}, {"SHA256", st.pkg.SHA256}} {
		if f.value != "" {
			c.Set(f.name, f.value)
		}
	}
	return ordered(c)
}

// writeAvailable keeps the base's rows of other packages.
func (s *session) writeAvailable(ours string) error {
	old, err := s.root.ReadFile(availableFile, maxDatabase)
	var b strings.Builder
	if err == nil {
		for raw := range strings.SplitSeq(string(old), "\n\n") {
			raw = strings.Trim(raw, "\n")
			name, _, _ := strings.Cut(strings.TrimPrefix(raw, "Package: "), "\n")
			if st := s.states[name]; raw != "" && (st == nil || st.pkg == nil) {
				b.WriteString(raw + "\n\n")
			}
		}
	}
	return s.update(availableFile, b.String()+ours)
}
