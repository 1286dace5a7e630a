// Package dockerfile reads Dockerfiles by BuildKit's own parser, into stages of
// instructions that know their lines. Start with [Parse].
package dockerfile

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// Bounds of what is read. The largest Dockerfiles of public projects have some
// 30 kB and 200 instructions.
const (
	MaxSize         = 256 << 10
	maxInstructions = 2000
)

// File is a Dockerfile.
type File struct {
	// Args are the ARG instructions before the first stage.
	Args   []Instruction
	Stages []Stage
	// Escape is the character that continues lines.
	Escape rune
}

// Stage is what a FROM begins.
type Stage struct {
	Name, Base, Platform string
	From                 Instruction
	Instructions         []Instruction
}

// Instruction is one instruction.
type Instruction struct {
	// Name is in capitals.
	Name string
	// Text is the instruction on one line, without comments.
	Text string
	// Line is where it begins, End where it ends.
	Line, End int
	// Command is one of the types of BuildKit's package instructions, nil where
	// Err says what is wrong.
	Command any
	Err     error

	segments []segment
}

// Error is what is wrong with a whole Dockerfile.
type Error struct {
	Line int // 0 for none
	Msg  string
}

// Error implements error.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Msg
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Msg)
}

// Parse reads a Dockerfile (Dockerfile reference, "Format"). An instruction that
// is wrong in itself is kept with what is wrong; what leaves the whole without
// meaning is an [*Error].
func Parse(data []byte) (f *File, err error) {
	if len(data) > MaxSize {
		return nil, &Error{Msg: fmt.Sprintf("it is larger than %d bytes", MaxSize)}
	}
	if bytes.ContainsRune(data, 0) {
		return nil, &Error{Msg: "it is not text"}
	}
	defer func() {
		// The parser is held to be total, but not by us.
		if r := recover(); r != nil {
			f, err = nil, &Error{Msg: "it can't be parsed"}
		}
	}()
	tree, err := parser.Parse(bytes.NewReader(data))
	if err != nil {
		return nil, located(err)
	}
	if n := len(tree.AST.Children); n > maxInstructions {
		return nil, &Error{Msg: fmt.Sprintf("it has %d instructions, more than %d", n, maxInstructions)}
	}
	f = &File{Escape: tree.EscapeToken}
	lines := sourceLines(data)
	for _, node := range tree.AST.Children {
		if err := f.add(node, lines); err != nil {
			return nil, err
		}
	}
	if len(f.Stages) == 0 {
		return nil, &Error{Msg: "it has no FROM"}
	}
	return f, nil
}

// add takes one instruction.
func (f *File) add(node *parser.Node, lines [][]byte) error {
	in := Instruction{Name: strings.ToUpper(node.Value), Text: strings.TrimSpace(node.Original), Line: node.StartLine, End: node.EndLine}
	in.segments = segmentsOf(node, lines, f.Escape)
	command, err := instructions.ParseInstruction(node)
	if err != nil {
		in.Err = errors.New(message(err))
	}
	in.Command = command
	stage, isStage := command.(*instructions.Stage)
	switch {
	case isStage && err == nil:
		in.Command = nil
		f.Stages = append(f.Stages, Stage{Name: stage.Name, Base: stage.BaseName, Platform: stage.Platform, From: in})
	case in.Name == "FROM":
		return &Error{Line: in.Line, Msg: in.Err.Error()}
	case len(f.Stages) > 0:
		last := &f.Stages[len(f.Stages)-1]
		last.Instructions = append(last.Instructions, in)
	case in.Name == "ARG":
		f.Args = append(f.Args, in)
	default:
		return &Error{Line: in.Line, Msg: in.Name + " stands before the first FROM"}
	}
	return nil
}

// located turns a parser's error into one line with its place.
func located(err error) *Error {
	e := &Error{Msg: message(err)}
	var at *parser.LocationError
	if errors.As(err, &at) && len(at.Locations) > 0 && len(at.Locations[0]) > 0 {
		e.Line = at.Locations[0][0].Start.Line
	}
	return e
}

// message is the innermost text of an error of the parser's, which is wrapped in
// stacks.
func message(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	return strings.TrimPrefix(text, "dockerfile ")
}
