package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/doctor"
	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/internal/pipeline"
	"github.com/assemble-image/assemble/internal/report"
)

// problemsError says what a check found that is an error.
type problemsError struct{ found []doctor.Finding }

func (e problemsError) Error() string {
	lines := make([]string, 0, len(e.found)+1)
	for _, f := range e.found {
		lines = append(lines, findingText(f))
	}
	return strings.Join(append(lines, "found "+report.Count(len(e.found), "problem")), "\n")
}

// findingText is what is said of a finding, with what would mend it in a line of
// its own.
func findingText(f doctor.Finding) string {
	text := f.ID + ": " + f.Text
	if f.Fix != "" {
		text += "\n  " + f.Fix
	}
	return text
}

// noteText is a finding in one line.
func noteText(f doctor.Finding) string {
	text := f.ID + ": " + f.Text
	switch {
	case f.Ignored != "":
		return "ignored (" + f.Ignored + "): " + text
	case f.Fix != "":
		text += " (" + f.Fix + ")"
	}
	if f.Severity == doctor.Warning {
		text = "warning: " + text
	}
	return text
}

// tellFindings says what was found that is no error.
func (s *session) tellFindings(found *pipeline.Checked) {
	for _, f := range found.Findings {
		if f.Severity != doctor.Error {
			s.note(noteText(f))
		}
	}
}

// maxConfig is more than a config may have, in bytes.
const maxConfig = 1 << 20

// fix writes the packages that would mend findings into the config.
func (s *session) fix(found []doctor.Finding) error {
	var packages []string
	for _, f := range found {
		for _, p := range f.Packages {
			if !slices.Contains(packages, p) {
				packages = append(packages, p)
			}
		}
	}
	if len(packages) == 0 {
		s.note("--fix: no package would mend anything")
		return nil
	}
	slices.Sort(packages)
	if s.config.File == "" {
		return errors.New("--fix: there is no config file to write packages into: " + strings.Join(packages, ", "))
	}
	data, err := osfile.ReadBounded(s.config.File, maxConfig)
	if err != nil {
		return fmt.Errorf("reading config %q: %w", s.config.File, err)
	}
	changed, err := config.AddPackages(s.config.File, data, packages)
	if err != nil {
		return fmt.Errorf("writing packages into config %q (%s): %w", s.config.File, strings.Join(packages, ", "), err)
	}
	if err := osfile.Replace(s.config.File, osfile.Bytes(changed), osfile.Options{}); err != nil {
		return fmt.Errorf("writing config %q: %w", s.config.File, err)
	}
	s.note(fmt.Sprintf("added to packages in %s: %s; assemble lock pins them", s.config.File, strings.Join(packages, ", ")))
	return nil
}
