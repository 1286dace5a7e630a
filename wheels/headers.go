package wheels

import (
	"fmt"
	"strings"
)

// field is one header field of a WHEEL or METADATA file.
type field struct{ name, value string }

// fields are the header fields in the file's order.
type fields []field

// parseHeaders reads the header fields at the beginning of an RFC 5322 style
// text as leniently as Python's email.parser does, which every installer uses:
// the headers end at the first empty line, or at the first line that is no
// field. Continuation lines are joined by newlines.
func parseHeaders(text string) fields {
	var (
		list  fields
		parts []string // of the last field's value, joined once it is complete
	)
	finish := func() {
		if len(parts) > 1 {
			list[len(list)-1].value = strings.Join(parts, "\n")
		}
	}
	for line := range lines(text) {
		if line == "" {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			if len(list) > 0 {
				parts = append(parts, strings.TrimSpace(line))
			}
			continue
		}
		name, value, found := strings.Cut(line, ":")
		if !found || !isFieldName(name) {
			if len(list) == 0 && strings.HasPrefix(line, "From ") {
				continue
			}
			break
		}
		if name == "" {
			continue
		}
		finish()
		// A copy: what is kept of a file must not keep all of it.
		value = strings.Clone(strings.TrimSpace(value))
		list = append(list, field{name, value})
		parts = append(parts[:0], value)
	}
	finish()
	return list
}

// lines yields the text's lines without their ends: LF, CR LF or CR.
func lines(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for text != "" {
			n := strings.IndexAny(text, "\r\n")
			if n < 0 {
				yield(text)
				return
			}
			if !yield(text[:n]) {
				return
			}
			if strings.HasPrefix(text[n:], "\r\n") {
				n++
			}
			text = text[n+1:]
		}
	}
}

// isFieldName accepts printable ASCII but the colon (RFC 5322, 2.2).
func isFieldName(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// all returns the values of every field of that name, in order.
func (f fields) all(name string) []string {
	var values []string
	for _, field := range f {
		if strings.EqualFold(field.name, name) {
			values = append(values, field.value)
		}
	}
	return values
}

// one returns the value of a field that may occur once, "" where it doesn't.
// Readers differ on which of two they take, so that two are refused.
func (f fields) one(name string) (string, error) {
	values := f.all(name)
	switch len(values) {
	case 0:
		return "", nil
	case 1:
		return values[0], nil
	}
	return "", fmt.Errorf("the field %q occurs %d times", name, len(values))
}

// first returns the value of the first field of that name, "" where there is
// none.
func (f fields) first(name string) string {
	for _, field := range f {
		if strings.EqualFold(field.name, name) {
			return field.value
		}
	}
	return ""
}
