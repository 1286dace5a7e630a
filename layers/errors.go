package layers

import (
	"errors"
	"fmt"
)

var (
	// ErrDuplicatePath reports a path that two entries of one layer claim;
	// see [ConflictError] for both owners.
	ErrDuplicatePath = errors.New("duplicate path")
	// ErrNotDirectory reports a path that one entry claims as a file and
	// another needs as a directory; see [ConflictError] for both owners.
	ErrNotDirectory = errors.New("the path is both a file and a directory")
	// ErrContent reports content that is not what its entry says; see
	// [ContentError].
	ErrContent = errors.New("the content does not match its declaration")
	// ErrLimit reports a layer that passes one of [Limits]; see [LimitError].
	ErrLimit = errors.New("limit exceeded")
)

// EntryError is a fault of one entry.
type EntryError struct {
	Owner string // who brought the entry
	Path  string
	Err   error
}

func (e *EntryError) Error() string { return fmt.Sprintf("%q of %q: %v", e.Path, e.Owner, e.Err) }

// Unwrap returns the fault.
func (e *EntryError) Unwrap() error { return e.Err }

// ConflictError tells which two entries can't be in one layer.
type ConflictError struct {
	Path   string
	Owners [2]string
	Err    error // [ErrDuplicatePath] or [ErrNotDirectory]
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("%q of %q and %q: %v", e.Path, e.Owners[0], e.Owners[1], e.Err)
}

// Unwrap returns the kind of conflict.
func (e *ConflictError) Unwrap() error { return e.Err }

// ContentError is an [ErrContent] with what was compared.
type ContentError struct {
	What      string // "CRC-32", "SHA-256" or "size"
	Want, Got string
}

func (e *ContentError) Error() string {
	return fmt.Sprintf("%v: %s %s, not %s", ErrContent, e.What, e.Got, e.Want)
}

// Unwrap returns [ErrContent].
func (e *ContentError) Unwrap() error { return ErrContent }

// LimitError is an [ErrLimit] with the limit's name and values.
type LimitError struct {
	Limit    string // the field's name in [Limits]
	Max, Got int64
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%v: %s is %d, found %d", ErrLimit, e.Limit, e.Max, e.Got)
}

// Unwrap returns [ErrLimit].
func (e *LimitError) Unwrap() error { return ErrLimit }
