package project

import (
	"cmp"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// source is a file of Python code.
type source struct {
	path, text string
}

// skipped are directories without code of the application's own.
var skipped = []string{
	"node_modules", "tests", "test", "docs", "doc", "venv", "env", "build", "dist", "site-packages", "__pycache__", "wheelhouse", "examples", "migrations", "static", "media", "frontend", "debs",
}

// maxDeep is how many directories deep code is looked at.
const maxDeep = 4

// sources are the files of code, those in front that are likely to start the
// application.
func sources(dir fs.FS) []source {
	var list []source
	_ = fs.WalkDir(dir, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // what can't be read isn't looked at
		}
		if d.IsDir() {
			if name != "." && (strings.HasPrefix(d.Name(), ".") || slices.Contains(skipped, d.Name()) || strings.Count(name, "/") >= maxDeep) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".py") || !d.Type().IsRegular() || strings.HasPrefix(d.Name(), "test_") || d.Name() == "conftest.py" {
			return nil
		}
		if text, err := ReadText(dir, name); err == nil {
			list = append(list, source{name, text})
		}
		if len(list) >= maxFiles {
			return fs.SkipAll
		}
		return nil
	})
	slices.SortStableFunc(list, func(a, b source) int {
		return cmp.Or(cmp.Compare(rank(a.path), rank(b.path)), cmp.Compare(a.path, b.path))
	})
	return list
}

// rank orders files by how likely they start the application.
func rank(name string) int {
	n := slices.Index([]string{"main", "app", "asgi", "wsgi", "server", "api", "application", "__init__", "streamlit_app"}, base(name))
	if n < 0 {
		n = 20
	}
	return strings.Count(name, "/")*100 + n
}

// module returns a file's name as a module, and the directory that it is found
// from: where the first directory that is no package is passed.
func module(dir fs.FS, name string) (mod, root string) {
	parts := strings.Split(strings.TrimSuffix(name, ".py"), "/")
	if parts[len(parts)-1] == "__init__" && len(parts) > 1 {
		parts = parts[:len(parts)-1]
	}
	root = "."
	// A directory src without __init__.py is one to import from; any other is a
	// package, be it a namespace.
	if len(parts) > 1 && (parts[0] == "src" || parts[0] == "backend") && !isFile(dir, path.Join(parts[0], "__init__.py")) {
		root, parts = parts[0], parts[1:]
	}
	return strings.Join(parts, "."), root
}

// IsBeside reports whether a directory by its name has no code of the
// application: tests, documents, what tools make.
func IsBeside(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains(skipped, name)
}
