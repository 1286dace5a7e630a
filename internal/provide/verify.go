package provide

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/choose"
	"github.com/assemble-image/assemble/internal/debs/lockfile"
	"github.com/assemble-image/assemble/internal/debs/packages"
	"github.com/assemble-image/assemble/internal/osfile"
)

// maxLock bounds a packages.lock in bytes; one of 300 packages has 150 KB.
const maxLock = 64 << 20

// MissingLockError says that there is no packages.lock.
type MissingLockError struct {
	// Lock is the lock's name.
	Lock string
	// Err is what opening it said, [fs.ErrNotExist].
	Err error
}

func (e *MissingLockError) Error() string {
	return fmt.Sprintf("opening the lock of packages %q: %v", e.Lock, e.Err)
}

// Unwrap returns Err.
func (e *MissingLockError) Unwrap() error { return e.Err }

// Read reads the config's packages.lock. The error is a [*MissingLockError]
// where there is none.
func (p *Provider) Read() (*lockfile.Lock, error) {
	return readLock(p.cfg.Packages.Lock.String(), p.cfg.Packages.Lock.Abs)
}

func readLock(shown, path string) (*lockfile.Lock, error) {
	data, err := osfile.ReadBounded(path, maxLock)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &MissingLockError{Lock: shown, Err: osfile.WithoutPath(err)}
	}
	if err != nil {
		return nil, fmt.Errorf("opening the lock of packages %q: %w", shown, err)
	}
	lock, err := lockfile.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("reading the lock of packages %q: %w", shown, err)
	}
	return lock, nil
}

// OutdatedError says that a packages.lock isn't what the config asks for any
// longer.
type OutdatedError struct {
	// Lock is the lock's name.
	Lock string
	// Reasons say what differs, each in a few words.
	Reasons []string
}

func (e *OutdatedError) Error() string {
	return fmt.Sprintf("the lock of packages %q is outdated: %s", e.Lock, strings.Join(e.Reasons, "; "))
}

// BaseError says that a packages.lock was made for another base: its choice
// may lack what that one had, or be in the way of what this one has.
type BaseError struct {
	// Lock is the lock's name.
	Lock string
	// Differences name packages of this base that are none of the other's, as
	// far as the lock tells.
	Differences []string
}

func (e *BaseError) Error() string {
	text := fmt.Sprintf("the lock of packages %q was made for another base: the packages of this one are others", e.Lock)
	if len(e.Differences) > 0 {
		text += " (" + list(e.Differences) + ")"
	}
	return text
}

// Verify holds a lock against the config and against the root file system of
// the base, as [choose.Root] returns it. Whoever puts the lock's packages onto
// a base calls it before. The error is a [*choose.BaseError] where the base
// isn't one of dpkg's, an [*OutdatedError] and a [*BaseError], or both joined.
func (p *Provider) Verify(lock *lockfile.Lock, root fs.FS) error {
	arch, err := p.arch()
	if err != nil {
		return err
	}
	installed, err := choose.Installed(root, arch)
	if err != nil {
		return err
	}
	return p.VerifyInstalled(lock, installed)
}

// VerifyInstalled is [Provider.Verify] where the base's packages are known, as
// [choose.Installed] returns them.
func (p *Provider) VerifyInstalled(lock *lockfile.Lock, installed []packages.Package) error {
	arch, err := p.arch()
	if err != nil {
		return err
	}
	var errs []error
	if reasons := p.outdated(lock, arch); len(reasons) > 0 {
		errs = append(errs, &OutdatedError{Lock: p.cfg.Packages.Lock.String(), Reasons: reasons})
	}
	if lock.Architecture != arch { // then the base is another, too
		return errors.Join(errs...)
	}
	if lockfile.Fingerprint(installed) != lock.Base {
		e := &BaseError{Lock: p.cfg.Packages.Lock.String()}
		versions := map[string]string{}
		for i := range installed {
			versions[installed[i].Name] = installed[i].Version
		}
		for i := range lock.Packages {
			l := &lock.Packages[i]
			switch have, there := versions[l.Name]; {
			case l.Replaces == have:
			case !there:
				e.Differences = append(e.Differences, fmt.Sprintf("it has no %s", l.Name))
			case l.Replaces == "":
				e.Differences = append(e.Differences, fmt.Sprintf("it has %s %s", l.Name, have))
			default:
				e.Differences = append(e.Differences, fmt.Sprintf("it has %s %s, not %s", l.Name, have, l.Replaces))
			}
		}
		errs = append(errs, e)
	}
	return errors.Join(errs...)
}

// outdated says how the lock differs from what the config asks for.
func (p *Provider) outdated(lock *lockfile.Lock, arch string) []string {
	var reasons []string
	wanted := make([]string, len(p.cfg.Packages.Install))
	for i, w := range p.cfg.Packages.Install {
		wanted[i] = strings.TrimSpace(w)
	}
	if lock.Architecture != arch {
		reasons = append(reasons, fmt.Sprintf("it is for %s, and platform is %s", lock.Architecture, p.cfg.Platform))
	}
	if more := without(wanted, lock.Requested); len(more) > 0 {
		reasons = append(reasons, fmt.Sprintf("%s is asked for, and not in it", list(more)))
	}
	if less := without(lock.Requested, wanted); len(less) > 0 {
		reasons = append(reasons, fmt.Sprintf("%s isn't asked for any longer", list(less)))
	}
	if lock.Recommends != p.cfg.Packages.Recommends {
		reasons = append(reasons, fmt.Sprintf("packages.recommends is %v now", p.cfg.Packages.Recommends))
	}
	// The time may be that of --exclude-newer, of which the config knows nothing.
	if at := p.cfg.Packages.Time(); !at.IsZero() && !at.Equal(lock.Snapshot) {
		reasons = append(reasons, fmt.Sprintf("packages.snapshot is %s now", p.cfg.Packages.Snapshot))
	}
	return reasons
}

// without returns those of a list that aren't in another one.
func without(all, others []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(others, s) })
}
