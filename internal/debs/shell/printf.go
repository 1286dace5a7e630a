package shell

import (
	"fmt"
	"strconv"
	"strings"
)

// echo prints its arguments; dash's reads escapes in them.
func (s *state) echo(args []string) {
	newline, escapes := true, !s.bash
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' && strings.Trim(args[0][1:], "neE") == "" {
		if !s.bash && args[0] != "-n" {
			break
		}
		newline = newline && !strings.Contains(args[0], "n")
		escapes = escapes || strings.Contains(args[0], "e")
		args = args[1:]
	}
	text := strings.Join(args, " ")
	if escapes {
		if i := strings.Index(text, `\c`); i >= 0 {
			text, newline = text[:i], false
		}
		text = unescape(text, true)
	}
	if newline {
		text += "\n"
	}
	s.puts(text)
}

// unescape reads the escapes of echo, of printf's format and of $'…'; an octal
// number begins with a zero in echo's.
func unescape(text string, zero bool) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		i++
		if at := strings.IndexByte("abfnrtve", text[i]); at >= 0 {
			b.WriteByte("\a\b\f\n\r\t\v\x1b"[at])
			continue
		}
		switch c := text[i]; {
		case c == '\\', !zero && (c == '\'' || c == '"'):
			b.WriteByte(c)
		case c == 'x' && !zero:
			n := digits(text[i+1:], 2, "0123456789abcdefABCDEF")
			v, _ := strconv.ParseUint(text[i+1:i+1+n], 16, 8)
			b.WriteByte(byte(v))
			i += n
		case c >= '0' && c <= '7' && (!zero || c == '0'):
			if zero {
				i++
			}
			n := digits(text[i:], 3, "01234567")
			v, _ := strconv.ParseUint("0"+text[i:i+n], 8, 16)
			b.WriteByte(byte(v))
			i += n - 1
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
		}
	}
	return b.String()
}

func digits(text string, most int, of string) int {
	n := 0
	for n < len(text) && n < most && strings.IndexByte(of, text[n]) >= 0 {
		n++
	}
	return n
}

// printf is POSIX's printf.
func (s *state) printf(args []string) {
	into := ""
	if s.bash && len(args) > 1 && args[0] == "-v" {
		into, args = args[1], args[2:]
	}
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		s.status = 2
		return
	}
	format, rest := args[0], args[1:]
	out := &capture{m: s.meter}
	held := s.memory
	for {
		n := s.format(out, format, rest)
		if n == 0 || n >= len(rest) {
			break
		}
		rest = rest[n:]
	}
	text := out.buf.String()
	s.memory = held
	s.status = 0
	if into != "" {
		s.set(into, text)
		return
	}
	s.puts(text)
}

// maxWidth bounds the width and precision of a conversion.
const maxWidth = 4096

// format writes a format once, and returns how many arguments it took.
func (s *state) format(out *capture, format string, args []string) (used int) {
	next := func() string {
		if used++; used <= len(args) {
			return args[used-1]
		}
		return ""
	}
	for format != "" {
		i := strings.IndexByte(format, '%')
		if i < 0 {
			_, _ = out.Write([]byte(unescape(format, false)))
			return used
		}
		_, _ = out.Write([]byte(unescape(format[:i], false)))
		format = format[i+1:]
		if strings.HasPrefix(format, "%") {
			_, _ = out.Write([]byte("%"))
			format = format[1:]
			continue
		}
		n := digits(format, 32, "-+ #0123456789.*")
		if n == len(format) {
			return used
		}
		spec, verb := format[:n], format[n]
		format = format[n+1:]
		for strings.Contains(spec, "*") {
			spec = strings.Replace(spec, "*", strconv.FormatInt(number(next()), 10), 1)
		}
		_, _ = out.Write([]byte(s.convert(spec, verb, next)))
	}
	return used
}

func (s *state) convert(spec string, verb byte, next func() string) string {
	for f := range strings.SplitSeq(strings.Trim(spec, "-+ #"), ".") {
		if n, _ := strconv.Atoi(f); n > maxWidth {
			s.hold(n)
			s.hold(-n)
			spec = strconv.Itoa(maxWidth)
		}
	}
	if strings.IndexByte("sbc", verb) >= 0 {
		spec = strings.TrimLeft(spec, "0")
	}
	switch verb {
	case 's':
		return fmt.Sprintf("%"+spec+"s", next())
	case 'b':
		return fmt.Sprintf("%"+spec+"s", unescape(next(), true))
	case 'q':
		return "'" + strings.ReplaceAll(next(), "'", `'\''`) + "'"
	case 'c':
		text := next()
		return fmt.Sprintf("%"+spec+"s", text[:min(1, len(text))])
	case 'd', 'i':
		return fmt.Sprintf("%"+spec+"d", number(next()))
	case 'u':
		return fmt.Sprintf("%"+spec+"d", uint64(number(next())))
	case 'o', 'x', 'X':
		return fmt.Sprintf("%"+spec+string(verb), number(next()))
	}
	unsupported("the conversion %" + string(verb) + " of printf")
	return ""
}

func number(text string) int64 {
	if len(text) > 1 && (text[0] == '\'' || text[0] == '"') {
		return int64(text[1])
	}
	n, err := strconv.ParseInt(text, 0, 64)
	if err != nil {
		n, _ = strconv.ParseInt(text, 10, 64)
	}
	return n
}
