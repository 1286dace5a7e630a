package packages

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/dependency"
	"github.com/assemble-image/assemble/internal/debs/version"
)

// Package is one version of a package, as far as choosing and fetching it
// need.
type Package struct {
	Name, Version, Arch string
	// Source and SourceVersion are what it was built from.
	Source, SourceVersion string
	Section               string
	Priority              Priority
	// MultiArch is "same", "foreign", "allowed" or empty.
	MultiArch string
	// Essential packages must not be removed; Important ones (Important or
	// Protected: yes) neither.
	Essential, Important bool

	// Relations to other packages, as in the file, on one line.
	PreDepends, Depends, Conflicts, Breaks, Recommends, Provides string

	// Filename is relative to the archive's root; Size is the file's, and SHA256
	// in hexadecimal. They are empty for what is installed.
	Filename string
	Size     int64
	SHA256   string
	// InstalledSize is in KiB.
	InstalledSize int64

	// Rank tells which of two packages was mentioned first in the files that
	// they come from; see [Index.Rank].
	Rank uint32
	// Hold says that dpkg was told to leave it as it is.
	Hold bool
}

// Priority is a package's priority (Debian Policy 2.5), the weightiest first.
type Priority int

// The priorities. Unset is that of a package that has none, and sorts before
// them all, as in apt.
const (
	Unset Priority = iota
	Required
	Important
	Standard
	Optional
	Extra
)

var priorities = []string{"", "required", "important", "standard", "optional", "extra"}

// parsePriority reads a priority; apt takes those that it doesn't know for
// extra.
func parsePriority(s string) Priority {
	for i, name := range priorities {
		if strings.EqualFold(s, name) {
			return Priority(i)
		}
	}
	return Extra
}

// String names the package with its version.
func (p *Package) String() string { return p.Name + " " + p.Version }

// Check holds what is needed for fetching a package against its form.
func (p *Package) Check() error {
	fail := func(err error) error { return fmt.Errorf("package %q, version %q: %w", p.Name, p.Version, err) }
	if err := dependency.CheckName(p.Name); err != nil {
		return fail(err)
	}
	if _, err := version.Parse(p.Version); err != nil {
		return fail(err)
	}
	if err := CheckFilename(p.Filename); err != nil {
		return fail(err)
	}
	if p.Size <= 0 {
		return fail(errors.New("the index gives it no size"))
	}
	if !isSHA256(p.SHA256) {
		return fail(fmt.Errorf("the index gives it no SHA256, but %q", p.SHA256))
	}
	return nil
}

// CheckFilename refuses names of files that lead out of an archive.
func CheckFilename(name string) error {
	switch {
	case name == "":
		return errors.New("the index gives it no Filename")
	case strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f }):
		return fmt.Errorf("the Filename %q has a blank, a control character or a backslash", name)
	case strings.HasPrefix(name, "/"), path.Clean(name) == ".", path.Clean(name) != strings.TrimPrefix(name, "./"), path.Clean(name) == "..", strings.HasPrefix(path.Clean(name), "../"):
		return fmt.Errorf("the Filename %q leads out of the archive", name)
	}
	return nil
}

func isSHA256(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

// number reads a size; what is none is 0, as in apt.
func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// yes reads a field that is a switch.
func yes(s string) bool { return strings.EqualFold(s, "yes") }

// multiArch reads the Multi-Arch field; packages of all architectures can't be
// "same", and what is unknown counts for nothing, as in apt.
func multiArch(s, arch string) string {
	switch {
	case s == "same" && arch != "all", s == "foreign", s == "allowed":
		return s
	}
	return ""
}

// InfoName is how the names of a package's files in dpkg's info directory begin:
// with the architecture where it may be installed for several (Multi-Arch: same).
func InfoName(name, arch string, same bool) string {
	if same {
		return name + ":" + arch
	}
	return name
}
