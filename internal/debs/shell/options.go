package shell

import (
	"sort"
	"strings"
)

func (s *state) shift(args []string) {
	n := 1
	if len(args) > 0 {
		n = statusOf(args[0])
	}
	if n > len(s.params) {
		s.complain("shift: can't shift that many")
		s.status = 2
		if !s.bash {
			s.flow = exiting
		}
		return
	}
	s.params, s.status = s.params[n:], 0
}

func (s *state) setCmd(args []string) {
	s.status = 0
	if len(args) == 0 {
		names := make([]string, 0, len(s.vars))
		for name := range s.vars {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			s.puts(name + "='" + strings.ReplaceAll(s.vars[name].value, "'", `'\''`) + "'\n")
		}
		return
	}
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case a == "--" || a == "-":
			s.setParams(args[i+1:])
			return
		case (a == "-o" || a == "+o") && i+1 < len(args):
			s.setOption(args[i+1], a[0] == '-')
			i++
		case a != "" && (a[0] == '-' || a[0] == '+'):
			s.setFlags(a)
		default:
			s.setParams(args[i:])
			return
		}
	}
}

// setParams sets $1 and on. Their memory counts until the shell ends.
func (s *state) setParams(list []string) {
	s.hold(size(list) - size(s.params))
	s.params = append([]string(nil), list...)
}

func (s *state) setFlags(word string) {
	on := strings.HasPrefix(word, "-")
	for _, c := range strings.TrimLeft(word, "-+") {
		switch c {
		case 'e':
			s.errexit = on
		case 'u':
			s.nounset = on
		case 'f':
			s.noglob = on
		}
	}
}

func (s *state) setOption(name string, on bool) {
	switch name {
	case "errexit":
		s.errexit = on
	case "nounset":
		s.nounset = on
	case "noglob":
		s.noglob = on
	case "pipefail":
		s.pipefail = on
	}
}
