package config

import (
	"encoding/json"
	"fmt"
	"path/filepath"
)

// Path is a file or directory on this machine.
type Path struct {
	// Given is the path as it was written, for messages.
	Given string
	// Abs is the path to open: absolute and clean.
	Abs string
}

// NewPath returns the path given, taken relative to the absolute directory
// dir. An empty one stays the zero Path.
func NewPath(dir, given string) Path {
	if given == "" {
		return Path{}
	}
	if filepath.IsAbs(given) {
		return Path{Given: given, Abs: filepath.Clean(given)}
	}
	return Path{Given: given, Abs: filepath.Join(dir, filepath.FromSlash(given))}
}

// IsZero reports whether no path was given.
func (p Path) IsZero() bool { return p.Given == "" }

// String returns the path as it was written.
func (p Path) String() string { return p.Given }

// MarshalJSON writes the path as it was given, so that a printed plan is the
// same on every machine.
func (p Path) MarshalJSON() ([]byte, error) { return json.Marshal(p.Given) }

func absDir(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("finding the directory of the config: %w", err)
	}
	return abs, nil
}
