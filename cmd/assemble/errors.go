package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

// The exit codes; docs/configuration.md lists them for users.
const (
	exitOK       = 0
	exitError    = 1
	exitUsage    = 2
	exitMismatch = 3 // a digest, hash or signature is not what it must be
	exitSmoke    = 4 // the image was started and did not pass
)

// exitCodes are what the exit codes mean, for the manual pages.
var exitCodes = []struct{ code, means string }{
	{"0", "done"},
	{"1", "an error"},
	{"2", "the command line is wrong"},
	{"3", "a digest, a hash or a signature is not what it must be"},
	{"4", "the image was started and did not pass"},
	{"130, 143", "interrupted by SIGINT, SIGTERM"},
}

// usageError says that the command line itself is wrong.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// interruptedError is the cause of a context that a signal has cancelled.
type interruptedError struct{ sig os.Signal }

func (e interruptedError) Error() string {
	if e.sig == os.Interrupt {
		return "interrupted"
	}
	return e.sig.String() // "terminated"
}

// exitCode is 128 + the signal's number, as shells have it.
func (e interruptedError) exitCode() int {
	if s, ok := e.sig.(syscall.Signal); ok {
		return 128 + int(s)
	}
	return exitError
}

// maxErrorLines bounds what is printed of an error: a file that isn't what it
// is taken for has a mistake in each line.
const maxErrorLines = 40

// printError writes err as "assemble: …", one line for each of its lines,
// what the container had to say before it, and the hints on how to mend it
// where there are any.
func printError(w io.Writer, err error) {
	if log := smokeLog(err); log != "" {
		fmt.Fprintln(w, "assemble: last lines of the container's output:")
		for line := range strings.Lines(log) {
			fmt.Fprintf(w, "  | %s\n", printable(strings.TrimRight(line, "\r\n")))
		}
	}
	n := 0
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			continue
		}
		if n++; n <= maxErrorLines {
			fmt.Fprintf(w, "assemble: %s\n", printable(line))
		}
	}
	if n > maxErrorLines {
		fmt.Fprintf(w, "assemble: and %d more\n", n-maxErrorLines)
	}
	for line := range strings.Lines(hint(err)) {
		fmt.Fprintf(w, "assemble: hint: %s\n", printable(strings.TrimRight(line, "\n")))
	}
}

// exitCode picks the code for err.
func exitCode(err error) int {
	var usage usageError
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case isSmokeFailure(err):
		return exitSmoke
	case isMismatch(err):
		return exitMismatch
	}
	return exitError
}
