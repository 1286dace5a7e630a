package unpack

import (
	"fmt"
	"strings"
)

// Diversion says that a path of other packages goes elsewhere (dpkg-divert(1)).
type Diversion struct {
	From, To string // relative to the root
	// By is the package whose own path stays; ":" if it is the administrator,
	// and all packages are diverted.
	By string
}

// ParseDiversions reads the base's /var/lib/dpkg/diversions: three lines for
// each.
func ParseDiversions(text []byte) ([]Diversion, error) {
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(text) == 0 {
		return nil, nil
	}
	if len(lines)%3 != 0 {
		return nil, fmt.Errorf("reading diversions: line %d is not the third of three", len(lines))
	}
	var list []Diversion
	for i := 0; i < len(lines); i += 3 {
		from, ok1 := strings.CutPrefix(lines[i], "/")
		to, ok2 := strings.CutPrefix(lines[i+1], "/")
		if !ok1 || !ok2 || from == "" || to == "" || lines[i+2] == "" {
			return nil, fmt.Errorf("reading diversions: line %d begins none", i+1)
		}
		list = append(list, Diversion{From: from, To: to, By: lines[i+2]})
	}
	return list, nil
}
