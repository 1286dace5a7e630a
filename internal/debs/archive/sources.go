package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/control"
)

const (
	aptDir = "etc/apt"
	// maxSources bounds the sources of a root file system.
	maxSources = 500
	// maxConfig bounds a file of apt's configuration in bytes.
	maxConfig = 1 << 20
)

// ReadSources reads the sources of binary packages that apt has in a root file
// system: sources.list(5), then sources.list.d in the order of the files'
// names. Those for other architectures only and those that are switched off
// are left out. The error names file and line.
func ReadSources(root fs.FS, arch string) ([]Source, error) {
	var out []Source
	files := []string{aptDir + "/sources.list"}
	entries, err := fs.ReadDir(root, aptDir+"/sources.list.d")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading %q: %w", "/"+aptDir+"/sources.list.d", err)
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	slices.Sort(names)
	for _, name := range names {
		if isPart(name) {
			files = append(files, aptDir+"/sources.list.d/"+name)
		}
	}
	for _, file := range files {
		more, err := readSourcesFile(root, file, arch)
		if err != nil {
			return nil, fmt.Errorf("reading %q: %w", "/"+file, err)
		}
		if out = append(out, more...); len(out) > maxSources {
			return nil, fmt.Errorf("reading %q: there are more than %d sources", "/"+file, maxSources)
		}
	}
	return out, nil
}

// isPart reports whether apt reads a file of that name.
func isPart(name string) bool {
	base, ok := strings.CutSuffix(name, ".list")
	if !ok {
		base, ok = strings.CutSuffix(name, ".sources")
	}
	return ok && base != "" && base[0] != '.' && strings.Trim(base, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-+") == ""
}

func readSourcesFile(root fs.FS, file, arch string) ([]Source, error) {
	data, err := readFile(root, file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if path.Ext(file) == ".sources" {
		return ParseSources(data, "/"+file, arch)
	}
	return ParseList(data, "/"+file, arch)
}

func readFile(root fs.FS, name string) ([]byte, error) {
	data, err := fs.ReadFile(root, name)
	if err == nil && len(data) > maxConfig {
		return nil, fmt.Errorf("it has more than %d bytes", maxConfig)
	}
	return data, err
}

// ParseSources reads a file of sources in the form of deb822 ("*.sources").
// Each URI is a source of its own, as for apt.
func ParseSources(data []byte, file, arch string) ([]Source, error) {
	stanzas, err := control.Parse(data, control.Options{Comments: true})
	if err != nil {
		return nil, err
	}
	var out []Source
	for i := range stanzas {
		more, err := stanzaSources(&stanzas[i], file, arch)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", stanzas[i].Line, err)
		}
		out = append(out, more...)
	}
	return out, nil
}

func stanzaSources(s *control.Stanza, file, arch string) ([]Source, error) {
	words := func(name string) []string { return strings.Fields(s.Get(name)) }
	if isNo(s.Get("Enabled")) || !slices.Contains(words("Types"), "deb") {
		if len(words("Types")) == 0 {
			return nil, errors.New("it has no field \"Types\"")
		}
		return nil, nil
	}
	base := Source{Where: fmt.Sprintf("%s:%d", file, s.Line), Components: words("Components")}
	base.Trusted = isYes(s.Get("Trusted"))
	base.AnyTime = isNo(s.Get("Check-Valid-Until"))
	if !wantsArch(words("Architectures"), words("Architectures-Remove"), arch) {
		return nil, nil
	}
	if f, ok := s.Lookup("Signed-By"); ok {
		if strings.Contains(f.Value, "-----BEGIN PGP PUBLIC KEY BLOCK-----") {
			base.Keys = inlineKey(f.Value)
		} else {
			base.SignedBy = splitSignedBy(f.Value)
		}
	}
	return expand(base, words("URIs"), words("Suites"), arch)
}

// inlineKey takes an armored key out of a field, where a line with a dot is an
// empty one.
func inlineKey(value string) []byte {
	var b bytes.Buffer
	for line := range strings.SplitSeq(value, "\n") {
		if line = strings.TrimSpace(line); line == "." {
			line = ""
		}
		b.WriteString(line + "\n")
	}
	return bytes.TrimLeft(b.Bytes(), "\n")
}

func splitSignedBy(value string) []string {
	return strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' })
}

// expand makes a source of each URI and suite.
func expand(base Source, uris, suites []string, arch string) ([]Source, error) {
	if len(uris) == 0 || len(suites) == 0 {
		return nil, errors.New("it names no URI or no suite")
	}
	var out []Source
	for _, suite := range suites {
		for _, uri := range uris {
			s := base
			s.URIs, s.Suite = []string{uri}, strings.ReplaceAll(suite, "$(ARCH)", arch)
			if err := s.check(); err != nil {
				return nil, err
			}
			out = append(out, s)
		}
	}
	return out, nil
}

// ParseList reads a file of sources with one a line ("*.list"):
//
//	deb [signed-by=/usr/share/keyrings/x.gpg] http://host/debian bookworm main
func ParseList(data []byte, file, arch string) ([]Source, error) {
	var out []Source
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		more, err := lineSources(line, fmt.Sprintf("%s:%d", file, number), arch)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		out = append(out, more...)
	}
	return out, nil
}

// ParseSource reads a source that a user names: a line of sources.list(5) of
// which the word deb may be left out, with the options pin-priority=N and
// mirrors=URI,URI beyond apt's. Mirrors have the same files, and are asked in
// their order after the first URI.
func ParseSource(text, where, arch string) (Source, error) {
	line := strings.TrimSpace(text)
	if words := strings.Fields(line); len(words) > 0 && words[0] != "deb" {
		line = "deb " + line
	}
	found, err := lineSources(line, where, arch)
	if err != nil {
		return Source{}, err
	}
	if len(found) != 1 {
		return Source{}, fmt.Errorf("it is for other architectures than %s", arch)
	}
	return found[0], nil
}

func lineSources(line, where, arch string) ([]Source, error) {
	kind := strings.Fields(line)[0]
	if kind == "deb-src" {
		return nil, nil
	}
	rest := strings.TrimSpace(strings.TrimPrefix(line, kind))
	if kind != "deb" {
		return nil, fmt.Errorf("%q is neither deb nor deb-src", kind)
	}
	base := Source{Where: where}
	options := ""
	if strings.HasPrefix(rest, "[") {
		var ok bool
		if options, rest, ok = strings.Cut(rest[1:], "]"); !ok {
			return nil, errors.New("the options have no closing bracket")
		}
	}
	wanted, err := base.options(strings.Fields(options), arch)
	if err != nil || !wanted {
		return nil, err
	}
	words := strings.Fields(rest)
	if len(words) < 2 {
		return nil, errors.New("it lacks a URI or a suite")
	}
	base.Components = words[2:]
	mirrors := base.URIs
	out, err := expand(base, words[:1], words[1:2], arch)
	for i := range out {
		out[i].URIs = append(out[i].URIs, mirrors...)
		if err == nil {
			err = out[i].check()
		}
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// options reads a line's options, and reports whether it is about the
// architecture.
func (s *Source) options(words []string, arch string) (bool, error) {
	var archs, without []string
	for _, word := range words {
		name, value, ok := strings.Cut(word, "=")
		if !ok {
			return false, fmt.Errorf("the option %q has no value", word)
		}
		switch strings.TrimRight(name, "+") {
		case "arch":
			archs = strings.Split(value, ",")
		case "arch-":
			without = strings.Split(value, ",")
		case "signed-by":
			s.SignedBy = splitSignedBy(value)
		case "trusted":
			s.Trusted = isYes(value)
		case "check-valid-until":
			s.AnyTime = isNo(value)
		case "mirrors":
			s.URIs = strings.Split(value, ",")
		case "pin-priority":
			n, err := strconv.ParseInt(value, 10, 16)
			if err != nil || n == 0 {
				return false, fmt.Errorf("%q is no pin-priority", value)
			}
			s.Priority = int(n)
		}
	}
	return wantsArch(archs, without, arch), nil
}

func wantsArch(with, without []string, arch string) bool {
	return (len(with) == 0 || slices.Contains(with, arch)) && !slices.Contains(without, arch)
}

// isYes and isNo read switches as apt does.
func isYes(s string) bool {
	return slices.Contains([]string{"yes", "true", "with", "on", "enable", "1"}, strings.ToLower(s))
}

func isNo(s string) bool {
	return slices.Contains([]string{"no", "false", "without", "off", "disable", "0"}, strings.ToLower(s))
}
