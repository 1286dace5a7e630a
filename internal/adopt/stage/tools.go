package stage

import (
	"path"
	"strings"
)

// uv is uv sync, uv pip, uv venv and what else uv does.
func uv(c *command) {
	verb, args := verbOf(c.args)
	switch verb {
	case "sync":
		o := parse(args, "--extra --group --no-group --only-group --package --python -p --project --no-install-package --link-mode --index --directory --active")
		i := Install{Kind: UVLock, Step: c.step, Dev: !o.has("--no-dev", "--no-default-groups", "--only-group")}
		i.Extras, i.Groups = every(args, "--extra"), append(every(args, "--group"), every(args, "--only-group")...)
		c.in.result.Installs = append(c.in.result.Installs, i)
		c.s.venvs = append(c.s.venvs, c.environment("UV_PROJECT_ENVIRONMENT"))
		carry(c.step, "lock")
		if o.has("--all-extras") {
			leave(c.step, "name the extras: extras: […]")
		}
	case "pip":
		c.pip(args)
	case "venv":
		c.args = args
		venv(c)
	case "build":
		leave(c.step, "run it beforehand, and name the wheel: wheels: ['dist/*.whl']")
	case "tool", "run", "add", "export":
		leave(c.step, "add what it installs to the project's dependencies, and lock them")
	default:
		skip(c.step, "it installs nothing")
	}
}

// environment is the directory of a tool's virtual environment.
func (c *command) environment(variable string) string {
	if dir, ok := c.s.lookup(variable); ok && dir != "" {
		return c.here(dir)
	}
	return path.Join(*c.cwd, ".venv")
}

// every returns all values of an option that may be repeated.
func every(args []string, name string) []string {
	var values []string
	for i, arg := range args {
		if value, ok := strings.CutPrefix(arg, name+"="); ok {
			values = append(values, strings.Split(value, ",")...)
		} else if arg == name && i+1 < len(args) {
			values = append(values, strings.Split(args[i+1], ",")...)
		}
	}
	return values
}

// venv is the making of a virtual environment.
func venv(c *command) {
	o := parse(c.args, "-p --python --prompt")
	for _, dir := range o.rest {
		c.s.venvs = append(c.s.venvs, c.here(dir))
	}
	if len(o.rest) == 0 {
		c.s.venvs = append(c.s.venvs, path.Join(*c.cwd, ".venv"))
	}
	skip(c.step, "packages go into the base's own place")
}

// verbOf returns the verb of a command that may have flags before it, "" where
// there is none, and what comes behind it.
func verbOf(args []string) (verb string, rest []string) {
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		args = args[1:]
	}
	if len(args) == 0 {
		return "", nil
	}
	return args[0], args[1:]
}

// poetry is poetry install and what else poetry does.
func poetry(c *command) {
	verb, args := verbOf(c.args)
	switch verb {
	case "install", "sync":
		o := parse(args, "--only --with --without -E --extras --directory -C")
		i := Install{Kind: Poetry, Step: c.step, Dev: !o.has("--only", "--without", "--no-dev", "--only-root")}
		i.Extras = append(every(args, "--extras"), every(args, "-E")...)
		i.Groups = append(every(args, "--with"), every(args, "--only")...)
		c.in.result.Installs = append(c.in.result.Installs, i)
		c.s.venvs = append(c.s.venvs, path.Join(*c.cwd, ".venv"))
		carry(c.step, "lock")
	case "export":
		c.in.result.Installs = append(c.in.result.Installs, Install{Kind: Poetry, Step: c.step})
		carry(c.step, "lock")
	case "build":
		leave(c.step, "run it beforehand, and name the wheel: wheels: ['dist/*.whl']")
	case "run":
		leave(c.step, "nothing is run while an image is assembled: run it beforehand, and list what it makes under app:")
	case "add":
		leave(c.step, "run it here, so that poetry.lock has it")
	default:
		skip(c.step, "it installs nothing")
	}
}

// pipenv is pipenv install and pipenv sync.
func pipenv(c *command) {
	if len(c.args) > 0 && (c.args[0] == "install" || c.args[0] == "sync") {
		o := parse(c.args[1:], "--categories --python -i --index -r")
		c.in.result.Installs = append(c.in.result.Installs, Install{Kind: Pipenv, Step: c.step, Dev: o.has("--dev", "-d")})
		c.s.venvs = append(c.s.venvs, path.Join(*c.cwd, ".venv"))
		carry(c.step, "lock")
		for _, name := range o.rest {
			leave(c.step, "add "+name+" to Pipfile, and lock it")
		}
		return
	}
	skip(c.step, "it installs nothing")
}

// pdm is pdm install and pdm sync.
func pdm(c *command) {
	if len(c.args) > 0 && (c.args[0] == "install" || c.args[0] == "sync") {
		o := parse(c.args[1:], "-G --group")
		c.in.result.Installs = append(c.in.result.Installs, Install{Kind: PDM, Step: c.step, Dev: !o.has("--prod", "--production", "--no-dev")})
		c.s.venvs = append(c.s.venvs, path.Join(*c.cwd, ".venv"))
		carry(c.step, "lock")
		return
	}
	skip(c.step, "it installs nothing")
}
