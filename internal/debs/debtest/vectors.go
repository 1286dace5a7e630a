// Package debtest has what tests of the packages under debs share: where apt's
// own answers lie, and small archives, signed with keys of their own. Only
// tests import it.
package debtest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Vector returns where the file with apt's or dpkg's answers lies, or skips
// the test: they are not part of the repository, but in the directory that
// ASSEMBLE_VECTORS names, else in shared/vectors beside the repository.
func Vector(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("ASSEMBLE_VECTORS")
	if dir == "" {
		dir = filepath.Join(filepath.Dir(root(t)), "shared", "vectors")
	}
	path := filepath.Join(dir, "apt", name)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		t.Skipf("%s is not here: nothing to compare with", name)
	}
	return path
}

// root is the repository's directory.
func root(t testing.TB) string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	return dir
}

// Rows returns the rows of a tab-separated file, without comments and without
// the line that names its columns.
func Rows(t testing.TB, name string) [][]string {
	t.Helper()
	data, err := os.ReadFile(Vector(t, name))
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSuffix(line, "\n"); !strings.HasPrefix(line, "#") {
			rows = append(rows, strings.Split(line, "\t"))
		}
	}
	if len(rows) == 0 {
		t.Fatalf("%s holds no rows", name)
	}
	return rows[1:]
}
