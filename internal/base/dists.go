package base

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
)

const distInfo = ".dist-info"

// separators are the runs that PEP 503 makes one dash of.
var separators = regexp.MustCompile(`[-_.]+`)

// findDists lists the distributions installed in the directories. What an
// earlier directory has hides the same name in a later one, as for imports.
func findDists(t *tree, dirs []string) ([]Dist, error) {
	var out []Dist
	for _, dir := range dirs {
		for _, name := range t.list(dir) {
			stem, ok := strings.CutSuffix(name, distInfo)
			if !ok || !t.isDir(dir+"/"+name) {
				continue
			}
			d, err := readDist(t, dir, name, stem)
			if err != nil {
				return nil, fmt.Errorf("reading %q: %w", dir+"/"+name, err)
			}
			if !slices.ContainsFunc(out, func(o Dist) bool { return o.Name == d.Name }) {
				out = append(out, d)
			}
		}
	}
	slices.SortFunc(out, func(a, b Dist) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func readDist(t *tree, dir, name, stem string) (Dist, error) {
	project, version := metadata(t.file(dir + "/" + name + "/METADATA"))
	if project == "" || version == "" {
		project, version = stem, ""
		if i := strings.LastIndexByte(stem, '-'); i > 0 {
			project, version = stem[:i], stem[i+1:]
		}
	}
	files, err := parseRecord(t.file(dir+"/"+name+"/RECORD"), dir)
	if err != nil {
		return Dist{}, err
	}
	return Dist{
		Name:    strings.ToLower(separators.ReplaceAllString(project, "-")),
		Version: version, Dir: dir + "/" + name, Files: files,
	}, nil
}

// metadata returns the name and version in a METADATA file's headers.
func metadata(b []byte) (name, version string) {
	for line := range bytes.Lines(b) {
		key, value, ok := strings.Cut(strings.TrimRight(string(line), "\r\n"), ":")
		if !ok {
			return name, version
		}
		switch strings.ToLower(key) {
		case "name":
			name = strings.TrimSpace(value)
		case "version":
			version = strings.TrimSpace(value)
		}
	}
	return name, version
}

// parseRecord returns the paths in a RECORD, made absolute from dir. They
// may lead out of it, as those of scripts do, but not above the root.
func parseRecord(b []byte, dir string) ([]string, error) {
	r := csv.NewReader(bytes.NewReader(b))
	r.FieldsPerRecord = -1
	r.ReuseRecord = true
	var out []string
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading RECORD: %w", err)
		}
		if row[0] == "" {
			continue
		}
		p := row[0]
		if !path.IsAbs(p) {
			p = dir + "/" + p
		}
		if p = path.Clean(p); len(p) <= maxPath {
			out = append(out, p)
		}
	}
}
