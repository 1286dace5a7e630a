// Package lockfile reads and writes packages.lock: which Debian packages an
// image gets on top of its base, by digest.
//
// Start with [Lock]; [Parse] and [Lock.Marshal] are the way in and out. The
// file is in the form of deb822(5): a stanza about the lock, then one for each
// package, sorted by name, so that a change shows as few lines. The same choice
// gives the same bytes. A lock may come from anybody, so what it says is held
// against its form before it is used, and fields that aren't known are refused.
package lockfile

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/assemble-image/assemble/internal/debs/control"
	"github.com/assemble-image/assemble/internal/debs/dependency"
	"github.com/assemble-image/assemble/internal/debs/packages"
	"github.com/assemble-image/assemble/internal/debs/version"
)

// Name is what the file is called.
const Name = "packages.lock"

const (
	formatVersion = "1"
	header        = "# Made by assemble lock, which also updates it.\n"
	maxPackages   = 100_000
)

// Lock is a choice of packages.
type Lock struct {
	Architecture string
	// Requested are the packages that were asked for, as they were.
	Requested []string
	// Recommends says that recommended packages were wanted, too.
	Recommends bool
	// Snapshot is the time that the archives were seen at; zero is when the lock
	// was made.
	Snapshot time.Time
	// Base is [Fingerprint] of the base's packages.
	Base string
	// Packages are sorted by name.
	Packages []Package
}

// Package is a package that is to be installed.
type Package struct {
	Name, Version, Architecture string
	// Source and SourceVersion are what it was built from.
	Source, SourceVersion string
	// Archives are the roots of archives that have it, without credentials; none
	// where it came from a directory.
	Archives []string
	// Filename is relative to an archive's root, or to the directory.
	Filename string
	Size     int64
	SHA256   string
	// Replaces is the version of the base's package that it replaces; empty where
	// it is new.
	Replaces string
	// Why says what asked for it.
	Why string
}

// Marshal writes the lock. It sorts nothing: a lock that [Parse] would refuse is
// an error.
func (l *Lock) Marshal() ([]byte, error) {
	var s control.Stanza
	s.Set("Lock-Version", formatVersion)
	s.Set("Architecture", l.Architecture)
	s.Set("Requested", strings.Join(l.Requested, ", "))
	if l.Recommends {
		s.Set("Recommends", "yes")
	}
	if !l.Snapshot.IsZero() {
		s.Set("Snapshot", l.Snapshot.UTC().Format(time.RFC3339))
	}
	s.Set("Base", l.Base)
	b, err := s.Append([]byte(header))
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", Name, err)
	}
	for i := range l.Packages {
		s := l.Packages[i].stanza()
		if b, err = s.Append(append(b, '\n')); err != nil {
			return nil, fmt.Errorf("writing %s: package %q: %w", Name, l.Packages[i].Name, err)
		}
	}
	if _, err := Parse(b); err != nil {
		return nil, fmt.Errorf("writing %s: %w", Name, err)
	}
	return b, nil
}

func (p *Package) stanza() control.Stanza {
	var s control.Stanza
	s.Set("Package", p.Name)
	s.Set("Version", p.Version)
	s.Set("Architecture", p.Architecture)
	source := p.Source
	if p.SourceVersion != p.Version {
		source += " (" + p.SourceVersion + ")"
	}
	s.Set("Source", source)
	if len(p.Archives) > 0 {
		s.Set("Archive", strings.Join(p.Archives, " "))
	}
	s.Set("Filename", p.Filename)
	s.Set("Size", strconv.FormatInt(p.Size, 10))
	s.Set("SHA256", p.SHA256)
	if p.Replaces != "" {
		s.Set("Replaces-Version", p.Replaces)
	}
	s.Set("Why", p.Why)
	return s
}

// Parse reads a lock. Errors name the line.
func Parse(data []byte) (*Lock, error) {
	stanzas, err := control.Parse(data, control.Options{Comments: true})
	if err != nil {
		return nil, err
	}
	if len(stanzas) == 0 {
		return nil, errors.New("it is empty")
	}
	if len(stanzas) > maxPackages {
		return nil, fmt.Errorf("it has more than %d packages", maxPackages)
	}
	l, err := parseHead(&stanzas[0])
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", stanzas[0].Line, err)
	}
	for i := range stanzas[1:] {
		s := &stanzas[i+1]
		p, err := parsePackage(s)
		if err == nil {
			err = l.accept(&p)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", s.Line, err)
		}
		l.Packages = append(l.Packages, p)
	}
	return l, nil
}

// known refuses fields that aren't known, and looks for those that must be
// there.
func known(s *control.Stanza, must, may []string) error {
	for _, f := range s.Fields {
		if !slices.Contains(must, f.Name) && !slices.Contains(may, f.Name) {
			return fmt.Errorf("the field %q is unknown", f.Name)
		}
		if strings.Contains(f.Value, "\n") {
			return fmt.Errorf("the field %q has several lines", f.Name)
		}
	}
	for _, name := range must {
		if _, ok := s.Lookup(name); !ok {
			return fmt.Errorf("the field %q is missing", name)
		}
	}
	return nil
}

func parseHead(s *control.Stanza) (*Lock, error) {
	if v := s.Get("Lock-Version"); v != formatVersion {
		return nil, fmt.Errorf("it is no packages.lock of version %s: its Lock-Version is %q", formatVersion, v)
	}
	if err := known(s, []string{"Lock-Version", "Architecture", "Requested", "Base"}, []string{"Recommends", "Snapshot"}); err != nil {
		return nil, err
	}
	l := &Lock{Architecture: s.Get("Architecture"), Base: s.Get("Base")}
	if !isWord(l.Architecture) || l.Architecture == "all" {
		return nil, fmt.Errorf("%q is no architecture", l.Architecture)
	}
	if hex, ok := strings.CutPrefix(l.Base, "sha256:"); !ok || !isHex(hex) {
		return nil, fmt.Errorf("the Base %q is no SHA-256", l.Base)
	}
	for item := range strings.SplitSeq(s.Get("Requested"), ",") {
		if item = strings.TrimSpace(item); item != "" {
			l.Requested = append(l.Requested, item)
		}
	}
	switch r := s.Get("Recommends"); r {
	case "", "no":
	case "yes":
		l.Recommends = true
	default:
		return nil, fmt.Errorf("the field Recommends is %q, neither yes nor no", r)
	}
	if at := s.Get("Snapshot"); at != "" {
		t, err := time.Parse(time.RFC3339, at)
		if err != nil {
			return nil, fmt.Errorf("the Snapshot %q is no time", at)
		}
		l.Snapshot = t.UTC()
	}
	return l, nil
}

func parsePackage(s *control.Stanza) (Package, error) {
	must := []string{"Package", "Version", "Architecture", "Source", "Filename", "Size", "SHA256", "Why"}
	if err := known(s, must, []string{"Archive", "Replaces-Version"}); err != nil {
		return Package{}, err
	}
	p := Package{
		Name: s.Get("Package"), Version: s.Get("Version"), Architecture: s.Get("Architecture"), Archives: strings.Fields(s.Get("Archive")),
		Filename: s.Get("Filename"), SHA256: s.Get("SHA256"), Replaces: s.Get("Replaces-Version"), Why: s.Get("Why"),
	}
	if len(p.Archives) == 0 {
		p.Archives = nil
	}
	p.Source, p.SourceVersion = dependency.SplitSource(s.Get("Source"))
	if p.SourceVersion == "" {
		p.SourceVersion = p.Version
	}
	size, err := strconv.ParseInt(s.Get("Size"), 10, 64)
	if err != nil {
		return p, fmt.Errorf("package %q: the Size %q is no number", p.Name, s.Get("Size"))
	}
	p.Size = size
	return p, p.check()
}

// check holds a package against its form.
func (p *Package) check() error {
	asIndexed := packages.Package{Name: p.Name, Version: p.Version, Filename: p.Filename, Size: p.Size, SHA256: p.SHA256}
	if err := asIndexed.Check(); err != nil {
		return err
	}
	if err := dependency.CheckName(p.Source); err != nil {
		return fmt.Errorf("package %q: its source: %w", p.Name, err)
	}
	for _, v := range []string{p.SourceVersion, p.Replaces} {
		if v == "" {
			continue
		}
		if _, err := version.Parse(v); err != nil {
			return fmt.Errorf("package %q: %w", p.Name, err)
		}
	}
	for _, a := range p.Archives {
		u, err := url.Parse(a)
		if err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" || !slices.Contains([]string{"http", "https", "file", "copy"}, u.Scheme) {
			return fmt.Errorf("package %q: its Archive is no URI of one, or has a password in it", p.Name)
		}
	}
	return nil
}

// accept holds a package against the lock and the packages before it.
func (l *Lock) accept(p *Package) error {
	if p.Architecture != l.Architecture && p.Architecture != "all" {
		return fmt.Errorf("package %q is for %q, the lock for %q", p.Name, p.Architecture, l.Architecture)
	}
	if n := len(l.Packages); n > 0 && l.Packages[n-1].Name >= p.Name {
		return fmt.Errorf("package %q comes after %q: they must be sorted by name, each once", p.Name, l.Packages[n-1].Name)
	}
	return nil
}

func isWord(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func isHex(s string) bool { return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == "" }
