package tools

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
)

type sedParser struct {
	c        *shell.Call
	text     string
	extended bool
	list     []*sedCommand
	last     *regexp.Regexp
}

const maxSed = 500 // commands

func (p *sedParser) parse() error {
	var open []int
	for {
		p.text = strings.TrimLeft(p.text, " \t\n;")
		if p.text == "" {
			break
		}
		if p.text[0] == '#' {
			_, p.text, _ = strings.Cut(p.text, "\n")
			continue
		}
		if len(p.list) > maxSed {
			return errors.New("too many commands")
		}
		cmd := &sedCommand{}
		if err := p.addresses(cmd); err != nil {
			return err
		}
		if p.text == "" {
			return errors.New("missing command")
		}
		cmd.name, p.text = p.text[0], p.text[1:]
		p.list = append(p.list, cmd)
		switch cmd.name {
		case '{':
			open = append(open, len(p.list)-1)
		case '}':
			if len(open) == 0 {
				return errors.New("unexpected `}'")
			}
			p.list[open[len(open)-1]].end = len(p.list) - 1
			open = open[:len(open)-1]
		default:
			if err := p.command(cmd); err != nil {
				return err
			}
		}
	}
	if len(open) > 0 {
		return errors.New("unmatched `{'")
	}
	return nil
}

func (p *sedParser) addresses(cmd *sedCommand) (err error) {
	if cmd.from, err = p.address(); err != nil || cmd.from == nil {
		p.negation(cmd)
		return err
	}
	p.text = strings.TrimLeft(p.text, " \t")
	if strings.HasPrefix(p.text, ",") {
		p.text = strings.TrimLeft(p.text[1:], " \t")
		if cmd.to, err = p.address(); err != nil {
			return err
		}
		if cmd.to == nil {
			return errors.New("unexpected `,'")
		}
	}
	p.negation(cmd)
	return nil
}

func (p *sedParser) negation(cmd *sedCommand) {
	p.text = strings.TrimLeft(p.text, " \t")
	for strings.HasPrefix(p.text, "!") {
		cmd.negated = true
		p.text = strings.TrimLeft(p.text[1:], " \t")
	}
}

func (p *sedParser) address() (*sedAddress, error) {
	switch {
	case p.text == "":
		return nil, nil //nolint:nilnil // no address
	case p.text[0] == '$':
		p.text = p.text[1:]
		return &sedAddress{line: -1}, nil
	case p.text[0] >= '0' && p.text[0] <= '9':
		d := digitsOf(p.text)
		p.text = p.text[len(d):]
		n, err := strconv.Atoi(d)
		return &sedAddress{line: n}, err
	case p.text[0] == '/' || p.text[0] == '\\' && len(p.text) > 1:
		delim := p.text[0]
		p.text = p.text[1:]
		if delim == '\\' {
			delim, p.text = p.text[0], p.text[1:]
		}
		pattern, err := p.until(delim, true)
		if err != nil {
			return nil, err
		}
		fold := strings.HasPrefix(p.text, "I")
		p.text = strings.TrimPrefix(p.text, "I")
		re, err := p.regexp(pattern, fold)
		return &sedAddress{re: re}, err
	}
	return nil, nil //nolint:nilnil // no address
}

func (p *sedParser) regexp(pattern string, fold bool) (*regexp.Regexp, error) {
	if pattern == "" {
		if p.last == nil {
			return nil, errors.New("no previous regular expression")
		}
		return p.last, nil
	}
	re, err := compile(p.c, pattern, p.extended, fold)
	p.last = re
	return re, err
}

// until takes text to an unescaped delimiter; in a pattern, not within
// brackets.
func (p *sedParser) until(delim byte, pattern bool) (string, error) {
	var b strings.Builder
	in := false
	for i := 0; i < len(p.text); i++ {
		ch := p.text[i]
		switch {
		case ch == '\\' && i+1 < len(p.text) && !in:
			i++
			if p.text[i] != delim || delim == '&' {
				b.WriteByte('\\')
			}
			b.WriteByte(p.text[i])
			continue
		case pattern && ch == '[' && !in:
			in = true
			b.WriteByte(ch)
			for _, lit := range []string{"^", "]"} {
				if strings.HasPrefix(p.text[i+1:], lit) {
					b.WriteString(lit)
					i++
				}
			}
			continue
		case ch == ']':
			in = false
		case ch == delim && !in:
			p.text = p.text[i+1:]
			return b.String(), nil
		}
		b.WriteByte(ch)
	}
	return "", errors.New("unterminated expression")
}

func (p *sedParser) command(cmd *sedCommand) error {
	switch cmd.name {
	case 's':
		return p.substitution(cmd)
	case 'y':
		return p.transliteration(cmd)
	case 'a', 'i', 'c':
		p.text = strings.TrimLeft(p.text, " \t")
		p.text = strings.TrimPrefix(p.text, "\\")
		p.text = strings.TrimPrefix(strings.TrimLeft(p.text, " \t"), "\n")
		var b strings.Builder
		for i := 0; i < len(p.text) && p.text[i] != '\n'; i++ {
			if p.text[i] == '\\' && i+1 < len(p.text) {
				i++
			}
			b.WriteByte(p.text[i])
			if p.text[i] == '\n' {
				continue
			}
		}
		rest := p.text
		for n := 0; n < len(rest); n++ {
			if rest[n] == '\\' {
				n++
				continue
			}
			if rest[n] == '\n' {
				p.text = rest[n:]
				cmd.text = b.String()
				return nil
			}
		}
		p.text, cmd.text = "", b.String()
		return nil
	case 'b', 't', ':', 'T':
		p.text = strings.TrimLeft(p.text, " \t")
		end := strings.IndexAny(p.text, ";\n}")
		if end < 0 || cmd.name == ':' && p.text[end] == '}' {
			end = len(p.text)
		}
		cmd.text, p.text = strings.TrimSpace(p.text[:end]), p.text[end:]
		return nil
	case 'q', 'Q':
		p.text = strings.TrimLeft(p.text, " \t")
		d := digitsOf(p.text)
		cmd.text, p.text = d, p.text[len(d):]
		return nil
	case 'd', 'p', 'P', 'D', 'n', 'N', 'h', 'H', 'g', 'G', 'x', '=':
		return nil
	}
	return errors.New("the command `" + string(cmd.name) + "' is not interpreted")
}

func (p *sedParser) substitution(cmd *sedCommand) error {
	if p.text == "" {
		return errors.New("unterminated `s' command")
	}
	delim := p.text[0]
	p.text = p.text[1:]
	pattern, err := p.until(delim, true)
	if err != nil {
		return err
	}
	if cmd.text, err = p.until(delim, false); err != nil {
		return err
	}
	fold := false
	for p.text != "" {
		switch ch := p.text[0]; {
		case ch == 'g':
			cmd.global = true
		case ch == 'p':
			cmd.print = true
		case ch == 'i' || ch == 'I':
			fold = true
		case ch >= '1' && ch <= '9':
			cmd.nth = int(ch - '0')
		case strings.IndexByte(" \t\n;}", ch) >= 0:
			cmd.re, err = p.regexp(pattern, fold)
			return err
		default:
			return errors.New("unknown option to `s'")
		}
		p.text = p.text[1:]
	}
	cmd.re, err = p.regexp(pattern, fold)
	return err
}

func (p *sedParser) transliteration(cmd *sedCommand) error {
	if p.text == "" {
		return errors.New("unterminated `y' command")
	}
	delim := p.text[0]
	p.text = p.text[1:]
	from, err := p.until(delim, false)
	if err != nil {
		return err
	}
	to, err := p.until(delim, false)
	if err != nil || len(from) != len(to) {
		return errors.New("strings for `y' command are different lengths")
	}
	cmd.text = from + to
	return nil
}
