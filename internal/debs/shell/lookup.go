package shell

import "strings"

func (s *state) commandCmd(args []string) {
	show := false
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		show = show || strings.ContainsAny(args[0], "vV")
		args = args[1:]
	}
	if len(args) == 0 {
		s.status = 0
		return
	}
	if !show {
		if b, ok := builtins[args[0]]; ok {
			b(s, args[1:])
			return
		}
		s.start(args)
		return
	}
	s.status = 0
	for _, a := range args {
		if where := s.whereIs(a); where != "" {
			s.puts(where + "\n")
		} else {
			s.status = 127
		}
	}
}

// whereIs says what a name stands for, as command -v does.
func (s *state) whereIs(name string) string {
	if s.funcs[name] != nil || builtins[name] != nil {
		return name
	}
	if p := s.which(name); p != "" {
		return p
	}
	if s.Commands[name] != nil {
		return "/usr/bin/" + name
	}
	return ""
}

func (s *state) typeCmd(args []string) {
	s.status = 0
	for _, a := range args {
		if strings.HasPrefix(a, "-") {
			continue
		}
		where := s.whereIs(a)
		switch {
		case where == "":
			s.puts(a + ": not found\n")
			s.status = 127
			return
		case s.funcs[a] != nil:
			s.puts(a + " is a shell function\n")
		case where == a:
			s.puts(a + " is a shell builtin\n")
		default:
			s.puts(a + " is " + where + "\n")
		}
	}
}
