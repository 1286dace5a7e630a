package tools

import (
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
)

// getopt prints a script's options in their normal form (util-linux, getopt).
func getopt(c *shell.Call) int {
	g := getoptRun{c: c, name: "getopt"}
	args := c.Args
	for len(args) > 0 {
		a := args[0]
		value := func() string {
			if len(args) < 2 {
				return ""
			}
			args = args[1:]
			return args[0]
		}
		switch {
		case a == "-T" || a == "--test":
			return 4
		case a == "-u" || a == "--unquoted":
			g.bare = true
		case a == "-q" || a == "--quiet" || a == "-Q" || a == "--quiet-output" || a == "-a" || a == "--alternative":
		case a == "-o" || a == "--options":
			g.short = value()
		case strings.HasPrefix(a, "--options="):
			g.short = a[len("--options="):]
		case a == "-l" || a == "--long" || a == "--longoptions":
			g.long = append(g.long, strings.FieldsFunc(value(), separates)...)
		case strings.HasPrefix(a, "--long"):
			_, list, _ := strings.Cut(a, "=")
			g.long = append(g.long, strings.FieldsFunc(list, separates)...)
		case a == "-n" || a == "--name":
			g.name = value()
		case strings.HasPrefix(a, "--name="):
			g.name = a[len("--name="):]
		case a == "-s" || a == "--shell":
			value()
		case a == "--":
			return g.run(args[1:])
		case strings.HasPrefix(a, "-o"):
			g.short = a[2:]
		case strings.HasPrefix(a, "-l"):
			g.long = append(g.long, strings.FieldsFunc(a[2:], separates)...)
		case strings.HasPrefix(a, "-"):
			return c.Fail("unrecognized option '%s'", a)
		default: // the old form: getopt OPTIONS WORDS
			g.short, g.bare = a, true
			return g.run(args[1:])
		}
		args = args[1:]
	}
	return g.run(nil)
}

func separates(r rune) bool { return strings.ContainsRune(", \t\n", r) }

type getoptRun struct {
	c      *shell.Call
	name   string
	short  string
	long   []string
	bare   bool
	out    strings.Builder
	status int
}

func (g *getoptRun) quote(word string) string {
	if g.bare {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func (g *getoptRun) fail(what string) {
	g.c.Name = g.name
	g.status = g.c.Fail("%s", what)
}

func (g *getoptRun) run(args []string) int {
	stop := strings.HasPrefix(g.short, "+")
	g.short = strings.TrimLeft(g.short, "+-")
	var rest []string
	for len(args) > 0 {
		g.c.Spend(20)
		a := args[0]
		args = args[1:]
		if a == "--" {
			rest = append(rest, args...)
			break
		}
		switch {
		case strings.HasPrefix(a, "--"):
			args = g.longOption(a[2:], args)
		case len(a) > 1 && a[0] == '-':
			args = g.shortOptions(a[1:], args)
		case stop:
			rest = append(append(rest, a), args...)
			args = nil
		default:
			rest = append(rest, a)
		}
	}
	g.out.WriteString(" --")
	for _, r := range rest {
		g.out.WriteString(" " + g.quote(r))
	}
	puts(g.c, g.out.String()+"\n")
	return g.status
}

func (g *getoptRun) longOption(text string, args []string) []string {
	name, value, given := strings.Cut(text, "=")
	var found []string
	for _, l := range g.long {
		if bare := strings.TrimRight(l, ":"); bare == name {
			found = []string{l}
			break
		} else if strings.HasPrefix(bare, name) {
			found = append(found, l)
		}
	}
	if len(found) != 1 {
		g.fail("unrecognized option '--" + name + "'")
		return args
	}
	bare := strings.TrimRight(found[0], ":")
	colons := len(found[0]) - len(bare)
	switch {
	case colons == 0 && given:
		g.fail("option '--" + bare + "' doesn't allow an argument")
		return args
	case colons == 1 && !given && len(args) == 0:
		g.fail("option '--" + bare + "' requires an argument")
		return args
	case colons == 1 && !given:
		value, args = args[0], args[1:]
	}
	g.out.WriteString(" --" + bare)
	if colons > 0 {
		g.out.WriteString(" " + g.quote(value))
	}
	return args
}

func (g *getoptRun) shortOptions(letters string, args []string) []string {
	for i := 0; i < len(letters); i++ {
		at := strings.IndexByte(g.short, letters[i])
		if at < 0 || letters[i] == ':' {
			g.fail("invalid option -- '" + letters[i:i+1] + "'")
			continue
		}
		g.out.WriteString(" -" + letters[i:i+1])
		if !strings.HasPrefix(g.short[at+1:], ":") {
			continue
		}
		value := letters[i+1:]
		if value == "" && !strings.HasPrefix(g.short[at+1:], "::") {
			if len(args) == 0 {
				g.fail("option requires an argument -- '" + letters[i:i+1] + "'")
				return args
			}
			value, args = args[0], args[1:]
		}
		g.out.WriteString(" " + g.quote(value))
		return args
	}
	return args
}
