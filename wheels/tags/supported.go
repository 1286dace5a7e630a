package tags

import "strconv"

// The first minor version of CPython 3 that has the stable ABI (PEP 384), and
// the last whose ABI tag carries the "m" of pymalloc.
const (
	firstStableABI = 2
	lastPymalloc   = 7
)

// The oldest glibc minor versions that manylinux has tags for: 2.5 (manylinux1) on
// x86_64, 2.17 (manylinux2014) elsewhere.
const (
	oldestGlibcX86 = 5
	oldestGlibc    = 17
)

// Supported returns every tag that the target can install, best first, in the
// order in which pip prefers them. It fails on a target that it doesn't know.
func Supported(t Target) ([]Tag, error) {
	python, glibc, err := t.parts()
	if err != nil {
		return nil, err
	}
	var l tagList
	platforms := platforms(t.Machine, glibc)
	interpreter := "cp3" + strconv.Itoa(python)
	abi := interpreter
	if python <= lastPymalloc {
		abi += "m"
	}
	l.add(interpreter, abi, platforms)
	if python >= firstStableABI {
		l.add(interpreter, "abi3", platforms)
	}
	l.add(interpreter, "none", platforms)
	for older := python - 1; older >= firstStableABI; older-- {
		l.add("cp3"+strconv.Itoa(older), "abi3", platforms)
	}
	generic := generics(python)
	for _, g := range generic {
		l.add(g, "none", platforms)
	}
	l.add(interpreter, "none", anyPlatform)
	for _, g := range generic {
		l.add(g, "none", anyPlatform)
	}
	return l, nil
}

var anyPlatform = []string{"any"}

type tagList []Tag

func (l *tagList) add(python, abi string, platforms []string) {
	for _, platform := range platforms {
		*l = append(*l, Tag{python, abi, platform})
	}
}

// generics lists the interpreter tags of pure Python: the version's own, the
// major version's, then the older minors, newest first.
func generics(python int) []string {
	list := []string{"py3" + strconv.Itoa(python), "py3"}
	for older := python - 1; older >= 0; older-- {
		list = append(list, "py3"+strconv.Itoa(older))
	}
	return list
}

// platforms lists what the machine can load. A plain "linux" tag makes no
// promise about glibc.
func platforms(machine string, glibc int) []string {
	oldest := oldestGlibc
	if machine == "x86_64" {
		oldest = oldestGlibcX86
	}
	var list []string
	for m := glibc; m >= oldest; m-- {
		list = append(list, "manylinux_2_"+strconv.Itoa(m)+"_"+machine)
		if legacy := legacyName(m); legacy != "" {
			list = append(list, legacy+"_"+machine)
		}
	}
	return append(list, "linux_"+machine)
}

// legacyName gives the names that PEP 513, 571 and 599 gave to glibc versions.
func legacyName(glibc int) string {
	switch glibc {
	case 17:
		return "manylinux2014"
	case 12:
		return "manylinux2010"
	case 5:
		return "manylinux1"
	}
	return ""
}
