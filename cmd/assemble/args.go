package main

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// interleave moves flags that stand behind positional arguments in front of
// them, since the flag parser stops at the first positional one: people write
// both `assemble push REF -f x.yaml` and `assemble push -f x.yaml REF`.
// Everything after "--" stays as it is.
func interleave(app *cli.App, args []string) []string {
	if len(args) < 2 {
		return args
	}
	out := []string{args[0]}
	rest := args[1:]
	flags, commands := app.Flags, app.Commands
	for len(rest) > 0 {
		moved, positional, tail := splitFlags(flags, rest, len(commands) > 0)
		out = append(out, moved...)
		if len(positional) == 0 {
			return append(out, tail...)
		}
		cmd := find(commands, positional[0])
		if cmd == nil {
			return append(append(out, positional...), tail...)
		}
		out = append(out, positional[0])
		flags, commands, rest = cmd.Flags, cmd.Subcommands, append(positional[1:], tail...)
	}
	return out
}

// splitFlags parts args into flags (with their values) and positional ones.
// With stopAtFirst it stops at the first positional argument, a command's
// name. What follows "--" (and itself) is returned as the tail.
func splitFlags(flags []cli.Flag, args []string, stopAtFirst bool) (moved, positional, tail []string) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--":
			return moved, positional, args[i:]
		case len(arg) < 2 || arg[0] != '-':
			positional = append(positional, arg)
			if stopAtFirst {
				return moved, append(positional, args[i+1:]...), nil
			}
		default:
			moved = append(moved, arg)
			if takesValue(flags, arg) && i+1 < len(args) {
				i++
				moved = append(moved, args[i])
			}
		}
	}
	return moved, positional, nil
}

// takesValue reports whether arg names a flag whose value is the next argument.
func takesValue(flags []cli.Flag, arg string) bool {
	if strings.Contains(arg, "=") {
		return false
	}
	name := strings.TrimLeft(arg, "-")
	for _, f := range flags {
		for _, n := range f.Names() {
			if n == name {
				_, isBool := f.(*cli.BoolFlag)
				return !isBool
			}
		}
	}
	return false
}

func find(commands []*cli.Command, name string) *cli.Command {
	for _, c := range commands {
		if c.HasName(name) {
			return c
		}
	}
	return nil
}
