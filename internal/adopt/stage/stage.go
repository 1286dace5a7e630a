// Package stage follows the instructions of a Dockerfile without running any, and
// says what its last stage comes to. Start with [Follow].
//
// Each instruction, and each command of a RUN, is a step: it changes the state of
// its stage, needs nothing, or is left to the user with a way out. Commands that
// are known are in the table in commands.go.
package stage

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/adopt/dockerfile"
	"github.com/assemble-image/assemble/internal/adopt/draft"
)

// Options are what Follow takes beside the file.
type Options struct {
	// Name is the Dockerfile's, for messages.
	Name string
	// Context has the files that COPY takes.
	Context fs.FS
	// Args are build arguments.
	Args map[string]string
	// Target is the stage to follow, "" for the last.
	Target string
	// Platform is what the image is for: linux/arm64.
	Platform string
}

// Result is what a Dockerfile comes to.
type Result struct {
	State *State
	// Steps are all steps of the stages that the image is made of, in the order of
	// the file.
	Steps []*draft.Step
	// Installs are the Python packages of all these stages.
	Installs []Install
	// Unused names stages that the image isn't made of.
	Unused []string
}

// interpreter follows one Dockerfile.
type interpreter struct {
	opt    Options
	file   *dockerfile.File
	states []*State
	global *State // what is set before the first stage
	final  map[int]bool
	result *Result
}

// TargetError says that there is no stage of a name.
type TargetError struct {
	Name   string
	Stages []string
}

// Error implements error.
func (e *TargetError) Error() string {
	if len(e.Stages) == 0 {
		return fmt.Sprintf("there is no stage %q; none has a name", e.Name)
	}
	return fmt.Sprintf("there is no stage %q; there are %s", e.Name, strings.Join(e.Stages, ", "))
}

// Follow follows the stages that the target is made of. The error is a
// [*TargetError].
func Follow(f *dockerfile.File, opt Options) (*Result, error) {
	in := &interpreter{opt: opt, file: f, states: make([]*State, len(f.Stages)), result: &Result{}, final: map[int]bool{}}
	target := len(f.Stages) - 1
	if opt.Target != "" {
		if target = in.stageOf(opt.Target, len(f.Stages)); target < 0 {
			e := &TargetError{Name: opt.Target}
			for _, s := range f.Stages {
				if s.Name != "" {
					e.Stages = append(e.Stages, s.Name)
				}
			}
			return nil, e
		}
	}
	in.globals()
	for i := target; i >= 0; i = in.stageOf(in.baseOf(i), i) {
		in.final[i] = true
	}
	needed := in.needed(target)
	for i := range f.Stages {
		if needed[i] {
			in.follow(i)
		} else {
			in.result.Unused = append(in.result.Unused, stageName(f, i))
		}
	}
	in.result.State = in.states[target]
	return in.result, nil
}

// globals are the ARGs before the first FROM.
func (in *interpreter) globals() {
	in.global = &State{args: in.platformArgs()}
	for i := range in.file.Args {
		step := in.step(&in.file.Args[i])
		in.arg(in.global, step, &in.file.Args[i], true)
	}
}

// platformArgs are the arguments that BuildKit gives (Dockerfile reference,
// "Automatic platform ARGs in the global scope").
func (in *interpreter) platformArgs() map[string]string {
	args := map[string]string{}
	parts := append(strings.Split(in.opt.Platform, "/"), "", "")
	for _, side := range []string{"TARGET", "BUILD"} {
		args[side+"PLATFORM"], args[side+"OS"], args[side+"ARCH"], args[side+"VARIANT"] = in.opt.Platform, parts[0], parts[1], parts[2]
	}
	return args
}

// stageOf returns the index of a stage before the one at limit, by name or
// number, and -1 for none.
func (in *interpreter) stageOf(name string, limit int) int {
	for i := limit - 1; i >= 0; i-- {
		if s := in.file.Stages[i]; s.Name != "" && strings.EqualFold(s.Name, name) {
			return i
		}
	}
	if n, err := strconv.Atoi(name); err == nil && n >= 0 && n < limit {
		return n
	}
	return -1
}

// baseOf returns what a stage is FROM, expanded.
func (in *interpreter) baseOf(i int) string {
	name, err := in.expand(in.global, in.file.Stages[i].Base)
	if err != nil || marked.MatchString(name) {
		return ""
	}
	return name
}

// needed are the stages that a target is made of: those that it is FROM, and
// those that COPY --from and RUN --mount name.
func (in *interpreter) needed(target int) map[int]bool {
	needed := map[int]bool{}
	queue := []int{target}
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		if i < 0 || needed[i] {
			continue
		}
		needed[i] = true
		queue = append(queue, in.stageOf(in.baseOf(i), i))
		for j := range in.file.Stages[i].Instructions {
			for _, name := range fromOf(&in.file.Stages[i].Instructions[j]) {
				queue = append(queue, in.stageOf(name, i))
			}
		}
	}
	return needed
}

// follow follows one stage, after those before it.
func (in *interpreter) follow(i int) {
	st := &in.file.Stages[i]
	step := in.step(&st.From)
	s := &State{args: map[string]string{}, shell: []string{"/bin/sh", "-c"}, From: step}
	name := in.baseOf(i)
	if parent := in.stageOf(name, i); parent >= 0 {
		s = in.states[parent].clone()
		skip(step, "the stages become one image")
	} else {
		s.Base = name
		if platform, err := in.expand(in.global, st.Platform); err == nil && !strings.HasPrefix(st.Platform, "$BUILD") {
			s.Platform = platform
		}
		in.from(s, step, in.final[i])
	}
	in.states[i] = s
	for j := range st.Instructions {
		in.instruction(s, &st.Instructions[j], !in.final[i])
	}
}

// from judges the base of a stage.
func (in *interpreter) from(s *State, step *draft.Step, final bool) {
	switch {
	case !final:
		skip(step, "a stage that only builds; its result is what counts")
	case s.Base == "":
		leave(step, "nothing says which base it is; give the arguments with --build-arg, or write the base into the config")
	default:
		carry(step, "base")
	}
}

// step records a step for an instruction.
func (in *interpreter) step(i *dockerfile.Instruction) *draft.Step {
	step := &draft.Step{Place: draft.Place{File: in.opt.Name, Line: i.Line}, Text: Redact(i.Text)}
	in.result.Steps = append(in.result.Steps, step)
	return step
}

func stageName(f *dockerfile.File, i int) string {
	if name := f.Stages[i].Name; name != "" {
		return name
	}
	return strconv.Itoa(i)
}

// hasPrefixAny reports whether a text begins with one of some.
func hasPrefixAny(s string, list ...string) bool {
	return slices.ContainsFunc(list, func(p string) bool { return strings.HasPrefix(s, p) })
}
