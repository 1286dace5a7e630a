package python

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/doctor/image"
)

// Path is sys.path of a program in an image: directories in which modules are
// looked for, in order.
type Path struct {
	Tree *image.Tree
	Dirs []string
	// Minor is Python's minor version.
	Minor int
}

// Found is where a module is.
type Found struct {
	// File is the file that is loaded, "" for a namespace package and for what is
	// built in.
	File string
	// Dirs are where the package's modules are; nil for what is no package.
	Dirs []string
	// Builtin says that it is the standard library's, and isn't looked for.
	Builtin bool
}

// extensions are the ends of the names of modules, in the order in which they
// are looked for; what stands between a name and ".so" is checked apart.
var extensions = []string{".py", ".pyc", ".so"}

// Find looks for a dotted module. Where a part of it is missing, it is that part,
// with what comes before it.
func (p *Path) Find(module string) (found *Found, missing string) {
	dirs := p.Dirs
	parts := strings.Split(module, ".")
	for i, part := range parts {
		f := find(p.Tree, dirs, part, p.Minor)
		if f == nil && i == 0 && InStdlib(part, p.Minor) {
			return &Found{Builtin: true}, ""
		}
		if f == nil {
			return nil, strings.Join(parts[:i+1], ".")
		}
		if dirs = f.Dirs; dirs == nil && i < len(parts)-1 {
			return nil, strings.Join(parts[:i+2], ".")
		}
		found = f
	}
	return found, ""
}

// find looks for one part of a name. Directories without __init__.py count, all of
// them together, where none of the others has it (PEP 420).
func find(t *image.Tree, dirs []string, name string, minor int) *Found {
	if name == "" {
		return nil
	}
	var namespace []string
	for _, dir := range dirs {
		at := path.Join(dir, name)
		isDir := t.IsDir(at)
		if isDir {
			for _, init := range []string{"__init__.py", "__init__.pyc"} {
				if t.IsFile(path.Join(at, init)) {
					return &Found{File: path.Join(at, init), Dirs: []string{at}}
				}
			}
			if file := extension(t, at, "__init__", minor); file != "" {
				return &Found{File: file, Dirs: []string{at}}
			}
		}
		for _, ext := range extensions {
			if t.IsFile(at + ext) {
				return &Found{File: at + ext}
			}
		}
		if file := extension(t, dir, name, minor); file != "" {
			return &Found{File: file}
		}
		if isDir {
			namespace = append(namespace, at)
		}
	}
	if namespace == nil {
		return nil
	}
	return &Found{Dirs: namespace}
}

// extension finds a compiled module with a tag in its name, as in
// _speed.cpython-310-aarch64-linux-gnu.so or _rust.abi3.so (PEP 3149, PEP 384).
func extension(t *image.Tree, dir, name string, minor int) string {
	names, here := t.List(dir), "cpython-3"+strconv.Itoa(minor)
	at, _ := slices.BinarySearch(names, name+".")
	for _, n := range names[at:] {
		rest, ok := strings.CutPrefix(n, name+".")
		if !ok {
			return ""
		}
		tag, ok := strings.CutSuffix(rest, ".so")
		if ok && (tag == "abi3" || tag == here || strings.HasPrefix(tag, here+"-")) {
			return path.Join(dir, n)
		}
	}
	return ""
}
