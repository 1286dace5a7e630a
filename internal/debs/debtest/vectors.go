// Package debtest has what tests of the packages under debs share: where apt's
// own answers lie, and small archives, signed with keys of their own. Only
// tests import it.
package debtest

import (
	"errors"
	"os"
	"testing"

	"github.com/assemble-image/assemble/internal/vectors"
)

// Vector returns where the file with apt's or dpkg's answers lies, or skips
// the test; see package vectors.
func Vector(t testing.TB, name string) string {
	t.Helper()
	path := vectors.Path(t, "apt/"+name)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		t.Skipf("%s is not here: nothing to compare with", name)
	}
	return path
}

// Rows returns the rows of a tab-separated file, without comments and without
// the line that names its columns.
func Rows(t testing.TB, name string) [][]string {
	t.Helper()
	Vector(t, name) // or skip
	return vectors.Rows(t, "apt/"+name)[1:]
}
