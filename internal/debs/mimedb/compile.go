package mimedb

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// File is a file of the database, by its path in it ("globs2", "text/plain.xml").
type File struct {
	Path string
	Data []byte
}

// Compile returns what the database has beside the XML files that it is made of
// ("freedesktop.org.xml"), sorted by path. What isn't right in those is passed over, and named in problems.
func Compile(sources []File) (files []File, problems []error) {
	d := newDatabase()
	sources = slices.DeleteFunc(slices.Clone(sources), func(f File) bool { return !strings.HasSuffix(f.Path, ".xml") })
	slices.SortFunc(sources, func(a, b File) int {
		if x, y := a.Path == override, b.Path == override; x != y {
			if x {
				return 1
			}
			return -1
		}
		return strings.Compare(a.Path, b.Path)
	})
	for _, f := range sources {
		for _, p := range d.read(bytes.NewReader(f.Data)) {
			problems = append(problems, fmt.Errorf("reading %q: %w", f.Path, p))
		}
	}
	d.sortMagic()
	globs, globs2 := d.globFiles()
	files = append(d.typeFiles(),
		File{"globs", globs}, File{"globs2", globs2}, File{"magic", d.magicFile()}, File{"treemagic", d.treeFile()},
		File{"XMLnamespaces", sortedLines(&d.namespaces, " ")}, File{"subclasses", lines(&d.parents, " ")},
		File{"aliases", sortedLines(&d.aliases, " ")}, File{"types", []byte(strings.Join(sorted(&d.types), "\n") + "\n")},
		File{"generic-icons", lines(&d.genericIcons, ":")}, File{"icons", lines(&d.icons, ":")},
		File{"version", []byte("2.2\n")}, File{"mime.cache", d.cache()},
	)
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return files, problems
}

// override is the file that is read last.
const override = "Override.xml"
