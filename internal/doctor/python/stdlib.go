package python

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

//go:embed stdlib.txt
var stdlibText string

// span is the minor versions that have a module; 0 leaves an end open.
type span struct{ from, to int }

var stdlib = sync.OnceValue(func() map[string]span {
	out := map[string]span{}
	for line := range strings.Lines(stdlibText) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		s := span{}
		if len(fields) == 2 {
			from, to, _ := strings.Cut(fields[1], "-")
			s.from, _ = strconv.Atoi(from) // empty is 0
			s.to, _ = strconv.Atoi(to)
		}
		out[fields[0]] = s
	}
	return out
})

// InStdlib reports whether the standard library of Python 3.MINOR has a module, by
// its first name.
func InStdlib(name string, minor int) bool {
	s, ok := stdlib()[name]
	return ok && minor >= s.from && (s.to == 0 || minor <= s.to)
}

// Left returns the last minor version whose standard library had a module that
// this one's lacks, 0 where there is none.
func Left(name string, minor int) int {
	if s, ok := stdlib()[name]; ok && s.to != 0 && minor > s.to {
		return s.to
	}
	return 0
}
