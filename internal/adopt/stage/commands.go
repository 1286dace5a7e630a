package stage

import (
	"slices"
	"strings"
	"sync"
)

// commandTable has the programs that are known, by name.
var commandTable = sync.OnceValue(func() map[string]func(*command) {
	commands := map[string]func(*command){
		"apt-get": apt, "apt": apt, "aptitude": apt,
		"apk": otherSystem, "yum": otherSystem, "dnf": otherSystem, "microdnf": otherSystem, "zypper": otherSystem, "pacman": otherSystem,
		"pip": pip, "pip3": pip, "uv": uv, "poetry": poetry, "pipenv": pipenv, "pdm": pdm, "virtualenv": venv,
		"conda": conda, "mamba": conda, "micromamba": conda,
		"useradd": useradd, "adduser": adduser, "groupadd": groupadd, "addgroup": addgroup, "usermod": usermod, "groupmod": usermod,
		"userdel": removeAccount, "deluser": removeAccount, "groupdel": removeAccount, "delgroup": removeAccount,
		"mkdir": mkdir, "install": install, "chmod": chmod, "chown": chown, "chgrp": chown, "ln": ln, "rm": rm, "touch": touch,
		"cd": cd, "pushd": cd, "cp": cp, "find": find, "update-ca-certificates": certificates,
		"sed": sed, "sh": shellCommand, "bash": shellCommand,
	}
	for why, names := range map[string]string{
		"it sets the shell that runs the commands": "popd . source activate deactivate set shopt export unset readonly declare local ulimit umask alias",
		"it only prints or tests":                  "echo printf true : test [ [[ let ls cat pwd whoami id date which type env printenv uname df du free sleep head tail wc exit",
		"installing packages does it":              "ldconfig hash sync",
		"nothing is left of it in an image":        "history",
	} {
		for name := range strings.FieldsSeq(names) {
			commands[name] = func(c *command) { skip(c.step, why) }
		}
	}
	for how, names := range map[string]string{
		"it compiles, or makes files: build a wheel of it beforehand (pip wheel --no-deps --wheel-dir dist …) and name it under wheels:, or take a Debian package": "make cmake meson ninja gcc g++ cc clang cargo rustc go maturin autoreconf ./configure configure",
		"it builds what a browser loads: run it beforehand, and list the directory that it makes under app:":                                                       "npm yarn pnpm node npx bun gulp webpack corepack",
		"clone it beforehand, at a commit that you name; of a Python project build a wheel, other files go under app:":                                             "git hg svn",
		"download it beforehand, check its digest, and list it under app:":                                                                                         "curl wget aria2c",
		"unpack it beforehand, and list what is wanted under app:":                                                                                                 "tar unzip gunzip bunzip2 xz 7z",
		"packages: takes Debian packages from archives that are signed; a directory with .deb files can be one of its sources":                                     "dpkg gdebi apt-key add-apt-repository gpg",
		"change the file beforehand, and list it under app:":                                                                                                       "awk patch tee envsubst perl dos2unix",
		"copy or move it beforehand, and list it under app: at the place where it is wanted":                                                                       "mv rsync",
		"C.UTF-8 is in every Debian base, as env: {LANG: C.UTF-8}; other languages need the package locales-all":                                                   "locale-gen update-locale dpkg-reconfigure localedef",
		"take a base in which the program has what it needs, or set it where the image is run":                                                                     "setcap sysctl update-alternatives systemctl service",
		"run it beforehand, and list what it makes under app:":                                                                                                     "alembic flask django-admin celery streamlit nltk spacy gunicorn uvicorn",
		"it downloads browsers: take a base that has them, or list chromium under packages:":                                                                       "playwright",
	} {
		for name := range strings.FieldsSeq(names) {
			commands[name] = func(c *command) { tool(c, how) }
		}
	}
	return commands
})

// tool leaves a command to the user, unless it but tells its version.
func tool(c *command, how string) {
	if len(c.args) == 1 && slices.Contains([]string{"--version", "-v", "-V", "version", "--help"}, c.args[0]) {
		skip(c.step, "it only prints")
		return
	}
	if c.name == "npm" && len(c.args) > 0 && c.args[0] == "cache" || c.name == "yarn" && len(c.args) > 0 && (c.args[0] == "cache" || c.args[0] == "config") {
		skip(c.step, "it is for the tool alone")
		return
	}
	if c.name == "git" && len(c.args) > 0 && c.args[0] == "config" {
		skip(c.step, "git isn't run")
		return
	}
	leave(c.step, how)
}

// other judges a command that isn't known.
func (c *command) other(words []string) {
	switch {
	case strings.HasSuffix(c.name, "manage.py"):
		manage(c)
	case strings.Contains(words[0], "configure"):
		tool(c, "it compiles: build a wheel of it beforehand and name it under wheels:, or take a Debian package")
	case strings.HasSuffix(c.name, ".sh"):
		leave(c.step, "nothing is run while an image is assembled: see what the script does, and do it beforehand")
	default:
		leave(c.step, "nothing is run while an image is assembled: run it beforehand, and list what it makes under app:")
	}
}

// shellCommand is sh -c TEXT, or a script.
func shellCommand(c *command) {
	leave(c.step, "nothing is run while an image is assembled: see what the script does, and do it beforehand")
}

// manage is Django's manage.py.
func manage(c *command) {
	what := ""
	if len(c.args) > 0 {
		what = c.args[0]
	}
	switch what {
	case "collectstatic":
		leave(c.step, "run it before `assemble push`, and list STATIC_ROOT under app:")
	case "migrate":
		leave(c.step, "a database is migrated where the image is run, not while it is built")
	default:
		leave(c.step, "run it before `assemble push`, and list what it makes under app:")
	}
}

// python is the interpreter: python -m pip, python -m venv, and what else it runs.
func python(c *command) {
	args := c.args
	for len(args) > 0 && strings.HasPrefix(args[0], "-") && args[0] != "-m" && args[0] != "-c" && len(args[0]) < 4 {
		args = args[1:]
	}
	switch {
	case len(args) == 0 || args[0] == "--version" || args[0] == "-V":
		skip(c.step, "it only prints")
	case args[0] == "-m" && len(args) > 1:
		c.args = args[2:]
		module(c, args[1])
	case strings.HasSuffix(args[0], "manage.py"):
		c.args = args[1:]
		manage(c)
	case strings.HasSuffix(args[0], "setup.py"):
		leave(c.step, "build a wheel of the project beforehand (pip wheel --no-deps --wheel-dir dist .), and name it: wheels: ['dist/*.whl']")
	default:
		leave(c.step, "nothing is run while an image is assembled: run it beforehand, and list what it makes (a model, data) under app:")
	}
}

// module is python -m MODULE.
func module(c *command, name string) {
	switch name {
	case "pip", "uv", "poetry", "pipenv", "pdm", "playwright", "virtualenv":
		c.name = name
		commandTable()[name](c)
	case "venv":
		venv(c)
	case "ensurepip":
		skip(c.step, "packages are installed without pip")
	case "compileall":
		skip(c.step, "Python compiles modules when it first imports them")
	default:
		leave(c.step, "nothing is run while an image is assembled: run it beforehand, and list what it makes (a model, data) under app:")
	}
}

func conda(c *command) {
	leave(c.step, "only wheels are installed: look for the packages on an index, and list them in a requirements file; system libraries go under packages:")
}

// otherSystem is the package manager of another system than Debian's.
func otherSystem(c *command) {
	if len(c.args) > 0 && slices.Contains([]string{"update", "upgrade", "clean", "makecache", "del"}, c.args[0]) {
		skip(c.step, "there is nothing to refresh or to clean up")
		return
	}
	if c.building {
		skip(c.step, "tools for compiling; only wheels are installed")
		return
	}
	leave(c.step, "packages: takes Debian's packages, on a Debian base such as python:3.12-slim-bookworm; many wheels bring their libraries along")
}
