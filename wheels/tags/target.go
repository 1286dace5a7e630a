package tags

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/wheels/pep508"
)

// Target is what an image runs: CPython on Linux with glibc.
type Target struct {
	Python  string // full version, such as "3.10.19"; "3.10" will do for tags
	Machine string // as uname -m says it, such as "aarch64" or "x86_64"
	Glibc   string // such as "2.36"
}

// machines are those for which PEP 600 tags exist on 64-bit Linux.
var machines = []string{"aarch64", "loongarch64", "ppc64", "ppc64le", "riscv64", "s390x", "x86_64"}

// maxMinor bounds the minor versions of CPython and glibc, so that a hostile
// base image can't ask for a billion tags.
const maxMinor = 200

// parts reads the target's numbers: CPython's minor and glibc's minor version.
func (t Target) parts() (python, glibc int, err error) {
	if !slices.Contains(machines, t.Machine) {
		return 0, 0, fmt.Errorf("reading target machine %.40q: expected one of %s", t.Machine, strings.Join(machines, ", "))
	}
	if python, err = minor(t.Python, 3); err != nil {
		return 0, 0, fmt.Errorf("reading target Python version %.40q: %w", t.Python, err)
	}
	if glibc, err = minor(t.Glibc, 2); err != nil {
		return 0, 0, fmt.Errorf("reading target glibc version %.40q: %w", t.Glibc, err)
	}
	return python, glibc, nil
}

// minor returns the second number of a dotted version whose first is major.
// What follows it (a patch level, a distribution's suffix) is ignored.
func minor(version string, major int) (int, error) {
	rest, ok := strings.CutPrefix(version, strconv.Itoa(major)+".")
	if !ok {
		return 0, fmt.Errorf("expected %d.minor", major)
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(rest)
	}
	n, err := strconv.Atoi(rest[:end])
	if err != nil || n > maxMinor {
		return 0, fmt.Errorf("expected %d.minor with a minor of at most %d", major, maxMinor)
	}
	return n, nil
}

// Environment returns the marker variables of PEP 508 for the target. The
// kernel's release and version are left empty: an image doesn't know them.
func (t Target) Environment() pep508.Environment {
	full := t.Python
	if strings.Count(full, ".") == 1 {
		full += ".0"
	}
	short := t.Python
	if parts := strings.SplitN(t.Python, ".", 3); len(parts) == 3 {
		short = parts[0] + "." + parts[1]
	}
	return pep508.Environment{
		ImplementationName:           "cpython",
		ImplementationVersion:        full,
		OSName:                       "posix",
		PlatformMachine:              t.Machine,
		PlatformPythonImplementation: "CPython",
		PlatformSystem:               "Linux",
		PythonFullVersion:            full,
		PythonVersion:                short,
		SysPlatform:                  "linux",
	}
}
