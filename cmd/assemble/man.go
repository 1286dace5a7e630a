package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/osfile"
)

func manCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name: "man", Usage: "print or install manual pages", Category: verbsOther,
		ArgsUsage: "[COMMAND|config]",
		Description: "Prints the page of the program, of a command, or of assemble.yaml, as man reads it. With --dir, " +
			"writes all of them into man1 and man5 in that directory.",
		Flags: []cli.Flag{&cli.StringFlag{Name: "dir", Usage: "write all pages below `DIR`"}},
		Action: func(c *cli.Context) error {
			pages := manPages(c.App)
			if dir := c.String("dir"); dir != "" {
				if err := noArgument(c); err != nil {
					return err
				}
				return writeManPages(env, dir, pages)
			}
			name := strings.Join(c.Args().Slice(), "-")
			for _, p := range pages {
				if p.name == name || p.name == "assemble-"+name || name == "" && p.name == "assemble" || name == "config" && p.section == 5 {
					_, err := fmt.Fprint(env.stdout, p.text)
					return err
				}
			}
			return usagef("there is no manual page %q", name)
		},
	}
}

// manPage is one page in the man macros (groff_man(7)).
type manPage struct {
	name    string
	section int
	text    string
}

func (p manPage) file() string { return fmt.Sprintf("man%d/%s.%d", p.section, p.name, p.section) }

func writeManPages(env *environment, dir string, pages []manPage) error {
	for _, p := range pages {
		path := filepath.Join(dir, filepath.FromSlash(p.file()))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("writing manual page %q: %w", path, osfile.WithoutPath(err))
		}
		if err := osfile.Replace(path, osfile.Bytes([]byte(p.text)), osfile.Options{}); err != nil {
			return fmt.Errorf("writing manual page %q: %w", path, err)
		}
		fmt.Fprintln(env.stdout, path)
	}
	return nil
}

// manPages returns all pages: of the program, of each command, and of
// assemble.yaml.
func manPages(app *cli.App) []manPage {
	pages := []manPage{manProgram(app)}
	eachVerb(app.Commands, nil, func(path []string, c *cli.Command) {
		pages = append(pages, manVerb(path, c))
	})
	return append(pages, manConfig())
}

// roff is a page that is put together.
type roff struct{ strings.Builder }

// newRoff begins a page. It has no date, so that it is the same each time.
func newRoff(title string, section int, about string) *roff {
	r := &roff{}
	fmt.Fprintf(r, ".TH %s %d \"\" \"assemble\" \"assemble manual\"\n", roffText(strings.ToUpper(title)), section)
	r.section("NAME")
	fmt.Fprintf(r, "%s \\- %s\n", roffText(title), roffText(about))
	return r
}

func (r *roff) section(title string) {
	fmt.Fprintf(r, ".SH \"%s\"\n", roffText(strings.ToUpper(title)))
}

func (r *roff) paragraph(text string) { fmt.Fprintf(r, ".PP\n%s\n", roffText(text)) }

// tagged writes a term, in bold but for its value, and what it means.
func (r *roff) tagged(term, value, text string) {
	fmt.Fprintf(r, ".TP\n\\fB%s\\fR", roffText(term))
	if value != "" {
		fmt.Fprintf(r, " \\fI%s\\fR", roffText(value))
	}
	fmt.Fprintf(r, "\n%s\n", roffText(text))
}

func (r *roff) code(lines []string) {
	r.WriteString(".PP\n.nf\n.RS\n")
	for _, l := range lines {
		r.WriteString(roffText(l) + "\n")
	}
	r.WriteString(".RE\n.fi\n")
}

// roffText escapes what roff reads as its own: backslashes, hyphens that are to
// be copied as they are, what isn't ASCII, and controls at a line's beginning.
func roffText(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	var b strings.Builder
	for _, r := range s {
		if r < 0x80 {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\[u%04X]`, r)
		}
	}
	s = b.String()
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}

func manProgram(app *cli.App) manPage {
	r := newRoff("assemble", 1, app.Usage)
	r.section("SYNOPSIS")
	r.paragraph(app.UsageText)
	r.section("COMMANDS")
	eachVerb(app.Commands, nil, func(path []string, c *cli.Command) {
		r.tagged("assemble "+strings.Join(path, " "), "", c.Usage)
	})
	r.section("EXAMPLES")
	r.code(firstSteps)
	r.section("SEE ALSO")
	r.paragraph("assemble.yaml(5), " + docsURL)
	return manPage{"assemble", 1, r.String()}
}

func manVerb(path []string, c *cli.Command) manPage {
	name := strings.Join(path, " ")
	page := "assemble-" + strings.Join(path, "-")
	r := newRoff(page, 1, c.Usage)
	r.section("SYNOPSIS")
	r.paragraph(usageLine(c, name))
	if c.Description != "" {
		r.section("DESCRIPTION")
		r.paragraph(strings.Join(strings.Fields(c.Description), " "))
	}
	r.section("EXAMPLES")
	r.code(examples[name])
	for _, g := range groupFlags(c.Flags) {
		r.section(g.title)
		for _, f := range g.flags {
			r.tagged(strings.Join(f.names, ", "), f.value, f.text)
		}
	}
	r.section("EXIT STATUS")
	for _, e := range exitCodes {
		r.tagged(e.code, "", e.means)
	}
	r.section("SEE ALSO")
	r.paragraph("assemble(1), assemble.yaml(5)")
	return manPage{page, 1, r.String()}
}

func manConfig() manPage {
	r := newRoff("assemble.yaml", 5, "what an image is made of, for assemble(1)")
	r.section("DESCRIPTION")
	r.paragraph("Read from the current directory, or from the file that --file names. Each field has a flag that overrides it. " +
		"The whole text is in assemble help config.")
	fields := map[string]config.Field{}
	for _, f := range config.Fields() {
		fields[f.Path] = f
	}
	for _, t := range config.Topics() {
		r.section(t.Title)
		for _, b := range t.Fields {
			f := fields[b.Path]
			text := plainText(f.Doc)
			if f.Default != "" {
				text += " Default: " + f.Default + "."
			}
			r.tagged(f.Path, string(f.Form), text)
			r.code([]string{fieldExample(f)})
		}
	}
	r.section("SEE ALSO")
	r.paragraph("assemble(1), " + docsURL + "configuration.md")
	return manPage{"assemble.yaml", 5, r.String()}
}
