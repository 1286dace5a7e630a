package requirements

import (
	"path/filepath"
	"strings"
)

// foreign has the files that tools for Python projects know by their names and
// that hold no requirements, line by line. Read as such, each of their lines
// would be a problem.
var foreign = map[string]string{
	"pyproject.toml":   "a project description",
	"setup.py":         "a project description",
	"setup.cfg":        "a project description",
	"Pipfile":          "a project description",
	"uv.lock":          "a uv lock",
	"poetry.lock":      "a Poetry lock",
	"pdm.lock":         "a PDM lock",
	"Pipfile.lock":     "a Pipenv lock",
	"environment.yml":  "a conda environment",
	"environment.yaml": "a conda environment",
}

// Foreign says what a file is that, by its name, belongs to a project or to
// another tool; "" for all others, pylock.toml among them.
func Foreign(path string) string { return foreign[filepath.Base(path)] }

// IsPylock reports whether a path has the name of a lock as in PEP 751:
// pylock.toml or pylock.NAME.toml.
func IsPylock(path string) bool {
	base := filepath.Base(path)
	return base == "pylock.toml" || strings.HasPrefix(base, "pylock.") && strings.HasSuffix(base, ".toml")
}
