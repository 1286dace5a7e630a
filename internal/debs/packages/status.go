package packages

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/control"
)

// ReadStatus returns the packages that dpkg's status says are there, for that
// architecture and for all, in the file's order. Those of which only
// configuration is left are left out. Packages of other architectures are
// returned apart, by their name and architecture ("libc6:i386").
func ReadStatus(in io.Reader, arch string) (installed []Package, foreign []string, err error) {
	r := control.NewReader(in, control.Options{})
	seen := map[string]bool{}
	for {
		s, err := r.Next()
		if errors.Is(err, io.EOF) {
			return installed, foreign, nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("reading dpkg's status: %w", err)
		}
		p, ok, err := statusPackage(&s)
		if err != nil {
			return nil, nil, fmt.Errorf("reading dpkg's status: %w", err)
		}
		switch {
		case !ok:
		case p.Arch != arch && p.Arch != "all":
			foreign = append(foreign, p.Name+":"+p.Arch)
		case seen[p.Name]:
			return nil, nil, fmt.Errorf("reading dpkg's status: line %d: package %q is there twice", s.Line, p.Name)
		default:
			seen[p.Name] = true
			installed = append(installed, p)
		}
	}
}

// statusPackage reads a stanza, and reports whether the package is there.
func statusPackage(s *control.Stanza) (Package, bool, error) {
	var c row
	for col := range columns {
		if name := fieldNames[col]; name != "" {
			f, _ := s.Lookup(name)
			c[col] = strings.ReplaceAll(f.Folded(), "\t", " ")
		}
	}
	words := strings.Fields(s.Get("Status"))
	if c[colName] == "" || len(words) != 3 {
		return Package{}, false, fmt.Errorf("line %d: the stanza has no name or no status", s.Line)
	}
	if words[2] == "not-installed" || words[2] == "config-files" {
		return Package{}, false, nil
	}
	if c[colVersion] == "" || c[colArch] == "" {
		return Package{}, false, fmt.Errorf("line %d: package %q has no version or no architecture", s.Line, c[colName])
	}
	p := c.pkg()
	p.Important = p.Important || yes(s.Get("Protected"))
	p.Hold = words[0] == "hold"
	p.Filename, p.SHA256, p.Size = "", "", 0
	return p, true, nil
}
