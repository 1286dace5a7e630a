package shell

import (
	"bytes"
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

const (
	maxScript  = 128 << 10 // bytes; Debian's largest have some 60 KiB
	maxNesting = 300       // brackets in each other
)

// parse reads a script. The parser recurses, and a Go stack that overflows
// ends the program, so what would nest too deep isn't handed to it: brackets
// are counted here, and what can nest without them takes less of a stack, in a
// script of maxScript bytes, than there is.
func parse(name string, script []byte) (*syntax.File, error) {
	if err := parseable(script); err != nil {
		return nil, err
	}
	return syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(bytes.NewReader(script), name)
}

// parseArith reads an arithmetic expression.
func parseArith(text string) (syntax.ArithmExpr, error) {
	if err := parseable([]byte(text)); err != nil {
		return nil, err
	}
	return syntax.NewParser(syntax.Variant(syntax.LangBash)).Arithmetic(strings.NewReader(text))
}

// parseable refuses what would be too much for the parser.
func parseable(script []byte) error {
	if len(script) > maxScript {
		return &LimitError{fmt.Sprintf("a script of more than %d bytes", maxScript)}
	}
	depth := 0
	for _, c := range script {
		switch c {
		case '(', '{', '[':
			depth++
		case ')', '}', ']':
			depth = max(0, depth-1)
		}
		if depth > maxNesting {
			return &LimitError{fmt.Sprintf("more than %d brackets in each other", maxNesting)}
		}
	}
	return nil
}

// interpreter returns the program and the options that a script's first line
// names: "sh" and "-e" for "#!/bin/sh -e". It reports false for what isn't a
// script.
func interpreter(script []byte) (program string, options []string, ok bool) {
	line, _, _ := bytes.Cut(script[:min(len(script), 256)], []byte("\n"))
	rest, ok := bytes.CutPrefix(line, []byte("#!"))
	if !ok {
		return "", nil, false
	}
	words := strings.Fields(string(rest))
	if len(words) == 0 {
		return "", nil, false
	}
	program = words[0][strings.LastIndexByte(words[0], '/')+1:]
	if program == "env" && len(words) > 1 {
		return words[1], words[2:], true
	}
	return program, words[1:], true
}

// isShell reports whether scripts for the program are interpreted here.
func isShell(program string) bool {
	switch program {
	case "sh", "dash", "bash", "ash":
		return true
	}
	return false
}
