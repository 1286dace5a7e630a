package unpack

import (
	"strings"

	"github.com/assemble-image/assemble/layers"
)

// infoDir is where dpkg keeps what it knows of each package.
const infoDir = "var/lib/dpkg/info"

// Info are the files that dpkg keeps of the package: its control files but for
// the fields, which go to the status, and the list of its paths.
func (t *Tree) Info() []layers.Entry {
	prefix := infoDir + "/" + t.Package.InfoName() + "."
	file := func(name string, data []byte, executable bool) layers.Entry {
		e := layers.Entry{Path: prefix + name, Mode: 0o644, Size: int64(len(data)), Data: data, Owner: t.Package.Name}
		if executable {
			e.Mode = 0o755
		}
		return e
	}
	list := []layers.Entry{file("list", []byte(strings.Join(t.list, "\n")+"\n"), false)}
	for _, f := range t.Package.Files {
		if f.Name != "control" && f.Name != "list" {
			list = append(list, file(f.Name, f.Data, f.Executable))
		}
	}
	return list
}
