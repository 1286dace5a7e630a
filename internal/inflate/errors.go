package inflate

import (
	"errors"
	"fmt"
)

// Kinds of damage; test for them with [errors.Is].
var (
	// ErrCorrupt is a stream that breaks the rules of RFC 1951.
	ErrCorrupt = errors.New("corrupt deflate stream")
	// ErrTruncated is a stream whose packed bytes end before its last block.
	ErrTruncated = errors.New("truncated deflate stream")
	// ErrTrailing is a stream that ends before its packed bytes do.
	ErrTrailing = errors.New("bytes after the end of the deflate stream")
	// ErrSize is content that is longer or shorter than declared.
	ErrSize = errors.New("size of the content is not as declared")
)

// CorruptError is an [ErrCorrupt] with its place and reason.
type CorruptError struct {
	Bit    int64  // bit offset, from the stream's first bit, reached before the damage was seen
	Reason string // the broken rule
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("%v: %s (at byte %d, bit %d)", ErrCorrupt, e.Reason, e.Bit/8, e.Bit%8)
}

// Unwrap returns [ErrCorrupt].
func (e *CorruptError) Unwrap() error { return ErrCorrupt }

// TruncatedError is an [ErrTruncated] with the length of what there is.
type TruncatedError struct {
	Len int64 // packed bytes
}

func (e *TruncatedError) Error() string {
	return fmt.Sprintf("%v: %d packed bytes do not reach its end", ErrTruncated, e.Len)
}

// Unwrap returns [ErrTruncated].
func (e *TruncatedError) Unwrap() error { return ErrTruncated }

// TrailingError is an [ErrTrailing] with both lengths.
type TrailingError struct {
	Used, Len int64 // packed bytes that the stream took, and that there are
}

func (e *TrailingError) Error() string {
	return fmt.Sprintf("%v: %d of %d packed bytes used", ErrTrailing, e.Used, e.Len)
}

// Unwrap returns [ErrTrailing].
func (e *TrailingError) Unwrap() error { return ErrTrailing }

// SizeError is an [ErrSize] with both sizes.
type SizeError struct {
	Declared int64 // bytes of content that the caller expected
	Got      int64 // bytes of content found
	AtLeast  bool  // decoding stopped at Got: there may be more
}

func (e *SizeError) Error() string {
	least := ""
	if e.AtLeast {
		least = "at least "
	}
	return fmt.Sprintf("%v: %d bytes declared, %s%d found", ErrSize, e.Declared, least, e.Got)
}

// Unwrap returns [ErrSize].
func (e *SizeError) Unwrap() error { return ErrSize }
