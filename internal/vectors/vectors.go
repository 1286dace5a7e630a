// Package vectors finds and reads the truth tables that tests compare against. Start with [Rows]. Only tests import it.
//
// The tables lie outside the repository: in the directory named by the
// environment variable ASSEMBLE_VECTORS, else in shared/vectors beside the
// repository. A test that doesn't find them is skipped with the reason.
package vectors

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Path returns where the table called name lies, or skips the test.
func Path(t testing.TB, name string) string {
	t.Helper()
	if dir := os.Getenv("ASSEMBLE_VECTORS"); dir != "" {
		return filepath.Join(dir, name)
	}
	return beside(t, filepath.Join("shared", "vectors", name))
}

// Seed returns where the seed project's file called name lies, or skips the
// test.
func Seed(t testing.TB, name string) string {
	t.Helper()
	return beside(t, filepath.Join("shared", "seed", name))
}

// beside finds a path in the directory that holds the repository.
func beside(t testing.TB, rel string) string {
	t.Helper()
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
	path := filepath.Join(filepath.Dir(dir), rel)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		t.Skipf("%s is not here: no table to compare with", rel)
	}
	return path
}

// Rows returns the rows of a tab-separated table, without the line that names
// its columns. It fails the test on an empty table.
func Rows(t testing.TB, name string) [][]string {
	t.Helper()
	data, err := os.ReadFile(Path(t, name))
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
	return rows
}

// Text decodes a JSON-encoded string column; an empty column is "".
func Text(t testing.TB, column string) string {
	t.Helper()
	if column == "" {
		return ""
	}
	var s string
	Decode(t, column, &s)
	return s
}

// Decode decodes any JSON-encoded column into v.
func Decode(t testing.TB, column string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(column), v); err != nil {
		t.Fatalf("decoding column %s: %v", column, err)
	}
}
