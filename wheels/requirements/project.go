package requirements

import (
	"fmt"
	"io"
	"slices"

	"github.com/assemble-image/assemble/internal/toml"
	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/pep508"
)

// Project is what a pyproject.toml says of the project that it is for.
type Project struct {
	Name       string // as written
	Normalized string
	// Version is the zero version where whoever builds it makes it up.
	Version pep440.Version
}

// ReadProject reads name and version of a pyproject.toml, which path names in
// errors: from its table project (PEP 621), else from poetry's own.
func ReadProject(path string, r io.Reader) (Project, error) {
	d := &document{path: path}
	root, err := d.parse(r)
	if err != nil {
		return Project{}, err
	}
	t := d.table(root, "project")
	if t == nil {
		tool, _ := root.Get("tool").(*toml.Table)
		t, _ = tool.Get("poetry").(*toml.Table)
	}
	p := Project{Name: d.text(t, "name")}
	version := d.text(t, "version")
	if slices.Contains(list[string](d, t, "dynamic"), "version") {
		version = ""
	}
	if err := d.err(); err != nil {
		return Project{}, err
	}
	if !pep508.ValidName(p.Name) {
		return Project{}, &Problem{File: path, Kind: KindSyntax, Msg: "it has no project name"}
	}
	p.Normalized = pep508.NormalizeName(p.Name)
	if version == "" {
		return p, nil
	}
	if p.Version, err = pep440.Parse(version); err != nil {
		return Project{}, &Problem{File: path, Kind: KindSyntax, Msg: fmt.Sprintf("its version: %v", err)}
	}
	return p, nil
}
