package deb

import (
	"errors"
	"fmt"
)

// ErrFormat is a file that is no package as deb(5) has them, or one with parts
// that are refused.
var ErrFormat = errors.New("not a valid Debian package")

// PathError says which path of a package is at fault.
type PathError struct {
	Path string
	Err  error
}

func (e *PathError) Error() string { return fmt.Sprintf("%q: %v", e.Path, e.Err) }

// Unwrap returns the cause.
func (e *PathError) Unwrap() error { return e.Err }

// MismatchError says that a package is another one than was expected.
type MismatchError struct {
	What      string // "package", "version", "architecture", "SHA-256"
	Want, Got string
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("the %s is %q, but %q was expected", e.What, e.Got, e.Want)
}

// SumError says that a file's content is not that of its sum in md5sums.
type SumError struct{ Want, Got string }

func (e *SumError) Error() string {
	return fmt.Sprintf("the MD5 is %s, but md5sums says %s", e.Got, e.Want)
}

// Unwrap returns [ErrFormat].
func (e *SumError) Unwrap() error { return ErrFormat }

// LimitError says that a package unpacks to more than allowed.
type LimitError struct {
	What string // "bytes of control files", "paths", "bytes"
	Max  int64
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("it has more than %d %s (the limit)", e.Max, e.What)
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFormat, fmt.Sprintf(format, args...))
}
