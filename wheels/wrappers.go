package wheels

import (
	"slices"
	"strings"
)

// wrappers returns the entry points that scripts are made of, one for each
// name: the graphical one where a name is in both groups, as pip has it. pip
// itself gets scripts named for the Python it is installed into instead of the
// one that its wheel was built with.
func (w *Wheel) wrappers(s Scheme) []EntryPoint {
	var list []EntryPoint
	for _, group := range []string{consoleScripts, guiScripts} {
		for _, e := range w.EntryPoints {
			if e.Group != group {
				continue
			}
			list = slices.DeleteFunc(list, func(o EntryPoint) bool { return o.Name == e.Name })
			list = append(list, e)
		}
	}
	return versioned(list, "pip", "", s.version())
}

// versioned replaces the scripts called name with a version behind it by those
// for Python version, where there is a script without one.
func versioned(list []EntryPoint, name, dash, version string) []EntryPoint {
	i := slices.IndexFunc(list, func(e EntryPoint) bool { return e.Name == name && e.Group == consoleScripts })
	if i < 0 || version == "" {
		return list
	}
	plain := list[i]
	list = slices.DeleteFunc(list, func(e EntryPoint) bool {
		rest, ok := strings.CutPrefix(e.Name, name+dash)
		return ok && rest != "" && e.Group == consoleScripts && strings.Trim(rest, "0123456789.") == ""
	})
	for _, suffix := range []string{"3", version} {
		e := plain
		e.Name = name + dash + suffix
		list = append(list, e)
	}
	return list
}

// isWrapper reports whether a file of .data/scripts is a wrapper that an old
// setuptools made for one of the entry points, which is made anew instead.
func isWrapper(base string, wrappers []EntryPoint) bool {
	for _, suffix := range []string{".exe", "-script.py", ".pya"} {
		if len(base) >= len(suffix) && strings.EqualFold(base[len(base)-len(suffix):], suffix) {
			base = base[:len(base)-len(suffix)]
			break
		}
	}
	return slices.ContainsFunc(wrappers, func(e EntryPoint) bool { return e.Name == base })
}
