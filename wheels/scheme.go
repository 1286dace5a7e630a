package wheels

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"unicode"
)

// Scheme says where wheels are installed. Paths are relative to the image's
// root, without a leading slash ("usr/local/lib/python3.10/site-packages").
type Scheme struct {
	// Purelib and Platlib are the site-packages directories.
	Purelib, Platlib string
	// Scripts holds the commands, Data is the prefix of all ("usr/local").
	Scripts, Data string
	// Headers holds a directory of C headers for each project
	// ("usr/local/include/python3.10").
	Headers string
	// Interpreter is the absolute path that scripts begin with.
	Interpreter string
	// UID and GID own what is installed.
	UID, GID int
}

// check refuses paths that are not clean, and interpreters that would break a
// script's first line.
func (s Scheme) check() error {
	for _, dir := range []struct{ name, path string }{
		{"purelib", s.Purelib}, {"platlib", s.Platlib}, {"scripts", s.Scripts}, {"data", s.Data}, {"headers", s.Headers},
	} {
		if dir.path == "" || dir.path[0] == '/' || path.Clean(dir.path) != dir.path || strings.HasPrefix(dir.path, "..") || dir.path == "." {
			return fmt.Errorf("the install scheme's %s directory %q is not a clean relative path", dir.name, dir.path)
		}
	}
	if !path.IsAbs(s.Interpreter) || path.Clean(s.Interpreter) != s.Interpreter || strings.ContainsAny(s.Interpreter, "\"'\\$`") || strings.ContainsFunc(s.Interpreter, unicode.IsControl) {
		return fmt.Errorf("the install scheme's interpreter %q is not a clean absolute path", s.Interpreter)
	}
	if s.UID < 0 || s.GID < 0 {
		return fmt.Errorf("the install scheme's owner %d:%d is negative", s.UID, s.GID)
	}
	return nil
}

// version returns the Python version in the path of purelib, "3.10", or "".
func (s Scheme) version() string {
	for dir := s.Purelib; dir != "."; dir = path.Dir(dir) {
		if v, ok := strings.CutPrefix(path.Base(dir), "python"); ok && strings.HasPrefix(v, "3.") {
			return v
		}
	}
	return ""
}

// minor returns the minor version of that Python 3.
func (s Scheme) minor() (int, bool) {
	n, err := strconv.Atoi(strings.TrimPrefix(s.version(), "3."))
	return n, err == nil
}

// stdlib returns the directory of the standard library where site-packages
// lies inside it, as it does but on Debian's own Python.
func (s Scheme) stdlib() string {
	if dir := path.Dir(s.Purelib); path.Base(s.Purelib) == "site-packages" && strings.HasPrefix(path.Base(dir), "python") {
		return dir
	}
	return ""
}
