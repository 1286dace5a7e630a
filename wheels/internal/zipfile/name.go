package zipfile

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// checkName accepts relative slash-separated paths that mean the same file to
// every reader and on every platform. One slash at the end marks a directory.
func checkName(name string, utf8Flag bool, limit int) error {
	switch {
	case name == "":
		return errors.New("the name is empty")
	case len(name) > limit:
		return fmt.Errorf("the name has %d bytes, more than %d", len(name), limit)
	case !utf8.ValidString(name):
		return errors.New("the name is not UTF-8")
	case len(name) >= 2 && name[1] == ':' && isLetter(name[0]):
		return errors.New("the name begins with a drive letter")
	case name[0] == '/':
		return errors.New("the name is an absolute path")
	}
	for _, r := range name {
		switch {
		case r == '\\':
			return errors.New("the name has a backslash")
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return fmt.Errorf("the name has the control character %U", r)
		case r >= utf8.RuneSelf && !utf8Flag:
			// Such names are CP 437 to some readers and UTF-8 to others.
			return errors.New("the name is not ASCII and not marked as UTF-8")
		}
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(name, "/"), "/") {
		switch {
		case part == "", part == ".", part == "..":
			return fmt.Errorf("the path has the element %q", part)
		case len(part) > component:
			return fmt.Errorf("the path has an element of %d bytes, more than %d", len(part), component)
		}
	}
	return nil
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// checkUnique refuses names that occur twice, and files that are also a
// directory, of their own name or of another entry's path. Names that differ in
// case only are two files: wheels are installed on Linux here.
func checkUnique(entries []Entry) error {
	seen := make(map[string]int, len(entries))
	for i := range entries {
		name := strings.TrimSuffix(entries[i].Name, "/")
		if j, ok := seen[name]; ok {
			if entries[j].IsDir() != entries[i].IsDir() {
				return fmt.Errorf("the file %q is also a directory", name)
			}
			return fmt.Errorf("%q occurs twice", entries[i].Name)
		}
		seen[name] = i
	}
	checked := make(map[string]bool)
	for i := range entries {
		dir := strings.TrimSuffix(entries[i].Name, "/")
		for {
			n := strings.LastIndexByte(dir, '/')
			if n < 0 || checked[dir[:n]] {
				break
			}
			dir = dir[:n]
			if j, ok := seen[dir]; ok && !entries[j].IsDir() {
				return fmt.Errorf("%q is a file and a directory of %q", entries[j].Name, entries[i].Name)
			}
			checked[dir] = true
		}
	}
	return nil
}
