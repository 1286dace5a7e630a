package tools

import (
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
)

// sedMachine runs a sed script over lines.
type sedMachine struct {
	c      *shell.Call
	list   []*sedCommand
	lines  []string
	quiet  bool
	out    strings.Builder
	at     int // lines that were read
	space  string
	hold   string
	after  []string // what a appends
	subst  bool     // something was substituted since the last line, for t
	status int
	quit   bool
}

func (m *sedMachine) run() {
	for _, cmd := range m.list { // GNU's 0,/re/ may end on the first line
		cmd.active = cmd.from != nil && cmd.from.re == nil && cmd.from.line == 0 && cmd.to != nil
	}
	for m.at < len(m.lines) && !m.quit {
		m.space = m.lines[m.at]
		m.at++
		m.subst = false
		for again := true; again; {
			again = m.cycle()
		}
	}
}

func (m *sedMachine) print(text string) {
	m.c.Spend(len(text) + 1)
	m.out.WriteString(text)
	m.out.WriteByte('\n')
}

func (m *sedMachine) endCycle(print bool) {
	if print && !m.quiet {
		m.print(m.space)
	}
	for _, a := range m.after {
		m.print(a)
	}
	m.after = nil
}

// cycle runs the script once; it returns true where D asks for it again.
func (m *sedMachine) cycle() (again bool) {
	for i := 0; i < len(m.list); i++ {
		cmd := m.list[i]
		m.c.Spend(50 + len(m.space))
		if !m.selected(cmd) {
			if cmd.name == '{' {
				i = cmd.end
			}
			continue
		}
		switch cmd.name {
		case 'd':
			m.endCycle(false)
			return false
		case 'D':
			_, rest, more := strings.Cut(m.space, "\n")
			m.endCycle(false)
			m.space = rest
			return more
		case 'c':
			if cmd.to == nil || !cmd.active {
				m.print(cmd.text)
			}
			m.endCycle(false)
			return false
		case 'q', 'Q':
			m.endCycle(cmd.name == 'q')
			m.quit = true
			m.status, _ = strconv.Atoi(cmd.text)
			return false
		case 'n', 'N':
			if m.at == len(m.lines) {
				m.endCycle(true)
				m.quit = true
				return false
			}
			m.next(cmd.name == 'N')
		case 'b', 't', 'T':
			if cmd.name == 'b' || m.subst == (cmd.name == 't') {
				m.subst = false
				i = m.label(cmd.text)
			} else {
				m.subst = false
			}
		default:
			m.edit(cmd)
		}
	}
	m.endCycle(true)
	return false
}

func (m *sedMachine) next(join bool) {
	line := m.lines[m.at]
	m.at++
	if join {
		m.space += "\n" + line
		m.c.Spend(len(m.space))
		return
	}
	m.endCycle(true)
	m.space = line
}

// label returns the place before a label, or the end.
func (m *sedMachine) label(name string) int {
	for i, cmd := range m.list {
		if cmd.name == ':' && cmd.text == name && name != "" {
			return i
		}
	}
	return len(m.list)
}

// maxSpace bounds the pattern and hold spaces.
const maxSpace = 4 << 20

func (m *sedMachine) edit(cmd *sedCommand) {
	switch cmd.name {
	case 's':
		m.substitute(cmd)
	case 'y':
		half := len(cmd.text) / 2
		b := []byte(m.space)
		for i := range b {
			if at := strings.IndexByte(cmd.text[:half], b[i]); at >= 0 {
				b[i] = cmd.text[half+at]
			}
		}
		m.space = string(b)
	case 'p':
		m.print(m.space)
	case 'P':
		line, _, _ := strings.Cut(m.space, "\n")
		m.print(line)
	case '=':
		m.print(strconv.Itoa(m.at))
	case 'i':
		m.print(cmd.text)
	case 'a':
		m.after = append(m.after, cmd.text)
	case 'h':
		m.hold = m.space
	case 'H':
		m.hold += "\n" + m.space
	case 'g':
		m.space = m.hold
	case 'G':
		m.space += "\n" + m.hold
	case 'x':
		m.space, m.hold = m.hold, m.space
	}
	if len(m.space) > maxSpace || len(m.hold) > maxSpace {
		m.c.Spend(1 << 62)
	}
}

// selected reports whether a command's addresses name the line.
func (m *sedMachine) selected(cmd *sedCommand) bool {
	return m.addressed(cmd) != cmd.negated
}

func (m *sedMachine) addressed(cmd *sedCommand) bool {
	switch {
	case cmd.from == nil:
		return true
	case cmd.to == nil:
		return m.matches(cmd.from)
	case cmd.active:
		if cmd.to.re == nil && cmd.to.line > 0 && m.at >= cmd.to.line || (cmd.to.re != nil || cmd.to.line < 0) && m.matches(cmd.to) {
			cmd.active = false
		}
		return true
	case m.matches(cmd.from):
		cmd.active = cmd.to.re != nil || cmd.to.line < 0 && m.at < len(m.lines) || cmd.to.line > m.at
		return true
	}
	return false
}

func (m *sedMachine) matches(a *sedAddress) bool {
	switch {
	case a.re != nil:
		return a.re.MatchString(m.space)
	case a.line < 0:
		return m.at == len(m.lines)
	}
	return m.at == a.line
}

func (m *sedMachine) substitute(cmd *sedCommand) {
	limit := 1
	if cmd.global || cmd.nth > 0 {
		limit = -1
	}
	var b strings.Builder
	last, n, done := 0, 0, false
	for _, at := range cmd.re.FindAllStringSubmatchIndex(m.space, limit) {
		n++
		if n < cmd.nth || cmd.nth > 0 && n > cmd.nth && !cmd.global {
			continue
		}
		b.WriteString(m.space[last:at[0]])
		m.replacement(&b, cmd.text, at)
		m.c.Spend(b.Len()/8 + 10)
		last, done = at[1], true
	}
	if !done {
		return
	}
	b.WriteString(m.space[last:])
	m.space, m.subst = b.String(), true
	if cmd.print {
		m.print(m.space)
	}
}

// replacement writes what a match is replaced with: & and \1 stand for parts.
func (m *sedMachine) replacement(b *strings.Builder, text string, at []int) {
	group := func(n int) {
		if 2*n+1 < len(at) && at[2*n] >= 0 {
			b.WriteString(m.space[at[2*n]:at[2*n+1]])
		}
	}
	for i := 0; i < len(text); i++ {
		switch ch := text[i]; {
		case ch == '&':
			group(0)
		case ch == '\\' && i+1 < len(text):
			i++
			switch ch := text[i]; {
			case ch >= '0' && ch <= '9':
				group(int(ch - '0'))
			case ch == 'n':
				b.WriteByte('\n')
			case ch == 't':
				b.WriteByte('\t')
			default:
				b.WriteByte(ch)
			}
		default:
			b.WriteByte(ch)
		}
	}
	if b.Len() > maxSpace {
		m.c.Spend(1 << 62)
	}
}
