package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// read is the command that reads a line into variables.
func (s *state) read(args []string) {
	raw := false
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		raw = raw || strings.Contains(args[0], "r")
		if strings.Contains(args[0], "p") && len(args) > 1 {
			args = args[1:]
		}
		args = args[1:]
	}
	if len(args) == 0 {
		args = []string{"REPLY"}
	}
	line, ended := s.readLine(raw)
	s.readInto(args, line)
	s.status = truth(ended)
}

// readInto splits a line into as many fields as there are variables; the last
// one takes the rest.
func (s *state) readInto(names []string, line string) {
	ifs, set := s.get("IFS")
	if !set {
		ifs = " \t\n"
	}
	blanks := blanksOf(ifs)
	line = strings.TrimLeft(line, blanks)
	for i, name := range names {
		if !syntax.ValidName(name) {
			s.complain("read: %s: bad variable name", name)
			s.flow, s.status = exiting, 2
			return
		}
		if i == len(names)-1 {
			s.set(name, strings.TrimRight(line, blanks))
			return
		}
		field := line
		if at := strings.IndexAny(line, ifs); at >= 0 && ifs != "" {
			field = line[:at]
			line = strings.TrimLeft(line[at:], blanks)
			if line != "" && strings.IndexByte(ifs, line[0]) >= 0 {
				line = strings.TrimLeft(line[1:], blanks)
			}
		} else {
			line = ""
		}
		s.set(name, field)
	}
}

// readLine reads to the end of a line; it reports false at the end of input.
func (s *state) readLine(raw bool) (line string, ended bool) {
	var text []byte
	in, one := s.fd(0).r, make([]byte, 1)
	defer func() { s.hold(-len(text)) }()
	for {
		n, err := in.Read(one)
		s.spend(1)
		switch {
		case n == 0 && err != nil:
			return string(text), false
		case n == 0:
			continue
		case one[0] == '\n':
			return string(text), true
		case one[0] == '\\' && !raw:
			if n, _ := in.Read(one); n == 0 || one[0] == '\n' {
				continue
			}
		}
		s.hold(1)
		text = append(text, one[0])
	}
}
