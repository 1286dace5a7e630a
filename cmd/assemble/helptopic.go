package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/docs"
	"github.com/assemble-image/assemble/internal/config"
)

// document is a text of docs/ that is in the binary.
type document struct{ name, file, about string }

var documents = []document{
	{"config", "configuration.md", "assemble.yaml, and where things come from"},
	{"dockerfile", "dockerfile.md", "from a Dockerfile to assemble.yaml"},
	{"registries", "registries.md", "images in registries, layouts and archives"},
	{"security", "security.md", "what is checked, and what isn't"},
	{"architecture", "architecture.md", "how it works"},
	{"performance", "performance.md", "figures, and how they are taken"},
	{"pep-deviations", "pep-deviations.md", "where pip answers otherwise, and why"},
	{"dependencies", "dependencies.md", "what each library is for"},
	{"schema", "assemble.schema.json", "the JSON Schema of assemble.yaml"},
}

// errNoTopic says that there is no help on something.
var errNoTopic = errors.New("no such topic")

// topic writes the help on a command, a document, a field or its flag, or a
// section of a document.
func (p *helpPage) topic(app *cli.App, words []string) error {
	if c := findPath(app.Commands, words); c != nil {
		p.verb(c, words)
		return nil
	}
	name := words[0]
	if len(words) > 1 || name == "help" {
		if name == "help" && len(words) == 1 {
			p.overview(app)
			return nil
		}
		return noTopic(app, strings.Join(words, " "))
	}
	for _, d := range documents {
		if name == d.name || name == d.file || name+".md" == d.file {
			return p.document(d)
		}
	}
	if list := fieldsNamed(name); len(list) > 0 {
		p.fields(list)
		return nil
	}
	if p.flag(app, name) || p.section(name) {
		return nil
	}
	return noTopic(app, name)
}

// noTopic is the answer where there is none: a mistyped command is one.
func noTopic(app *cli.App, name string) error {
	known := app.Commands
	return usageError{fmt.Errorf("unknown command %q%s%w", name, suggestion(known, name), hiddenError{errNoTopic})}
}

// hiddenError is there for errors.Is, and says nothing.
type hiddenError struct{ error }

func (hiddenError) Error() string   { return "" }
func (e hiddenError) Unwrap() error { return e.error }

// fieldsNamed returns the fields that name means: one by its path or its flag,
// all of a group ("smoke", "app"), or nothing.
func fieldsNamed(name string) []config.Field {
	flag, isFlag := strings.CutPrefix(name, "--")
	var list []config.Field
	for _, f := range config.Fields() {
		switch {
		case isFlag:
			if f.Flag == flag {
				return []config.Field{f}
			}
		case f.Path == name, strings.HasPrefix(f.Path, name+"."), strings.HasPrefix(f.Path, name+"[]"):
			list = append(list, f)
		}
	}
	if len(list) > 0 || isFlag {
		return list
	}
	for _, f := range config.Fields() {
		if f.Flag == name {
			return []config.Field{f}
		}
	}
	return nil
}

// fields writes all that is known of fields.
func (p *helpPage) fields(list []config.Field) {
	for i, f := range list {
		if i > 0 {
			p.line("")
		}
		p.line("%s (%s)", f.Path, f.Form)
		p.line("")
		p.paragraph("  ", plainText(f.Doc))
		p.line("")
		var rows []row
		if f.Default != "" {
			rows = append(rows, row{"default", f.Default})
		}
		rows = append(rows, row{"example", fieldExample(f)})
		if f.Flag != "" {
			flag := "--" + f.Flag
			if value := config.BriefOf(f.Path).Value; value != "" {
				flag += " " + value
			}
			if f.Form.Repeated() {
				flag += ", once for each"
			}
			rows = append(rows, row{"flag", flag})
		}
		p.rows(rows)
	}
	anchor := strings.NewReplacer(".", "", "[]", "").Replace(list[0].Path)
	p.line("\n%sconfiguration.md#%s", docsURL, anchor)
}

// fieldExample is a field in assemble.yaml, on one line.
func fieldExample(f config.Field) string {
	path := strings.ReplaceAll(f.Path, "[]", "")
	parts := strings.Split(path, ".")
	text := parts[len(parts)-1] + ": " + f.Example
	for _, part := range slices.Backward(parts[:len(parts)-1]) {
		if part == "app" {
			text = part + ": [{" + text + ", …}]"
			continue
		}
		text = part + ": {" + text + "}"
	}
	return text
}

// flag writes what a flag that is no field's is for, and which verbs have it.
func (p *helpPage) flag(app *cli.App, name string) bool {
	name, ok := strings.CutPrefix(name, "--")
	if !ok {
		return false
	}
	var verbs []string
	var rows []row
	eachVerb(app.Commands, nil, func(path []string, c *cli.Command) {
		for _, f := range c.Flags {
			if !slices.Contains(f.Names(), name) {
				continue
			}
			verbs = append(verbs, strings.Join(path, " "))
			h := describeFlag(f)
			if r := (row{h.left(), h.text}); !slices.Contains(rows, r) {
				rows = append(rows, r)
			}
		}
	})
	if len(rows) == 0 {
		return false
	}
	p.rows(rows)
	p.line("")
	p.paragraph("", "Of: "+strings.Join(verbs, ", "))
	return true
}

// eachVerb calls do with each command that does something itself.
func eachVerb(commands []*cli.Command, path []string, do func(path []string, c *cli.Command)) {
	for _, c := range commands {
		here := append(slices.Clone(path), c.Name)
		if len(c.Subcommands) == 0 || len(c.Flags) > 0 { // groups have no flags
			do(here, c)
		}
		eachVerb(c.Subcommands, here, do)
	}
}

// The marks around the fields in configuration.md.
const fieldsBegin, fieldsEnd = "<!-- fields:", "<!-- end of fields -->"

// document writes a document; in place of the config's fields, their topics.
func (p *helpPage) document(d document) error {
	text, err := docs.Read(d.file)
	if err != nil {
		return err
	}
	if strings.HasSuffix(d.file, ".json") {
		p.text.WriteString(text)
		return nil
	}
	head, rest, ok := strings.Cut(text, fieldsBegin)
	p.markdown(head)
	if ok {
		p.briefs()
		_, tail, _ := strings.Cut(rest, fieldsEnd)
		p.markdown(tail)
	}
	p.line("\n%s%s", docsURL, d.file)
	return nil
}

// briefs writes a line for each field.
func (p *helpPage) briefs() {
	for _, t := range config.Topics() {
		p.line("\n%s:", t.Title)
		var rows []row
		for _, b := range t.Fields {
			rows = append(rows, row{b.Path, b.Text})
		}
		p.rows(rows)
	}
	p.line("")
	p.paragraph("", "All about one of them: assemble help FIELD")
}

// section writes the section of a document whose heading, in small letters and
// with dashes, is name.
func (p *helpPage) section(name string) bool {
	for _, d := range documents {
		text, err := docs.Read(d.file)
		if err != nil || !strings.HasSuffix(d.file, ".md") {
			continue
		}
		for part := range strings.SplitSeq(text, "\n## ") {
			heading, _, _ := strings.Cut(part, "\n")
			if anchorOf(heading) == name && !strings.HasPrefix(part, "# ") {
				part, _, _ = strings.Cut(part, fieldsBegin)
				p.markdown("## " + part)
				p.line("\n%s%s#%s", docsURL, d.file, name)
				return true
			}
		}
	}
	return false
}

// anchorOf is a heading as links write it.
func anchorOf(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		}
		return -1
	}, strings.ToLower(heading))
}
