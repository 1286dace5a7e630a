package shell

import (
	"context"
	"fmt"
)

// Limits bounds what a script may use; zero values stand for the defaults.
type Limits struct {
	// Steps bounds the work, in units of about one byte that is looked at: a
	// command costs a hundred. It is counted, not timed, so that a script ends
	// the same way on any machine.
	Steps int64
	// Memory bounds the bytes of variables and of output on its way to another
	// command, at any one moment.
	Memory int64
	// Output bounds the bytes that are printed.
	Output int64
	// Depth bounds how deep functions, substitutions and compound commands
	// may stand in each other.
	Depth int
}

const (
	defaultSteps  = 100_000_000
	defaultMemory = 32 << 20
	defaultOutput = 1 << 20
	defaultDepth  = 400

	perCommand = 100 // units of work that a command costs
	perField   = 16  // bytes of memory that a word costs beside its own
)

// LimitError says that a script was stopped because it used too much.
type LimitError struct{ What string }

func (e *LimitError) Error() string { return "it takes " + e.What }

// UnsupportedError says that a script has something in it that isn't
// interpreted.
type UnsupportedError struct{ What string }

func (e *UnsupportedError) Error() string { return e.What + " is not interpreted" }

// InternalError says that interpreting itself went wrong.
type InternalError struct{ cause any }

func (e *InternalError) Error() string { return fmt.Sprintf("interpreting it went wrong: %v", e.cause) }

// stop is what ends a script from wherever it is. It is raised by panic and
// caught in [Run], and nowhere else: a bound can be met in the depth of any
// expansion, and none of them could go on.
type stop struct{ err error }

// meter counts what a script uses, in all of its subshells together.
type meter struct {
	ctx    context.Context //nolint:containedctx // it lives as long as one Run
	limits Limits
	steps  int64
	memory int64
	output int64
	depth  int
	asked  int64 // steps at which the context was asked last
}

func newMeter(ctx context.Context, l Limits) *meter {
	if l.Steps == 0 {
		l.Steps = defaultSteps
	}
	if l.Memory == 0 {
		l.Memory = defaultMemory
	}
	if l.Output == 0 {
		l.Output = defaultOutput
	}
	if l.Depth == 0 {
		l.Depth = defaultDepth
	}
	return &meter{ctx: ctx, limits: l}
}

// spend counts n units of work.
func (m *meter) spend(n int) {
	m.steps += int64(n)
	if m.steps > m.limits.Steps {
		panic(stop{&LimitError{fmt.Sprintf("more than %d steps", m.limits.Steps)}})
	}
	if m.steps-m.asked > 10_000 {
		m.asked = m.steps
		if err := m.ctx.Err(); err != nil {
			panic(stop{err})
		}
	}
}

// hold counts n bytes that are kept; a negative n gives them back.
func (m *meter) hold(n int) {
	if m.memory += int64(n); m.memory > m.limits.Memory {
		panic(stop{&LimitError{fmt.Sprintf("more than %d bytes of memory", m.limits.Memory)}})
	}
}

func (m *meter) print(n int) {
	if m.output += int64(n); m.output > m.limits.Output {
		panic(stop{&LimitError{fmt.Sprintf("more than %d bytes of output", m.limits.Output)}})
	}
}

// enter counts one level of nesting; the caller defers leave.
func (m *meter) enter() {
	if m.depth++; m.depth > m.limits.Depth {
		panic(stop{&LimitError{fmt.Sprintf("more than %d levels of nesting", m.limits.Depth)}})
	}
}

func (m *meter) leave() { m.depth-- }

func unsupported(what string) { panic(stop{&UnsupportedError{what}}) }
