package wheels

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// EntryPoint is one entry point of a wheel (entry points specification).
type EntryPoint struct {
	Group, Name string
	// Value is the object reference as written, without the spaces around.
	Value string
	// Module and Attr are the parts of the reference of a script: what is
	// imported and what is called. They are set for scripts only.
	Module, Attr string
}

// The groups from which scripts are made.
const (
	consoleScripts = "console_scripts"
	guiScripts     = "gui_scripts"
)

// IsScript reports whether installers make a script of e.
func (e EntryPoint) IsScript() bool { return e.Group == consoleScripts || e.Group == guiScripts }

// parseEntryPoints reads entry_points.txt: sections in brackets, name = value
// lines, comments after # or ; at the beginning of a line. What Python's
// configparser and importlib.metadata would understand differently is refused
// in the sections of scripts: keys that occur twice and continuation lines.
func parseEntryPoints(text string) ([]EntryPoint, error) {
	var (
		list   []EntryPoint
		group  string
		indent int
		number int
		seen   = make(map[EntryPoint]bool)
	)
	for line := range lines(text) {
		number++
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || trimmed[0] == '#' || trimmed[0] == ';' {
			continue
		}
		if trimmed[0] == '[' && trimmed[len(trimmed)-1] == ']' {
			group, indent = strings.TrimSpace(trimmed[1:len(trimmed)-1]), -1
			continue
		}
		e, err := parseEntryPoint(group, trimmed)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if e.IsScript() {
			deep := len(line) - len(strings.TrimLeft(line, " \t"))
			if indent >= 0 && deep > indent {
				return nil, fmt.Errorf("line %d: it may be a continuation of the line before", number)
			}
			indent = deep
		}
		key := EntryPoint{Group: e.Group, Name: e.Name}
		if seen[key] {
			return nil, fmt.Errorf("line %d: the entry point %q occurs twice in %q", number, e.Name, e.Group)
		}
		seen[key] = true
		list = append(list, e)
	}
	return list, nil
}

// parseEntryPoint reads one line. Only scripts are held to the rules, since
// other groups mean what their readers make of them.
func parseEntryPoint(group, line string) (EntryPoint, error) {
	if group == "" {
		return EntryPoint{}, errors.New("it is not in a section")
	}
	name, value, found := strings.Cut(line, "=")
	e := EntryPoint{Group: group, Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)}
	if !found {
		return EntryPoint{}, fmt.Errorf("%.80q is not of the form name = value", line)
	}
	if !e.IsScript() {
		return e, nil
	}
	if err := checkScriptName(e.Name); err != nil {
		return EntryPoint{}, err
	}
	reference := e.Value
	if n := strings.IndexByte(reference, '['); n >= 0 {
		if !strings.HasSuffix(reference, "]") || strings.Contains(reference[n+1:], "[") {
			return EntryPoint{}, fmt.Errorf("%q: %.80q is not of the form module:object [extras]", e.Name, e.Value)
		}
		reference = reference[:n]
	}
	module, attr, _ := strings.Cut(reference, ":")
	e.Module, e.Attr = strings.TrimSpace(module), strings.TrimSpace(attr)
	if !isDotted(e.Module) || !isDotted(e.Attr) {
		// The reference becomes Python code, so that nothing else may pass.
		return EntryPoint{}, fmt.Errorf("%q: %.80q does not name an object as module:object", e.Name, e.Value)
	}
	return e, nil
}

// isDotted accepts Python identifiers joined by dots.
func isDotted(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		for i, r := range part {
			if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
				return false
			}
		}
		if part == "" {
			return false
		}
	}
	return true
}

// checkScriptName accepts the name of a file in the scripts directory, and
// none that stands for the interpreter.
func checkScriptName(name string) error {
	switch {
	case name == "" || name == "." || name == "..":
		return fmt.Errorf("%q is not a valid script name", name)
	case len(name) > 255:
		return fmt.Errorf("the script name %.40q… has %d bytes, more than 255", name, len(name))
	case strings.ContainsAny(name, `/\[]`) || strings.ContainsFunc(name, isUnfit):
		return fmt.Errorf("the script name %.80q is not a plain file name", name)
	case strings.HasPrefix(name, whiteout):
		return fmt.Errorf("the script name %.80q is a whiteout, which deletes files in an image", name)
	case isInterpreter(name):
		return fmt.Errorf("the script %q would replace the interpreter", name)
	}
	return nil
}

func isUnfit(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar
}

// isInterpreter matches python, python3, python3.10, pythonw, pypy3 and the
// like, in any case.
func isInterpreter(name string) bool {
	name = strings.TrimSuffix(strings.ToLower(name), ".exe")
	for _, prefix := range []string{"python", "pypy"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok && strings.Trim(rest, "0123456789.tdmw") == "" {
			return true
		}
	}
	return false
}
