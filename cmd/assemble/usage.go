package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// reportUsage makes the commands answer a wrong flag with one line, where the
// library would print all of their help.
func reportUsage(commands []*cli.Command) {
	for _, c := range commands {
		c.OnUsageError = onUsageError
		c.HideHelp = true
		reportUsage(c.Subcommands)
	}
}

// onUsageError says what is wrong with a flag in the words of the other
// messages; the library's have one dash for all.
func onUsageError(c *cli.Context, err error, _ bool) error {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		return usagef("%s has no flag %s%s", verbName(c), dashed(name), flagSuggestion(c, name))
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok {
		return usagef("%s needs a value", dashed(name))
	}
	if m := invalidValue.FindStringSubmatch(text); m != nil {
		return usagef("%s: invalid value %s", dashed(m[2]), m[1])
	}
	return usageError{err}
}

var invalidValue = lazyregexp.New(`^invalid (?:boolean )?value (".*") for (?:flag )?-([^:]+): `)

// dashed is a flag as it is typed.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// flagSuggestion names the flag that looks most like name.
func flagSuggestion(c *cli.Context, name string) string {
	if s := cli.SuggestFlag(c.Command.Flags, name, true); len(name) > 1 && alike(strings.TrimLeft(s, "-"), name) {
		return "; did you mean " + s + "?"
	}
	return ""
}

// alike reports whether a is worth being suggested for b: the library's
// suggestion is the nearest of all, however far that is.
func alike(a, b string) bool { return a != "" && b != "" && a[0] == b[0] }

// required returns the value of a flag that a verb can't do without.
func required(c *cli.Context, flag, what string) (string, error) {
	if value := c.String(flag); value != "" {
		return value, nil
	}
	return "", usagef("%s requires --%s, %s", verbName(c), flag, what)
}

// noVerb answers to an unknown verb.
func noVerb(c *cli.Context) error {
	name := c.Args().First()
	return usagef("unknown command %q%s", name, suggestion(c.App.Commands, name))
}

func suggestion(commands []*cli.Command, name string) string {
	// The library's answer is a sentence of its own.
	parts := strings.Split(cli.SuggestCommand(commands, name), `"`)
	if len(parts) == 3 && alike(parts[1], name) {
		return fmt.Sprintf("; did you mean %q?", parts[1])
	}
	return ""
}

// noArgument refuses positional arguments.
func noArgument(c *cli.Context) error {
	if c.NArg() > 0 {
		return usagef("%s takes no arguments, got %q", verbName(c), c.Args().First())
	}
	return nil
}

// verbName is the verb as it was typed, "wheel show".
func verbName(c *cli.Context) string { return strings.TrimPrefix(c.Command.HelpName, "assemble ") }

// oneArgument returns the verb's only positional argument, which the usage
// text calls what.
func oneArgument(c *cli.Context, what string) (string, error) {
	switch c.NArg() {
	case 1:
		return c.Args().First(), nil
	case 0:
		return "", usagef("%s requires %s", verbName(c), what)
	}
	return "", usagef("%s takes one argument, got %q and %q", verbName(c), c.Args().First(), c.Args().Get(1))
}
