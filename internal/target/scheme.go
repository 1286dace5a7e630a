package target

import (
	"cmp"
	"path"
	"strings"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/wheels"
)

// installScheme is where pip of that interpreter would install
// (sysconfig's posix_prefix, or Debian's posix_local).
func installScheme(py base.Python) wheels.Scheme {
	rel := func(p string) string { return strings.TrimPrefix(path.Clean(p), "/") }
	return wheels.Scheme{
		Purelib:     rel(py.SitePackages),
		Platlib:     rel(cmp.Or(py.PlatPackages, py.SitePackages)),
		Scripts:     rel(py.Scripts),
		Data:        rel(cmp.Or(py.Data, py.Prefix)),
		Headers:     rel(py.Include),
		Interpreter: py.Executable,
	}
}

// DefaultScheme is where wheels are installed on an image like
// python:3.10-slim-bookworm, for a Python of that minor version ("3.10").
func DefaultScheme(minor string) wheels.Scheme {
	return installScheme(base.Python{
		Executable:   "/usr/local/bin/python" + minor,
		Prefix:       "/usr/local",
		SitePackages: "/usr/local/lib/python" + minor + "/site-packages",
		Scripts:      "/usr/local/bin",
		Include:      "/usr/local/include/python" + minor,
	})
}
