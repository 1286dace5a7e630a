package choose

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/assemble-image/assemble/internal/debs/archive"
	"github.com/assemble-image/assemble/internal/debs/dependency"
	"github.com/assemble-image/assemble/internal/debs/solve"
)

// Request is what a config asks for under "packages". Its zero value asks for
// nothing.
type Request struct {
	// Install are names of packages, with a version after an equals sign if need
	// be: "libgl1", "libpq5=15.*". See [ParseInstall].
	Install []string
	// Recommends says that recommended packages are wanted, too.
	Recommends bool
	// Sources are used instead of the base's own; see [ParseSource].
	Sources []string
	// Directories are such sources, too: directories of this machine with *.deb
	// files.
	Directories []string
	// Keyring has the keys that the sources are signed by, instead of those that
	// they name and that the base trusts.
	Keyring []byte
	// AnyTime takes indexes that are past their Valid-Until.
	AnyTime bool
	// Snapshot is the time at which the archives are to be seen; zero is now.
	Snapshot time.Time
}

// ParseInstall reads a package to install: a name, or name=version, where the
// version may end with an asterisk.
func ParseInstall(text string) (solve.Request, error) {
	name, v, hasVersion := strings.Cut(strings.TrimSpace(text), "=")
	fail := func(err error) (solve.Request, error) {
		return solve.Request{}, fmt.Errorf("reading the package %q: %w", text, err)
	}
	switch {
	case strings.Contains(name, "/"):
		return fail(errors.New("a suite can't be named with a package; give a source a pin-priority instead"))
	case strings.Contains(name, ":"):
		return fail(errors.New("an architecture can't be named: it is the image's"))
	}
	if err := dependency.CheckName(name); err != nil {
		return fail(err)
	}
	if hasVersion {
		stem := strings.TrimSuffix(v, "*")
		if v == "" || strings.Trim(stem, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-~:") != "" {
			return fail(fmt.Errorf("%q is no version, nor the beginning of one with an asterisk", v))
		}
	}
	return solve.Request{Name: name, Version: v}, nil
}

// parseInstall reads all packages of a request.
func (r *Request) parseInstall() ([]solve.Request, error) {
	var out []solve.Request
	var errs []error
	for _, text := range r.Install {
		one, err := ParseInstall(text)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		out = append(out, one)
	}
	return out, errors.Join(errs...)
}

// ParseSource reads a source as a line of sources.list(5) has it, where the
// word deb may be left out. Beyond apt's options there are pin-priority=N and
// mirrors=URI,URI, which are asked in their order after the first.
func ParseSource(text, where, arch string) (archive.Source, error) {
	s, err := archive.ParseSource(text, where, arch)
	if err != nil {
		return s, fmt.Errorf("reading the source of packages in %s: %w", where, err)
	}
	s.Named = true
	return s, nil
}
