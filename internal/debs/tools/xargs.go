package tools

import (
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
)

// xargs runs a command with arguments from its input.
func xargs(c *shell.Call) int {
	c.Args = splitOptions(c.Args, "nIdLPsEa")
	o, good := parse(c, "0rtn:I:d:L:P:s:E:xp", map[string]byte{"null": '0', "no-run-if-empty": 'r', "max-args": 'n', "delimiter": 'd', "replace": 'I', "max-procs": 'P'})
	if !good {
		return 1
	}
	data, err := c.ReadAll(c.Stdin)
	if err != nil {
		return c.Fail("%v", err)
	}
	var words []string
	switch {
	case o.has('0'):
		words = strings.Split(strings.TrimSuffix(string(data), "\x00"), "\x00")
	case o.has('d'):
		d := strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\0`, "\x00").Replace(o.values['d'])
		words = strings.Split(strings.TrimSuffix(string(data), d), d)
	case o.has('I'):
		words = lines(data)
	default:
		words = quotedWords(string(data))
	}
	if len(data) == 0 {
		words = nil
	}
	command := o.rest
	if len(command) == 0 {
		command = []string{"echo"}
	}
	if len(words) == 0 {
		if o.has('r') || o.has('I') {
			return 0
		}
		return c.Run(command...)
	}
	n := len(words)
	if k, err := strconv.Atoi(o.values['n'] + o.values['L']); err == nil && k > 0 {
		n = k
	}
	if o.has('I') {
		n = 1
	}
	status := 0
	c.Stdin = strings.NewReader("")
	for len(words) > 0 {
		part := words[:min(n, len(words))]
		words = words[len(part):]
		args := append(append([]string(nil), command...), part...)
		if o.has('I') {
			args = nil
			for _, a := range command {
				args = append(args, strings.ReplaceAll(a, o.values['I'], part[0]))
			}
		}
		c.Spend(100 + 10*len(args))
		if s := c.Run(args...); s != 0 {
			status = 123
			if s == 127 {
				return 127
			}
		}
	}
	return status
}

// splitOptions puts "--" before the command of a program that runs another
// one, whose options are not its own. takes are the options with a value.
func splitOptions(args []string, takes string) []string {
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--":
			return args
		case len(a) == 2 && a[0] == '-' && strings.IndexByte(takes, a[1]) >= 0:
			i++
		case strings.HasPrefix(a, "-"):
		default:
			return append(append(append([]string(nil), args[:i]...), "--"), args[i:]...)
		}
	}
	return args
}

// quotedWords splits text at blanks, with quotes and backslashes, as xargs.
func quotedWords(text string) []string {
	var out []string
	var cur strings.Builder
	open, quote := false, byte(0)
	for i := 0; i < len(text); i++ {
		ch := text[i]
		switch {
		case quote != 0 && ch == quote:
			quote = 0
		case quote != 0:
			cur.WriteByte(ch)
		case ch == '"' || ch == '\'':
			quote, open = ch, true
		case ch == '\\' && i+1 < len(text):
			i++
			cur.WriteByte(text[i])
			open = true
		case strings.IndexByte(" \t\n", ch) >= 0:
			if open {
				out = append(out, cur.String())
				cur.Reset()
			}
			open = false
		default:
			cur.WriteByte(ch)
			open = true
		}
	}
	if open {
		out = append(out, cur.String())
	}
	return out
}
