// Package shell takes scripts apart into the commands that they run one after
// the other, without running anything. Start with [Parse].
package shell

import (
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Bounds of a script.
const (
	maxCommands = 2000
	maxDepth    = 100
	maxText     = 64 << 10
)

// Command is one command of a script.
type Command struct {
	// Args are the program and its arguments, empty where Why says what stands
	// in the way.
	Args []Word
	// Offset is where the command begins in the script.
	Offset int
	// Text is the command as it is written.
	Text string
	// Why is what keeps the command from being understood: "a loop".
	Why string
	// Writes says that it writes into the file To.
	Writes bool
	To     Word
	// Plain says that there is nothing but a program with its arguments: no
	// variables set for it, nothing redirected, not in the background.
	Plain bool
	// Pipeline are the programs of a pipeline, in order; a command that stands
	// alone has none.
	Pipeline []Word
	// Condition tells where the command stands in a branch that was chosen by
	// known values.
	Condition string
}

// Word is an argument.
type Word struct {
	Text string
	// Known is false where a part of it shows only when the script runs.
	Known bool
	// Glob says that it has unquoted characters of a pattern.
	Glob bool
}

// Lookup returns the value of a variable, and whether there is one.
type Lookup func(name string) (value string, ok bool)

// Error is what is wrong with a script.
type Error struct {
	Offset int
	Msg    string
}

// Error implements error.
func (e *Error) Error() string { return e.Msg }

// Parse takes a script of a POSIX shell or bash apart (POSIX.1-2024, XCU 2.9):
// lists, groups and subshells one command after the other, pipelines each command
// with a mark, conditions by the branch that known variables choose. Loops,
// functions and conditions that only running tells are one command each, with a
// reason. The error, if any, is an [*Error].
func Parse(script string, vars Lookup) (commands []Command, err error) {
	if len(script) > maxText {
		return nil, &Error{Msg: fmt.Sprintf("the script is larger than %d bytes", maxText)}
	}
	defer func() {
		// The parser is held to be total, but not by us.
		if r := recover(); r != nil {
			commands, err = nil, &Error{Msg: "the script can't be parsed"}
		}
	}()
	if strings.Count(script, "(")+strings.Count(script, "{")+strings.Count(script, "`")+strings.Count(script, "$") > maxText/16 {
		return nil, &Error{Msg: "the script is nested too deeply"}
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(script), "")
	if err != nil {
		file, err = syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(script), "")
	}
	if err != nil {
		return nil, syntaxError(err)
	}
	w := &walker{script: script, outer: vars, local: map[string]Word{}}
	w.statements(file.Stmts)
	if w.tooMany {
		return nil, &Error{Msg: fmt.Sprintf("the script has more than %d commands", maxCommands)}
	}
	return w.commands, nil
}

func syntaxError(err error) *Error {
	e := &Error{Msg: "the script can't be parsed"}
	if pe, ok := err.(syntax.ParseError); ok { //nolint:errorlint // the parser returns it unwrapped
		text, _, _ := strings.Cut(pe.Text, "\n")
		e.Msg, e.Offset = "the script can't be parsed: "+text, int(pe.Pos.Offset())
	}
	return e
}
