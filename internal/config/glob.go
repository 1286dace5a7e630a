package config

import (
	"encoding/json"
	"path/filepath"
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// Glob is a pattern of files on this machine, in the form of [filepath.Match].
type Glob struct {
	// Given is the pattern as it was written.
	Given string
	// Pattern is what to match paths by: absolute.
	Pattern string
}

// globMeta are the characters that mean something in a pattern.
var globMeta = lazyregexp.New(`[\\*?\[]`)

// NewGlob returns the pattern given, taken relative to the absolute directory
// dir, whatever characters that has in its name.
func NewGlob(dir, given string) Glob {
	if given == "" || filepath.IsAbs(given) {
		return Glob{Given: given, Pattern: filepath.Clean(given)}
	}
	return Glob{Given: given, Pattern: filepath.Join(globMeta.ReplaceAllString(dir, `\$0`), filepath.FromSlash(given))}
}

// String returns the pattern as it was written.
func (g Glob) String() string { return g.Given }

// MarshalJSON writes the pattern as it was given.
func (g Glob) MarshalJSON() ([]byte, error) { return json.Marshal(g.Given) }

// glob checks one of wheels.
func (k *checker) glob(path string, g Glob) {
	_, err := filepath.Match(g.Pattern, "")
	switch {
	case g.Given == "":
		k.add(path, "is empty")
	case strings.ContainsFunc(g.Given, isControl):
		k.add(path, "contains a control character")
	case isURL(g.Given):
		k.add(path, "is a URL; find_links may name those")
	case strings.Contains(g.Given, "**"):
		k.add(path, "%q has **, which isn't supported; * stands for the characters of one name", g.Given)
	case err != nil:
		k.add(path, "%q is not a pattern: %v", g.Given, err)
	}
}

// ProjectDir is the directory that project names, the zero Path where it names a
// project or nothing: no project's name begins with a dot or has a slash.
func (c *Config) ProjectDir() Path {
	if !strings.HasPrefix(c.Project, ".") && !strings.Contains(c.Project, "/") {
		return Path{}
	}
	return c.relative("project", c.Project)
}

// relative returns the path that a field's text names: from the config's directory,
// or from the current one where a flag gave it.
func (c *Config) relative(field, text string) Path {
	dir := c.Dir
	if at, ok := c.origin(field); ok && at.flag != "" {
		dir = "" // as for any flag, the current directory
	}
	abs, err := absDir(dir)
	if err != nil {
		abs = c.Dir
	}
	return NewPath(abs, text)
}
