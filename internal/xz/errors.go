package xz

import (
	"errors"
	"fmt"
)

// Kinds of faults; test for them with [errors.Is].
var (
	// ErrCorrupt is a file that breaks the format's rules.
	ErrCorrupt = errors.New("corrupt xz file")
	// ErrTruncated is a file that ends too early.
	ErrTruncated = errors.New("truncated xz file")
	// ErrUnsupported is a file that may be right, but has what this package
	// doesn't decode.
	ErrUnsupported = errors.New("unsupported xz file")
)

// DictionaryError reports a dictionary that is larger than allowed.
type DictionaryError struct {
	Size, Max int64 // in bytes
}

func (e *DictionaryError) Error() string {
	return fmt.Sprintf("%v: it needs a dictionary of %d bytes (the limit is %d)", ErrUnsupported, e.Size, e.Max)
}

// Unwrap returns [ErrUnsupported].
func (e *DictionaryError) Unwrap() error { return ErrUnsupported }

func corrupt(reason string) error { return fmt.Errorf("%w: %s", ErrCorrupt, reason) }

func unsupported(what string) error { return fmt.Errorf("%w: %s", ErrUnsupported, what) }
