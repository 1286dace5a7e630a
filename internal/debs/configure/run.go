package configure

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/assemble-image/assemble/internal/debs/packages"
	"github.com/assemble-image/assemble/internal/debs/root"
	"github.com/assemble-image/assemble/internal/debs/shell"
)

// Options says how packages are configured; its zero value is ready for use.
type Options struct {
	// Arch is the image's architecture as Debian names it, "arm64" unless told.
	Arch string
	// Limits bounds each script.
	Limits shell.Limits
	// Output takes what scripts print; nil drops it.
	Output func(pkg, script string, text []byte)
}

// Warning says what configuring left undone.
type Warning struct {
	// Package is whose script it is, Script which one ("postinst").
	Package, Script string
	// Command is the program or construct that wasn't interpreted, or empty.
	Command string
	// Consequence is what follows from that.
	Consequence string
}

// String is the warning in one line.
func (w Warning) String() string {
	what := w.Package
	if w.Script != "" {
		what += " (" + w.Script + ")"
	}
	if w.Command == "" {
		return what + ": " + w.Consequence
	}
	return fmt.Sprintf("%s: %s: %s", what, w.Command, w.Consequence)
}

// Result is what configuring came to.
type Result struct {
	// Warnings are in the order in which they came up, each once.
	Warnings []Warning
	// Configured are the packages' names in the order of their postinst.
	Configured []string
	// Scripts counts the scripts that were interpreted, Failed those of them
	// that ended with a status other than 0.
	Scripts, Failed int
}

// ScriptError says that a script could not be interpreted to its end, because
// it takes too much or is cancelled.
type ScriptError struct {
	Package, Script string
	Err             error
}

func (e *ScriptError) Error() string {
	return fmt.Sprintf("interpreting the %s of %q: %v", e.Script, e.Package, e.Err)
}

func (e *ScriptError) Unwrap() error { return e.Err }

// Run unpacks the packages into the root in their order, configures them in
// dpkg's, processes triggers, and writes dpkg's database. The root holds the
// base. Errors are a [*ScriptError], or that the root's files can't be read or
// are at odds with what dpkg writes.
func Run(ctx context.Context, r *root.Root, packages []Package, opt Options) (*Result, error) {
	if opt.Arch == "" {
		opt.Arch = "arm64"
	}
	s := &session{ctx: ctx, root: r, opt: opt, result: &Result{}, states: map[string]*state{}}
	if err := s.load(); err != nil {
		return nil, fmt.Errorf("reading the base's dpkg database: %w", err)
	}
	for i := range packages {
		if err := s.unpack(&packages[i]); err != nil {
			return nil, err
		}
	}
	s.provides = nil
	if err := s.configureAll(); err != nil {
		return nil, err
	}
	if err := s.processTriggers(); err != nil {
		return nil, err
	}
	if s.unheard && s.root.Exists(cacheFile) {
		if err := s.writeCache(func(int) {}); err != nil {
			return nil, fmt.Errorf("writing %s: %w", cacheFile, err)
		}
	}
	if err := s.writeRecords(); err != nil {
		return nil, fmt.Errorf("writing dpkg's database: %w", err)
	}
	return s.result, nil
}

// state is what becomes of a package.
type state struct {
	name, version, arch string
	same                bool
	pkg                 *Package // nil for one of the base
	configured          bool
	raw                 []byte // its stanza, of the base
	provides            string
	depends             []string
	pending             []string // triggers
}

// session is one Run.
type session struct {
	ctx      context.Context //nolint:containedctx // it lives as long as one Run
	root     *root.Root
	opt      Options
	result   *Result
	states   map[string]*state
	order    []*state // as they were unpacked
	triggers *triggers
	debconf  *debconf
	current  *state // whose script is interpreted
	script   string // which one
	warned   map[string]bool
	unheard  bool     // packages with libraries asked for ldconfig, and nobody heard it
	queued   []*state // packages with triggers, in order
	provides map[string][]*state
	known    map[string]shell.Command
	present  map[string]shell.Command
}

func (s *session) warn(w Warning) {
	key := w.Package + "\x00" + w.Command
	if w.Command == "" {
		key += w.Consequence
	}
	if s.warned == nil {
		s.warned = map[string]bool{}
	}
	if !s.warned[key] {
		s.warned[key] = true
		s.result.Warnings = append(s.result.Warnings, w)
	}
}

// unpack calls the scripts around unpacking, and puts the package's files into
// the root (Debian Policy 6.6).
func (s *session) unpack(p *Package) error {
	st := s.states[p.Name]
	if st == nil {
		st = &state{}
		s.states[p.Name] = st
	}
	old := p.Old
	if old == "" && st.raw != nil {
		old = st.version
	}
	p.Old = old
	if old != "" {
		if err := s.oldScript(st, "prerm", "upgrade", p.Version); err != nil {
			return err
		}
	}
	if err := s.configureBefore(p); err != nil {
		return err
	}
	args := []string{"install"}
	if old != "" {
		args = []string{"upgrade", old, p.Version}
	}
	fresh := &state{name: p.Name, version: p.Version, arch: p.Arch, same: p.same(), pkg: p}
	if err := s.runScript(fresh, "preinst", p.file("preinst"), args...); err != nil {
		return err
	}
	if old != "" {
		if err := s.oldScript(st, "postrm", "upgrade", p.Version); err != nil {
			return err
		}
	}
	if err := s.place(st, p); err != nil {
		return fmt.Errorf("unpacking %q: %w", p.Name, err)
	}
	*st = *fresh
	st.provides = p.Control.Get("Provides")
	st.depends = append(groups(p.Control.Get("Pre-Depends")), groups(p.Control.Get("Depends"))...)
	s.order = append(s.order, st)
	s.activateByPackage(p)
	return nil
}

// place puts a package's files, and dpkg's about it, into the root.
func (s *session) place(old *state, p *Package) error {
	for _, path := range p.Dropped {
		if err := s.root.Drop(path); err != nil && !errors.Is(err, root.ErrNotEmpty) && !errors.Is(err, root.ErrNotExist) {
			return err
		}
	}
	if old.raw != nil {
		if err := s.dropInfo(old); err != nil {
			return err
		}
	}
	for _, f := range slices.Concat(p.Entries, p.Info) {
		if err := s.root.Add(f); err != nil {
			return err
		}
	}
	return nil
}

// dropInfo removes dpkg's files about the version that is replaced.
func (s *session) dropInfo(old *state) error {
	list, err := s.root.ReadDir(infoDir)
	if err != nil {
		return err
	}
	prefix := packages.InfoName(old.name, old.arch, old.same) + "."
	for _, f := range list {
		if len(f.Name) > len(prefix) && f.Name[:len(prefix)] == prefix {
			if err := s.root.Drop(infoDir + f.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// oldScript calls a script of the version that is replaced.
func (s *session) oldScript(st *state, script string, args ...string) error {
	data, err := s.root.ReadFile(infoDir+packages.InfoName(st.name, st.arch, st.same)+"."+script, maxScript)
	if err != nil {
		return nil //nolint:nilerr // it has no such script
	}
	return s.runScript(st, script, data, args...)
}
