package smoke

import (
	"fmt"
	"strings"
	"time"
)

// UnavailableError says why this machine can't run the image at all. It says
// nothing about whether the image works.
type UnavailableError struct {
	Reason string
	Err    error // cause, may be nil
	// Denied says that there is a containerd's socket which this user may not use.
	Denied bool
	rank   int // of several sockets' errors, the highest is reported
}

func (e *UnavailableError) Error() string {
	if e.Err == nil {
		return e.Reason
	}
	return fmt.Sprintf("%s: %v", e.Reason, e.Err)
}

func (e *UnavailableError) Unwrap() error { return e.Err }

// StartError says that the image's process could not be started.
type StartError struct {
	Name string
	Err  error
}

func (e *StartError) Error() string {
	return fmt.Sprintf("starting container of %q: %v", e.Name, e.Err)
}

// Unwrap returns the cause.
func (e *StartError) Unwrap() error { return e.Err }

// ContainerExitedError says that the container exited while it should have kept
// running, or that the command exited with a non-zero status.
type ContainerExitedError struct {
	Name      string
	Command   []string // the configured command; nil for the entrypoint
	MustStay  bool     // the entrypoint must not exit, with whatever status
	Code      uint32
	OOMKilled bool // the kernel killed it at its memory limit
	After     time.Duration
	Log       string // end of its output
}

func (e *ContainerExitedError) Error() string {
	what, why := "container of", ""
	if e.Command != nil {
		what = fmt.Sprintf("command %q in", e.Command[0])
	}
	if e.OOMKilled {
		why = ", killed at its memory limit"
	} else if e.Code > 128 && e.Code < 128+65 {
		why = ", killed by " + signalName(int(e.Code)-128)
	}
	if e.MustStay && e.Code == 0 {
		why = ", but must stay up"
	}
	return fmt.Sprintf("%s %q exited with status %d after %s%s", what, e.Name, e.Code, round(e.After), why)
}

// UnhealthyError says that the container ran but never returned the expected
// status.
type UnhealthyError struct {
	Name     string
	URL      string
	Want     int
	Status   int   // of the last response; 0 when there was none
	Err      error // of the last attempt without a response, may be nil
	Attempts int
	Timeout  time.Duration // for the whole test
	Loading  time.Duration // how much of Timeout had passed before the container was started
	Log      string        // end of its output
}

func (e *UnhealthyError) Error() string {
	last := "no response"
	switch {
	case e.Status != 0:
		last = fmt.Sprintf("last status %d", e.Status)
	case e.Err != nil:
		last = e.Err.Error()
	}
	loading := ""
	if e.Loading >= time.Second {
		loading = fmt.Sprintf(", %s of which went into loading the image", round(e.Loading))
	}
	return fmt.Sprintf("container of %q was not healthy within %s%s: %s did not return %d in %d attempts: %s",
		e.Name, round(e.Timeout), loading, e.URL, e.Want, e.Attempts, last)
}

func (e *UnhealthyError) Unwrap() error { return e.Err }

// TimeoutError says that the test as a whole took too long.
type TimeoutError struct {
	Name    string
	What    string // what it was doing
	Timeout time.Duration
	Log     string // end of the output
}

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("smoke test of %q did not finish within %s: time was up while %s", e.Name, round(e.Timeout), e.What)
}

// ImportError lists the modules that could not be imported.
type ImportError struct {
	Name   string
	Failed []ImportResult
	Log    string // end of the output
}

func (e *ImportError) Error() string {
	lines := make([]string, 0, len(e.Failed))
	for _, f := range e.Failed {
		lines = append(lines, fmt.Sprintf("importing %q in %q: %s", f.Module, e.Name, f.Error))
	}
	return strings.Join(lines, "\n")
}

// round makes a duration readable.
func round(d time.Duration) time.Duration {
	d = max(d, 0) // containerd's clock and ours may differ slightly
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(100 * time.Millisecond)
}
