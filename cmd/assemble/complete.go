package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/pipeline"
)

// completeVerb is what the scripts of `assemble completion` call with the
// words typed so far, the last of which is to be completed. It isn't listed,
// since people don't need it.
const completeVerb = "__complete"

// candidate is a word that may stand where the cursor is.
type candidate struct{ word, usage string }

// printCandidates writes what may follow, a line each: the word, and what it
// means behind a tab. Nothing means a file, which shells complete best.
func printCandidates(w io.Writer, app *cli.App, words []string) error {
	for _, c := range complete(app, words) {
		if _, err := fmt.Fprintf(w, "%s\t%s\n", c.word, c.usage); err != nil {
			return err
		}
	}
	return nil
}

// complete returns what may stand in the place of the last word.
func complete(app *cli.App, words []string) []candidate {
	if len(words) == 0 {
		words = []string{""}
	}
	at := position{flags: app.Flags, commands: app.Commands}
	for _, w := range words[:len(words)-1] {
		at.pass(w)
	}
	current := words[len(words)-1]
	if current == "=" { // bash makes a word of it
		current = ""
	}
	list := at.candidates(current)
	fitting := list[:0]
	for _, c := range list {
		if strings.HasPrefix(c.word, current) {
			fitting = append(fitting, c)
		}
	}
	return fitting
}

// position is where the words so far have led to.
type position struct {
	flags    []cli.Flag
	commands []*cli.Command // those that may follow
	path     []string       // of the verb
	pending  string         // the flag whose value comes next
	onlyArgs bool           // after "--"
	help     bool           // after `assemble help`
}

// pass takes in a word that is complete.
func (p *position) pass(word string) {
	switch {
	case p.pending != "" && word == "=": // --flag=value, as bash splits it
	case p.pending != "":
		p.pending = ""
	case p.onlyArgs:
	case word == "--":
		p.onlyArgs = true
	case strings.HasPrefix(word, "-"):
		if takesValue(p.flags, word) {
			p.pending = strings.TrimLeft(word, "-")
		}
	default:
		if c := find(p.commands, word); c != nil {
			p.flags, p.commands, p.path = c.Flags, c.Subcommands, append(p.path, c.Name)
		} else if word == "help" && len(p.path) == 0 {
			p.help = true
		}
	}
}

func (p *position) candidates(current string) []candidate {
	if p.pending != "" {
		return choices(p.pending, "")
	}
	if flag, _, ok := strings.Cut(current, "="); ok && strings.HasPrefix(flag, "-") {
		return choices(strings.TrimLeft(flag, "-"), flag+"=")
	}
	var list []candidate
	switch {
	case p.help:
		list = topicCandidates()
	case strings.HasPrefix(current, "-") && !p.onlyArgs:
		return flagCandidates(p.flags)
	case slices.Equal(p.path, []string{"completion"}):
		return words("", "bash", "zsh", "fish")
	}
	for _, c := range p.commands {
		list = append(list, candidate{c.Name, c.Usage})
	}
	if len(p.path) == 0 && !p.help {
		list = append(list, candidate{"help", "help on a command, a field, or a document"})
	}
	return list
}

// topicCandidates are what has help beside the commands.
func topicCandidates() []candidate {
	fields := config.Fields()
	list := make([]candidate, 0, len(documents)+len(fields))
	for _, d := range documents {
		list = append(list, candidate{d.name, d.about})
	}
	for _, f := range fields {
		list = append(list, candidate{f.Path, config.BriefOf(f.Path).Text})
	}
	return list
}

func flagCandidates(flags []cli.Flag) []candidate {
	var list []candidate
	for _, f := range flags {
		h := describeFlag(f)
		for _, name := range h.names {
			if strings.HasPrefix(name, "--") {
				list = append(list, candidate{name, h.text})
			}
		}
	}
	return append(list, candidate{"--help", "show help"})
}

// choices are the values that a flag may have, where there are but a few,
// each with the prefix in front of it.
func choices(flag, prefix string) []candidate {
	switch flag {
	case "progress":
		return words(prefix, "auto", "plain", "none")
	case "smoke":
		return words(prefix, string(pipeline.SmokeAuto), string(pipeline.SmokeRequire), string(pipeline.SmokeOff))
	case "warn", "error":
		return words(prefix, config.FindingKinds()...)
	case "platform":
		return words(prefix, "linux/arm64", "linux/amd64")
	case "on-conflict":
		return words(prefix, config.ConflictWarn, config.ConflictError, config.ConflictLastWins)
	}
	return nil
}

func words(prefix string, list ...string) []candidate {
	out := make([]candidate, len(list))
	for i, w := range list {
		out[i].word = prefix + w
	}
	return out
}
