package doctor

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/doctor/needs"
	"github.com/assemble-image/assemble/internal/doctor/object"
	"github.com/assemble-image/assemble/internal/doctor/provide"
	"github.com/assemble-image/assemble/internal/report"
)

// knownNeeds finds what is known to be needed by projects in the image, and isn't
// there.
func (x *examination) knownNeeds() error {
	rows, err := needs.Known()
	if err != nil {
		return err
	}
	for i, o := range x.img.Owners {
		if o.Kind != OwnerWheel {
			continue
		}
		// The config's rows come first: they replace what is known of a project.
		for _, row := range slices.Concat(x.want.Needs, rows) {
			if !row.About(o.Name, o.Version, x.hasProject) {
				continue
			}
			if missing := row.Missing(func(kind, name string) bool { return x.has(kind, name, i) }); len(missing) > 0 {
				x.add(x.knownNeed(i, row, missing))
			}
			break
		}
	}
	return nil
}

func (x *examination) knownNeed(owner int, row needs.Row, missing []string) Finding {
	o := x.img.Owners[owner]
	f := Finding{
		ID: IDKnownNeed, Severity: Warning, About: o.Name, Wheels: []string{o.Wheel},
		Text: fmt.Sprintf("%s %s needs %s", o.Name, o.Version, strings.Join(missing, ", ")),
	}
	if row.For != "" {
		f.Text += " (" + row.For + ")"
	}
	f.Text += ", which the image lacks"
	if row.When == "import" {
		f.Text += ": importing it fails"
		if by := x.importedBy(owner); by != "" {
			f.Severity = Error
			f.Text += ", as " + by + " does"
		}
	}
	for _, pkg := range row.Packages {
		if name := x.inSuite(pkg); !x.installed[name] {
			f.Packages = append(f.Packages, name)
		}
	}
	if len(f.Packages) > 0 {
		f.Fix = "add " + strings.Join(f.Packages, ", ") + " to packages"
	}
	return f
}

// hasProject reports whether a wheel of the project is in the image.
func (x *examination) hasProject(name string) bool {
	return slices.ContainsFunc(x.img.Owners, func(o Owner) bool { return o.Kind == OwnerWheel && o.Name == name })
}

// has answers for the image, or for what the owner itself brings.
func (x *examination) has(kind, name string, owner int) bool {
	switch kind {
	case "library":
		own := &object.File{Machine: x.machine, Class: x.class}
		return x.loader.Find(name, own, "/") != nil || x.brings[name][owner]
	case "program":
		return x.program(name) != nil
	case "file":
		return x.glob(name)
	}
	return true
}

// glob reports whether there is a path that a pattern matches.
func (x *examination) glob(pattern string) bool {
	if !strings.Contains(pattern, "*") {
		return x.img.Tree.At(pattern) != nil
	}
	dirs := []string{"/"}
	for part := range strings.SplitSeq(strings.Trim(pattern, "/"), "/") {
		var next []string
		for _, dir := range dirs {
			for _, name := range x.img.Tree.List(dir) {
				if ok, err := path.Match(part, name); ok && err == nil {
					next = append(next, path.Join(dir, name))
				}
			}
		}
		dirs = next
	}
	return len(dirs) > 0
}

// inSuite is the name that a package of bookworm has in the base's release: one
// that has the same library, if it isn't called the same.
func (x *examination) inSuite(pkg string) string {
	if x.img.codename() == provide.Suites[0] {
		return pkg
	}
	first, err := provide.Embedded(provide.Suites[0])
	if err != nil {
		return pkg
	}
	for library, name := range first {
		if name == pkg && x.table[library] != "" {
			return x.table[library]
		}
	}
	return pkg
}

// names joins what a message lists.
func names(list []string) string { return report.List(list) }
