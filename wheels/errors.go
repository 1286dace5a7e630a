package wheels

import (
	"fmt"
	"strings"
)

// HashMismatchError reports a wheel that is not one of those that the lock
// names.
type HashMismatchError struct {
	// Wheel is the wheel's file name.
	Wheel string
	// Want lists the digests that the lock allows, as it writes them.
	Want []string
	// Got is the file's digest, "sha256:" and 64 hex digits.
	Got string
}

// RecordError says that a wheel's RECORD is missing, can't be read, or doesn't
// say what its files are. [Options.SkipRecord] does without it.
type RecordError struct{ Err error }

// Error implements error.
func (e *RecordError) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong with it.
func (e *RecordError) Unwrap() error { return e.Err }

// Error implements error.
func (e *HashMismatchError) Error() string {
	return fmt.Sprintf("wheel %q has the digest %s, but the lock allows only %s", e.Wheel, e.Got, strings.Join(e.Want, ", "))
}
