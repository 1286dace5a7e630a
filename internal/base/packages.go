package base

import (
	"bytes"
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// findPackages reads the lists of dpkg (also in distroless' form) and apk.
func findPackages(t *tree) ([]Package, error) {
	var out []Package
	add := func(file string, parse func([]byte) ([]Package, error)) error {
		packages, err := parse(t.file(file))
		if err != nil {
			return fmt.Errorf("reading %q: %w", file, err)
		}
		out = append(out, packages...)
		return nil
	}
	if err := add("/var/lib/dpkg/status", parseDpkgStatus); err != nil {
		return nil, err
	}
	for _, name := range t.list("/var/lib/dpkg/status.d") {
		if err := add("/var/lib/dpkg/status.d/"+name, parseDistrolessStatus); err != nil {
			return nil, err
		}
	}
	for _, file := range []string{"/lib/apk/db/installed", "/usr/lib/apk/db/installed"} {
		if err := add(file, parseApkInstalled); err != nil {
			return nil, err
		}
	}
	order := func(a, b Package) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Arch, b.Arch), cmp.Compare(a.Version, b.Version))
	}
	slices.SortStableFunc(out, order)
	return slices.CompactFunc(out, func(a, b Package) bool { return order(a, b) == 0 }), nil
}

// installedStates are dpkg's names for packages whose files are all there.
var installedStates = []string{"installed", "triggers-awaited", "triggers-pending"}

// parseDpkgStatus returns the packages that dpkg's status file (see
// dpkg-query(1) and deb822(5)) calls installed; held ones are, too.
func parseDpkgStatus(b []byte) ([]Package, error) {
	return parseDeb822(b, func(fields map[string]string) bool {
		state := strings.Fields(fields["status"])
		return len(state) == 3 && state[1] == "ok" && slices.Contains(installedStates, state[2])
	})
}

// parseDistrolessStatus reads a file of status.d, where all is installed.
func parseDistrolessStatus(b []byte) ([]Package, error) {
	return parseDeb822(b, func(map[string]string) bool { return true })
}

func parseDeb822(b []byte, installed func(map[string]string) bool) ([]Package, error) {
	var out []Package
	for line, fields := range paragraphs(b) {
		if fields == nil {
			return nil, fmt.Errorf("line %d is not of the form \"Field: value\"", line)
		}
		if !installed(fields) {
			continue
		}
		p := Package{
			Type: "deb", Name: fields["package"], Version: fields["version"],
			Arch: fields["architecture"], Maintainer: fields["maintainer"],
		}
		if p.Name == "" || p.Version == "" {
			return nil, fmt.Errorf("the paragraph before line %d has no name or no version", line)
		}
		p.Source, p.SourceVersion = splitSource(fields["source"])
		for item := range strings.SplitSeq(fields["provides"], ",") {
			if words := strings.Fields(item); len(words) > 0 {
				p.Provides = append(p.Provides, words[0])
			}
		}
		out = append(out, p)
	}
	return out, nil
}

// splitSource takes "gcc-12 (12.2.0-14)" apart.
func splitSource(s string) (name, version string) {
	words := strings.Fields(s)
	if len(words) > 0 {
		name = words[0]
	}
	if len(words) > 1 {
		version = strings.Trim(words[1], "()")
	}
	return name, version
}

// paragraphs yields each paragraph's fields by their lower-case names, and
// the number of the line after it; nil fields stand for a line that is none.
// Continuation lines are passed over: no field that is used has them.
func paragraphs(b []byte) iter.Seq2[int, map[string]string] {
	return func(yield func(int, map[string]string) bool) {
		fields, n := map[string]string{}, 0
		for raw := range bytes.Lines(b) {
			n++
			line := strings.TrimRight(string(raw), "\r\n")
			switch {
			case strings.TrimSpace(line) == "":
				if len(fields) > 0 && !yield(n, fields) {
					return
				}
				fields = map[string]string{}
			case line[0] == ' ' || line[0] == '\t':
			default:
				name, value, ok := strings.Cut(line, ":")
				if !ok {
					yield(n, nil)
					return
				}
				fields[strings.ToLower(name)] = strings.TrimSpace(value)
			}
		}
		if len(fields) > 0 {
			yield(n+1, fields)
		}
	}
}

// parseApkInstalled reads Alpine's list of installed packages, whose fields
// have names of one letter.
func parseApkInstalled(b []byte) ([]Package, error) {
	var out []Package
	p := Package{Type: "apk"}
	flush := func() {
		if p.Name != "" && p.Version != "" {
			if p.Source == p.Name {
				p.Source = ""
			}
			out = append(out, p)
		}
		p = Package{Type: "apk"}
	}
	for raw := range bytes.Lines(b) {
		line := strings.TrimRight(string(raw), "\r\n")
		key, value, _ := strings.Cut(line, ":")
		switch {
		case line == "":
			flush()
		case key == "P":
			p.Name = value
		case key == "V":
			p.Version = value
		case key == "A":
			p.Arch = value
		case key == "o":
			p.Source = value
		case key == "m":
			p.Maintainer = value
		}
	}
	flush()
	return out, nil
}
