package shell

import (
	"strconv"
	"strings"
)

// getopts takes the next option of the parameters (POSIX, getopts).
func (s *state) getopts(args []string) {
	if len(args) < 2 {
		s.status = 2
		return
	}
	optstring, name := args[0], args[1]
	list := s.params
	if len(args) > 2 {
		list = args[2:]
	}
	value, _ := s.get("OPTIND")
	ind, _ := strconv.Atoi(value)
	ind = max(1, ind)
	within := s.optind // place in a word of several options
	if ind > len(list) || within == 0 && (len(list[ind-1]) < 2 || list[ind-1][0] != '-') {
		s.set(name, "?")
		s.status = 1
		return
	}
	word := list[ind-1]
	if word == "--" {
		s.setOptind(ind+1, 0)
		s.set(name, "?")
		s.status = 1
		return
	}
	within = max(1, within)
	c := word[within]
	within++
	at := strings.IndexByte(strings.TrimPrefix(optstring, ":"), c)
	takes := at >= 0 && strings.HasPrefix(strings.TrimPrefix(optstring, ":")[at+1:], ":")
	s.status = 0
	s.unset("OPTARG")
	switch {
	case at < 0 || c == ':':
		s.set(name, "?")
		s.set("OPTARG", string(c))
	case takes && within < len(word):
		s.set(name, string(c))
		s.set("OPTARG", word[within:])
		within = len(word)
	case takes && ind < len(list):
		s.set(name, string(c))
		s.set("OPTARG", list[ind])
		ind++
		within = len(word)
	case takes:
		s.set(name, ":")
	default:
		s.set(name, string(c))
	}
	if within >= len(word) {
		ind, within = ind+1, 0
	}
	s.setOptind(ind, within)
}

func (s *state) setOptind(ind, within int) {
	s.set("OPTIND", strconv.Itoa(ind))
	s.optind = within
}
