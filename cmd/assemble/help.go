package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

// helpRequest is what a command line asks help on.
type helpRequest struct {
	// verb is the command's path, "wheel", "check".
	verb []string
	// topic is what follows `assemble help`.
	topic []string
}

// asksForHelp finds out whether args, the command line without the program's
// name, ask for help: `assemble`, `assemble help TOPIC`, `assemble --help VERB`,
// `assemble VERB --help` with whatever else, and `assemble VERB help` with
// nothing else.
func asksForHelp(app *cli.App, args []string) (helpRequest, bool) {
	if len(args) == 0 {
		return helpRequest{}, true
	}
	if isHelpFlag(args[0]) {
		return helpRequest{verb: args[1:]}, true
	}
	if args[0] == "help" {
		return helpRequest{topic: slices.DeleteFunc(slices.Clone(args[1:]), isHelpFlag)}, true
	}
	at := position{flags: app.Flags, commands: app.Commands}
	for i, word := range args {
		if word == "help" && i > 0 && i == len(at.path) && len(at.commands) > 0 { // `assemble wheel help check`
			return helpRequest{verb: slices.Concat(at.path, args[i+1:])}, true
		}
		if !at.onlyArgs && at.pending == "" && isHelpFlag(word) {
			return helpRequest{verb: at.path}, len(at.path) > 0
		}
		at.pass(word)
	}
	last := len(args) - 1
	return helpRequest{verb: at.path}, args[last] == "help" && len(at.path) > 0 && len(at.path) == last
}

func isHelpFlag(word string) bool {
	return word == "-h" || word == "--help" || word == "-help"
}

// showHelp answers a request for help on standard output.
func showHelp(env *environment, app *cli.App, req helpRequest) error {
	page := &helpPage{width: textWidth(env.stdout)}
	switch {
	case len(req.verb) > 0:
		c := findPath(app.Commands, req.verb)
		if c == nil {
			return noTopic(app, strings.Join(req.verb, " "))
		}
		page.verb(c, req.verb)
	case len(req.topic) > 0:
		if err := page.topic(app, req.topic); err != nil {
			return err
		}
	default:
		page.overview(app)
	}
	if _, err := io.WriteString(env.stdout, page.text.String()); err != nil {
		return fmt.Errorf("writing the help: %w", err)
	}
	return nil
}

// findPath returns the command that path leads to, nil if there is none.
func findPath(commands []*cli.Command, path []string) *cli.Command {
	var c *cli.Command
	for _, name := range path {
		if c = find(commands, name); c == nil {
			return nil
		}
		commands = c.Subcommands
	}
	return c
}

// The widths of help, in characters. Lines of text that are longer than a
// hundred are hard to read.
const (
	usualWidth = 80
	leastWidth = 40
	mostWidth  = 100
)

// textWidth is how wide text to w may be.
func textWidth(w io.Writer) int {
	if f, ok := rawFile(w); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return max(leastWidth, min(width, mostWidth))
		}
	}
	return usualWidth
}

// helpPage is a text that is put together, width characters wide.
type helpPage struct {
	text   strings.Builder
	width  int
	inList bool // the last thing written by markdown was an item of a list
}

func (p *helpPage) line(format string, args ...any) {
	fmt.Fprintf(&p.text, format+"\n", args...)
}

// paragraph writes text, wrapped, each line behind indent.
func (p *helpPage) paragraph(indent, text string) {
	for _, line := range wrap(text, p.width-len(indent)) {
		p.line("%s%s", indent, line)
	}
}

// row is one line of two columns.
type row struct{ left, right string }

// rows writes two columns, the right one wrapped where it must be, and below
// the left one where that is too wide.
func (p *helpPage) rows(rows []row) {
	const indent, gap = 2, 2
	left := 0
	for _, r := range rows {
		if n := runes(r.left); n > left && n <= p.width/2 {
			left = n
		}
	}
	for _, r := range rows {
		at := indent + left + gap
		lines := wrap(r.right, max(p.width-at, 1))
		if runes(r.left) > left {
			p.line("  %s", r.left)
		} else if len(lines) > 0 {
			p.line("  %-*s  %s", left, r.left, lines[0])
			lines = lines[1:]
		} else {
			p.line("  %s", r.left)
		}
		for _, line := range lines {
			p.line("%s%s", strings.Repeat(" ", at), line)
		}
	}
}

func runes(s string) int { return len([]rune(s)) }

// wrap breaks text at spaces into lines of at most width characters. A word
// that is longer has a line of its own.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case runes(line)+1+runes(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
