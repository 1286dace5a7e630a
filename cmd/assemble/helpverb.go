package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/config"
)

// The categories of flags that aren't fields of the config; those that are have
// the titles of [config.Topics].
const (
	categoryConfig  = "Config and cache"
	categoryNetwork = "Network"
	categoryOutput  = "Output"
)

// The categories of verbs, in order.
const (
	verbsImages = "Images"
	verbsWheels = "Wheels"
	verbsTrust  = "Signatures"
	verbsOther  = "Other"
)

// docsURL is where the documents are to be read, too.
const docsURL = "https://github.com/assemble-image/assemble/blob/main/docs/"

// flagHelp is what help, man pages and completions say of a flag.
type flagHelp struct {
	names []string // with dashes, the short ones first
	value string   // what stands for its value, "" where it takes none
	text  string
}

// describeFlag reads it off a flag: of a config's field what the config says of
// it, of others their usage, in which the value's placeholder is in backquotes.
func describeFlag(f cli.Flag) flagHelp {
	var h flagHelp
	for _, name := range f.Names() {
		h.names = append(h.names, dashed(name))
	}
	slices.SortStableFunc(h.names, func(a, b string) int { return min(len(a), 3) - min(len(b), 3) })
	doc, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return h
	}
	if b, ok := briefOf(f); ok {
		h.value, h.text = b.Value, b.Text
		return h
	}
	h.text = doc.GetUsage()
	if _, placeholder, found := strings.Cut(h.text, "`"); found {
		h.value, _, _ = strings.Cut(placeholder, "`")
		h.text = strings.ReplaceAll(h.text, "`", "")
	}
	if h.value == "" && doc.TakesValue() {
		h.value = "VALUE"
	}
	if text := doc.GetDefaultText(); doc.TakesValue() && text != "" && text != `""` && text != "0s" && !strings.Contains(h.text, "default") {
		h.text += " (default: " + strings.Trim(text, `"`) + ")"
	}
	return h
}

// briefOf returns what the config says of a flag that is a field's.
func briefOf(flag cli.Flag) (config.Brief, bool) {
	for _, t := range config.Topics() {
		if t.Title != categoryOf(flag) {
			continue
		}
		for _, f := range config.Fields() {
			if b := config.BriefOf(f.Path); f.Flag == flag.Names()[0] && slices.Contains(t.Fields, b) {
				return b, true
			}
		}
	}
	return config.Brief{}, false
}

// left is how a flag is typed: "-j, --jobs N".
func (h flagHelp) left() string {
	text := strings.Join(h.names, ", ")
	if len(h.names[0]) > 2 {
		text = "    " + text
	}
	if h.value != "" {
		text += " " + h.value
	}
	return text
}

// flagGroup is the flags of one category.
type flagGroup struct {
	title string
	flags []flagHelp
}

// groupFlags sorts a verb's flags by category: its own first, then the config's
// fields by topic, then those that most verbs have.
func groupFlags(flags []cli.Flag) []flagGroup {
	topics := config.Topics()
	order := make([]string, 1, len(topics)+4) // the first is ""
	for _, t := range topics {
		order = append(order, t.Title)
	}
	order = append(order, categoryConfig, categoryNetwork, categoryOutput)
	var groups []flagGroup
	for _, title := range order {
		g := flagGroup{title: title}
		if title == "" {
			g.title = "Flags"
		}
		for _, f := range flags {
			if categoryOf(f) == title {
				g.flags = append(g.flags, describeFlag(f))
			}
		}
		if len(g.flags) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

func categoryOf(f cli.Flag) string {
	if c, ok := f.(cli.CategorizableFlag); ok {
		return c.GetCategory()
	}
	return ""
}

// wheelVerbs take all fields of the config as flags, but work with wheels
// alone: their help leaves the others out.
var wheelVerbs = []string{"lock", "fetch", "check"}

// isBeside reports whether a verb's help leaves a group of flags out.
func isBeside(verb, title string) bool {
	if !slices.Contains(wheelVerbs, verb) || title == config.TopicBase || title == config.TopicWheels || title == config.TopicPackages {
		return false
	}
	return slices.ContainsFunc(config.Topics(), func(t config.Topic) bool { return t.Title == title })
}

// verb writes the help of a command.
func (p *helpPage) verb(c *cli.Command, path []string) {
	name := strings.Join(path, " ")
	p.paragraph("", "assemble "+name+": "+c.Usage)
	p.line("")
	p.line("Usage: %s", usageLine(c, name))
	if c.Description != "" {
		p.line("")
		p.paragraph("", c.Description)
	}
	if len(c.Subcommands) > 0 {
		p.line("\nCommands:")
		p.rows(commandRows(c.Subcommands))
	}
	if list := examples[name]; len(list) > 0 {
		p.line("\nExamples:")
		for _, e := range list {
			p.line("  %s", e)
		}
	}
	left := false
	for _, g := range groupFlags(c.Flags) {
		if isBeside(name, g.title) {
			left = true
			continue
		}
		p.line("\n%s:", g.title)
		rows := make([]row, len(g.flags))
		for i, f := range g.flags {
			rows[i] = row{f.left(), f.text}
		}
		p.rows(rows)
	}
	p.line("")
	if left {
		p.paragraph("", "The other fields of assemble.yaml have flags here as well: assemble help config.")
	}
	if slices.ContainsFunc(config.Fields(), func(f config.Field) bool { return f.Flag == name }) {
		p.paragraph("", fmt.Sprintf("Help on the field %s of assemble.yaml: assemble help --%s", name, name))
	}
	if len(c.Subcommands) > 0 {
		p.paragraph("", fmt.Sprintf("Help on one of them: assemble help %s COMMAND", name))
		return
	}
	p.paragraph("", "Help on a flag: assemble help --FLAG. Flags may stand before or after arguments; lists are given by repeating the flag.")
}

// usageLine is how a command is called.
func usageLine(c *cli.Command, name string) string {
	text := "assemble " + name
	switch {
	case len(c.Subcommands) > 0 && len(c.Flags) > 0:
		return text + " [flags] | COMMAND"
	case len(c.Subcommands) > 0:
		return text + " COMMAND"
	}
	if len(c.Flags) > 0 {
		text += " [flags]"
	}
	if args := strings.TrimSpace(c.ArgsUsage); args != "" {
		text += " " + args
	}
	return text
}

func commandRows(commands []*cli.Command) []row {
	rows := make([]row, len(commands))
	for i, c := range commands {
		rows[i] = row{c.Name, c.Usage}
	}
	return rows
}

// overview writes the help of the program.
func (p *helpPage) overview(app *cli.App) {
	p.paragraph("", "assemble: "+app.Usage)
	p.line("\nUsage: %s", app.UsageText)
	for _, category := range []string{verbsImages, verbsWheels, verbsTrust, verbsOther} {
		var rows []row
		for _, c := range app.Commands {
			if c.Category == category {
				rows = append(rows, row{fmt.Sprintf("%-10s", c.Name), c.Usage})
			}
		}
		p.line("\n%s:", category)
		p.rows(rows)
	}
	p.line("\nFirst steps:")
	for _, e := range firstSteps {
		p.line("  %s", e)
	}
	p.line("\nMore help:")
	rows := []row{
		{"assemble help COMMAND", "flags and examples of a command"},
		{"assemble help config", "assemble.yaml, and where things come from"},
		{"assemble help FIELD", "one field, for example smoke.http.port"},
	}
	for _, d := range documents {
		if d.name != "config" {
			rows = append(rows, row{"assemble help " + d.name, d.about})
		}
	}
	p.rows(rows)
	p.line("\n%s", docsURL)
}
