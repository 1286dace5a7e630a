package root

import (
	"errors"
	"io/fs"
)

// Errno says why an operation failed, in the words that Linux's C library has
// for it, because scripts print and programs compare them.
type Errno string

// The reasons why an operation fails.
const (
	ErrNotExist   Errno = "No such file or directory"
	ErrExist      Errno = "File exists"
	ErrNotDir     Errno = "Not a directory"
	ErrIsDir      Errno = "Is a directory"
	ErrNotEmpty   Errno = "Directory not empty"
	ErrLoop       Errno = "Too many levels of symbolic links"
	ErrNameLong   Errno = "File name too long"
	ErrInvalid    Errno = "Invalid argument"
	ErrPermission Errno = "Operation not permitted"
)

func (e Errno) Error() string { return string(e) }

// Is lets errors.Is find fs.ErrNotExist and fs.ErrExist.
func (e Errno) Is(target error) bool {
	switch e {
	case ErrNotExist:
		return target == fs.ErrNotExist
	case ErrExist:
		return target == fs.ErrExist
	default:
		return false
	}
}

// LimitError says that a bound of [Options] was reached.
type LimitError struct{ What string }

func (e *LimitError) Error() string { return "the file system would have more than " + e.What }

func pathError(op, path string, err error) error {
	if _, ok := errors.AsType[*LimitError](err); ok {
		return err
	}
	return &fs.PathError{Op: op, Path: path, Err: err}
}
