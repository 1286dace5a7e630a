package fetch

import (
	"fmt"
	"strings"
)

// CorruptError reports content that is not what the lock names. It was not
// kept.
type CorruptError struct {
	// File is the wheel's name, Server the host that sent it.
	File, Server string
	// Want are the digests that would do, Got is the content's, as
	// "sha256:HEX". Got is empty where the size alone was wrong.
	Want []string
	Got  string
	// Reason says what is wrong apart from the hash, "" for nothing.
	Reason string
}

// Error implements error.
func (e *CorruptError) Error() string {
	if e.Reason != "" {
		return fmt.Sprintf("downloading %q from %s: wrong content: %s", e.File, e.Server, e.Reason)
	}
	const most = 3
	want := e.Want
	more := ""
	if len(want) > most {
		want, more = want[:most], fmt.Sprintf(" or %d more", len(e.Want)-most)
	}
	return fmt.Sprintf("downloading %q from %s: digest mismatch: got %s, the lock lists %s%s", e.File, e.Server, e.Got, strings.Join(want, " or "), more)
}

// localError marks failures of this machine's disk, which no other try mends.
type localError struct{ err error }

func (e *localError) Error() string { return e.err.Error() }
func (e *localError) Unwrap() error { return e.err }
