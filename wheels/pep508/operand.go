package pep508

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// markerVariables are the names of PEP 508 with the spellings that setuptools
// once wrote (with dots, or shortened), and the set-valued ones of PEP 751.
var markerVariables = [...]string{
	"python_version", "python_full_version", "os_name", "os.name", "sys_platform", "sys.platform",
	"platform_release", "platform_system", "platform_version", "platform.version", "platform_machine",
	"platform.machine", "platform_python_implementation", "platform.python_implementation",
	"python_implementation", "implementation_name", "implementation_version", "extra", "extras",
	"dependency_groups",
}

const (
	varExtra            = "extra"
	varExtras           = "extras"
	varDependencyGroups = "dependency_groups"
)

// isSet reports whether a variable holds a set of names.
func isSet(variable string) bool { return variable == varExtras || variable == varDependencyGroups }

func (c *scanner) operand() (operand, error) {
	for _, name := range markerVariables {
		if c.skipWord(name) {
			name = strings.ReplaceAll(name, ".", "_")
			if name == "python_implementation" {
				name = "platform_python_implementation"
			}
			return operand{text: name, variable: true}, nil
		}
	}
	if c.atEnd() || c.s[c.i] != '\'' && c.s[c.i] != '"' {
		return operand{}, c.fail("expected a marker variable or a quoted string")
	}
	body, _, closed := strings.Cut(c.s[c.i+1:], c.s[c.i:c.i+1])
	if !closed {
		return operand{}, c.fail("expected a closing quote")
	}
	text, err := unescape(body)
	if err != nil {
		return operand{}, c.fail("%v", err)
	}
	c.i += len(body) + 2
	return operand{text: text}, nil
}

func (c *scanner) operator() (string, error) {
	for _, op := range [...]string{"===", "==", "~=", "!=", "<=", ">=", "<", ">"} {
		if c.skip(op) {
			return op, nil
		}
	}
	if c.skipWord("in") {
		return "in", nil
	}
	if c.skipWord("not") {
		if c.blanks() && c.skipWord("in") {
			return "not in", nil
		}
		return "", c.fail("expected \"in\" after \"not\"")
	}
	return "", c.fail("expected a comparison")
}

// unescape reads a string as Python does, for markers are quoted like Python's.
// An unknown escape keeps its backslash.
func unescape(s string) (string, error) {
	if strings.ContainsAny(s, "\n\r\x00") || !utf8.ValidString(s) {
		return "", fmt.Errorf("line break, NUL or invalid UTF-8 in a string")
	}
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	var b strings.Builder
	for s != "" {
		head, tail, found := strings.Cut(s, `\`)
		b.WriteString(head)
		if !found {
			break
		}
		text, n, err := escape(tail)
		if err != nil {
			return "", err
		}
		b.WriteString(text)
		s = tail[n:]
	}
	if text := b.String(); !strings.Contains(text, `"`) || !strings.Contains(text, `'`) {
		return text, nil
	}
	return "", fmt.Errorf("both kinds of quotes in a string")
}

// simpleEscapes maps the letter behind a backslash to what it stands for.
const simpleEscapes = "\\\\" + "''" + "\"\"" + "a\a" + "b\b" + "f\f" + "n\n" + "r\r" + "t\t" + "v\v"

// escape reads what follows a backslash; n is how much of s it took.
func escape(s string) (text string, n int, err error) {
	if s == "" {
		return "", 0, fmt.Errorf("backslash at the end of a string")
	}
	for i := 0; i < len(simpleEscapes); i += 2 {
		if simpleEscapes[i] == s[0] {
			return simpleEscapes[i+1 : i+2], 1, nil
		}
	}
	digits, base, start := 0, 16, 1
	switch s[0] {
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	case 'N':
		return "", 0, fmt.Errorf(`\N in a string is not supported`)
	default:
		for digits < 3 && digits < len(s) && '0' <= s[digits] && s[digits] <= '7' {
			digits++
		}
		if digits == 0 {
			return `\`, 0, nil
		}
		base, start = 8, 0
	}
	if len(s) < start+digits {
		return "", 0, fmt.Errorf("unfinished escape in a string")
	}
	code, err := strconv.ParseUint(s[start:start+digits], base, 32)
	if err != nil || !utf8.ValidRune(rune(code)) || code > utf8.MaxRune {
		return "", 0, fmt.Errorf("invalid escape in a string")
	}
	return string(rune(code)), start + digits, nil
}

// String returns a variable's name, or the string in double quotes where it
// has none itself. Escapes appear only where reading back needs them.
func (o operand) String() string {
	if o.variable {
		return o.text
	}
	text := o.text
	if strings.ContainsFunc(text, needsEscape) {
		var b strings.Builder
		for _, r := range text {
			switch {
			case r == '\\':
				b.WriteString(`\\`)
			case needsEscape(r):
				fmt.Fprintf(&b, `\x%02x`, r)
			default:
				b.WriteRune(r)
			}
		}
		text = b.String()
	}
	if strings.Contains(text, `"`) {
		return "'" + text + "'"
	}
	return `"` + text + `"`
}

func needsEscape(r rune) bool { return r == '\\' || r < ' ' }
