package base

import (
	"path"
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

var (
	libcName   = lazyregexp.New(`^libc(-2\.[0-9]+)?\.so(\.6)?$`)
	pythonDir  = lazyregexp.New(`^python3\.[0-9]+[a-z]*$`)
	sonamePart = lazyregexp.New(`\.so(\.|$)`)
)

// isLibc reports whether the file may be glibc itself: libc.so.6, or
// libc-2.31.so in releases before 2.34.
func isLibc(p string) bool {
	name := path.Base(p)
	return name != "libc.so" && libcName.MatchString(name)
}

// wanted reports whether the file's content is needed. Paths are as the
// layer's tar has them, so a directory may go by either of its names.
func wanted(p string) bool {
	dir, name := path.Split(p)
	dir = path.Clean(dir)
	switch name {
	case "passwd", "group", "ld.so.conf":
		return dir == "/etc"
	case "os-release":
		return dir == "/etc" || dir == "/usr/lib"
	case "status":
		return dir == "/var/lib/dpkg"
	case "installed":
		return dir == "/lib/apk/db" || dir == "/usr/lib/apk/db"
	case "pyvenv.cfg", "pip.conf":
		return true
	case "index.py":
		return strings.HasSuffix(dir, "/"+pipModels)
	case "patchlevel.h":
		return pythonDir.MatchString(path.Base(dir))
	case "METADATA", "RECORD":
		return strings.HasSuffix(dir, distInfo)
	case "PKG-INFO", installedFiles, topLevel, namespaces:
		return strings.HasSuffix(dir, eggInfo) || name == "PKG-INFO" && path.Base(dir) == insideEgg
	case entryPoints:
		return path.Base(dir) == insideEgg
	}
	if strings.HasSuffix(name, eggInfo) {
		return true // a file where distutils installed
	}
	switch dir {
	case "/var/lib/dpkg/status.d": // distroless keeps a file for each package
		return !strings.HasSuffix(name, ".md5sums")
	case "/etc/ld.so.conf.d":
		return strings.HasSuffix(name, ".conf")
	}
	return false
}
