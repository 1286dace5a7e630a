package base

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

const distInfo = ".dist-info"

// separators are the runs that PEP 503 makes one dash of.
var separators = lazyregexp.New(`[-_.]+`)

// findDists lists the distributions installed in Python's paths, those of
// earlier directories first where a name is there more than once, as for
// imports.
func findDists(t *tree, python Python) ([]Dist, error) {
	var out []Dist
	for _, dir := range python.Paths {
		for _, name := range t.list(dir) {
			at := join(dir, name)
			read := distReader(t, at, python)
			if read == nil {
				continue
			}
			d, err := read(t, dir, name)
			if err != nil {
				return nil, fmt.Errorf("reading %q: %w", at, err)
			}
			d.Dir = at
			d.Files = existing(t, d.Files)
			out = append(out, d)
		}
	}
	slices.SortStableFunc(out, func(a, b Dist) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// distReader returns what reads the metadata at the path, nil where there is
// none.
func distReader(t *tree, at string, python Python) func(t *tree, dir, name string) (Dist, error) {
	switch {
	case strings.HasSuffix(at, distInfo) && t.isDir(at):
		return readDist
	case strings.HasSuffix(at, eggInfo):
		return readEgg
	case strings.HasSuffix(at, egg):
		return func(t *tree, dir, name string) (Dist, error) { return readWholeEgg(t, dir, name, python.Scripts) }
	case strings.HasSuffix(at, eggLink):
		return readEggLink
	}
	return nil
}

func readDist(t *tree, dir, name string) (Dist, error) {
	d := namedDist(t.file(join(dir, name)+"/METADATA"), strings.TrimSuffix(name, distInfo))
	files, err := parseRecord(t.file(join(dir, name)+"/RECORD"), dir)
	d.Files, d.Recorded = files, len(files) > 0
	return d, err
}

// namedDist has the name and version that the metadata gives, or else the
// name of its directory.
func namedDist(metadataFile []byte, stem string) Dist {
	project, version := metadata(metadataFile)
	if project == "" || version == "" {
		project, version = stem, ""
		if i := strings.LastIndexByte(stem, '-'); i > 0 {
			project, version = stem[:i], stem[i+1:]
		}
	}
	return Dist{Name: strings.ToLower(separators.ReplaceAllString(project, "-")), Version: version}
}

// existing returns those of the paths that are there and no directories, each
// once and where it really lies, sorted.
func existing(t *tree, paths []string) []string {
	var out []string
	for _, p := range paths {
		dir, name := path.Split(p)
		at := t.lookup(dir)
		if at == nil || at.children[name] == nil || at.children[name].kind == isDir {
			continue
		}
		out = append(out, join(at.path, name))
	}
	slices.Sort(out)
	return slices.Compact(out)
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
