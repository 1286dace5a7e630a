package stage

import (
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/adopt/draft"
	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// Kind says what an Install installs.
type Kind int

// What installs may be.
const (
	File   Kind = iota // a requirements file, by its path in the context
	Loose              // a requirement that stands in the Dockerfile
	Local              // the project itself, as a wheel
	Wheels             // wheels of the context, by pattern
	UVLock             // uv sync
	Poetry             // poetry install
	Pipenv             // pipenv install
	PDM                // pdm install
	Index              // a package index
	Links              // a place that lists wheels
)

// Install is Python packages that a Dockerfile installs.
type Install struct {
	Kind Kind
	// Value is the file, the requirement, the URL.
	Value string
	// Extras and Groups were asked for; Dev says that those for development were.
	Extras, Groups []string
	Dev            bool
	Step           *draft.Step
}

func (c *command) installs(kind Kind, value string) {
	c.in.result.Installs = append(c.in.result.Installs, Install{Kind: kind, Value: value, Step: c.step})
}

// tools are packages that only installing needs.
var tools = []string{"pip", "setuptools", "wheel", "poetry", "poetry-core", "poetry-plugin-export", "uv", "pipenv", "pip-tools", "virtualenv", "pdm", "build", "cython", "hatch", "hatchling", "certifi-pip", "micropipenv"}

var requirementName = lazyregexp.New(`^[A-Za-z0-9][A-Za-z0-9._-]*`)

const pipValues = "-r --requirement -c --constraint -e --editable -i --index-url --extra-index-url -f --find-links -t --target --prefix --root --python-version --platform " +
	"--cache-dir --timeout --default-timeout --retries --trusted-host --no-binary --only-binary --progress-bar --proxy --cert --client-cert --src --upgrade-strategy " +
	"--config-settings --global-option --log -w --wheel-dir --python -p --index-strategy --requirements --link-mode -b --break --group --extra --index --default-index --override -C --report --exists-action -d --dest"

// pip is pip install, pip wheel, and what else pip does.
func pip(c *command) { c.pip(c.args) }

func (c *command) pip(args []string) {
	verb, args := verbOf(args)
	switch verb {
	case "install", "wheel", "sync", "download":
	case "uninstall":
		leave(c.step, "exclude: [NAME] leaves a package out of what others require")
		return
	default:
		skip(c.step, "it installs nothing")
		return
	}
	p := pipRun{command: c, carried: "lock"}
	p.read(args)
	if verb == "wheel" || verb == "download" {
		if p.dest == "" {
			p.dest = "."
		}
		c.s.wheels = append(c.s.wheels, c.here(p.dest))
	}
	p.judge()
}

// pipRun is one run of pip install.
type pipRun struct {
	*command
	carried string
	dest    string // of pip wheel
	left    []string
	n       int // what was carried over
	tools   int
}

// read takes options and requirements.
func (p *pipRun) read(args []string) {
	values := strings.Fields(pipValues)
	for i := 0; i < len(args); i++ {
		name, value, has := strings.Cut(args[i], "=")
		switch {
		case !strings.HasPrefix(name, "-"):
			p.requirement(args[i])
			continue
		case len(name) > 2 && name[1] != '-' && slices.Contains(values, name[:2]): // -rrequirements.txt
			name, value = name[:2], args[i][2:]
		case !has && slices.Contains(values, name) && i+1 < len(args):
			i++
			value = args[i]
		}
		p.option(name, value)
	}
}

func (p *pipRun) option(name, value string) {
	switch name {
	case "-r", "--requirement", "--requirements":
		p.file(value)
	case "-c", "--constraint", "--override":
		p.left = append(p.left, "add the line `-c "+draft.Line(path.Base(value))+"` to the requirements file")
	case "-e", "--editable":
		p.project(value, true)
	case "-i", "--index-url", "--default-index":
		p.index(Index, value)
	case "--extra-index-url", "--index":
		p.extra(value)
	case "-f", "--find-links":
		if strings.Contains(value, "://") {
			p.index(Links, value)
		}
	case "-t", "--target", "--prefix", "--root":
		p.s.venvs = append(p.s.venvs, p.here(value))
	case "--user":
		p.s.venvs = append(p.s.venvs, "/root/.local")
	case "-w", "--wheel-dir", "-d", "--dest":
		p.dest = value
	case "--no-binary":
		p.left = append(p.left, "--no-binary: only wheels are installed; build one (pip wheel --no-binary …) and name it under wheels:")
	case "--pre":
		p.left = append(p.left, "assemble lock --pre takes pre-releases")
	}
}

// file is -r FILE: the path in the image is traced back to the context.
func (p *pipRun) file(value string) {
	from, ok := p.source(value)
	if !ok {
		from = path.Base(value)
		p.left = append(p.left, "nothing copies "+draft.Line(value)+" into the image: lock it where it is")
	} else {
		p.n++
	}
	p.installs(File, from)
}

// source traces a file of the image back to the context, by bind mounts first.
func (c *command) source(value string) (string, bool) {
	if strings.Contains(value, "://") {
		return "", false
	}
	at := c.here(value)
	for _, m := range c.mounts {
		if string(m.Type) == "bind" && m.From == "" && absolute(c.s, m.Target) == at {
			return strings.TrimPrefix(path.Join("/", m.Source), "/"), true
		}
		if rest, ok := strings.CutPrefix(at, absolute(c.s, m.Target)+"/"); ok && string(m.Type) == "bind" && m.From == "" {
			return strings.TrimPrefix(path.Join("/", m.Source, rest), "/"), true
		}
	}
	for i := len(c.s.Copies) - 1; i >= 0; i-- {
		if from, ok := c.in.tracedTo(c.s.Copies[i], at); ok {
			return from, true
		}
	}
	return "", false
}

// tracedTo returns the file of the context that a COPY puts at a path.
func (in *interpreter) tracedTo(c Copy, at string) (string, bool) {
	to := path.Clean(c.To)
	if strings.ContainsAny(c.From, "*?[") {
		ok, err := path.Match(path.Base(c.From), path.Base(at))
		return path.Join(path.Dir(c.From), path.Base(at)), ok && err == nil && path.Dir(at) == to
	}
	if at == to {
		return c.From, true
	}
	if looksLikeFile(c.From) && !in.isDir(c.From) {
		return c.From, at == path.Join(to, path.Base(c.From))
	}
	rest, ok := strings.CutPrefix(at, strings.TrimSuffix(to, "/")+"/")
	return path.Join(c.From, rest), ok
}

// looksLikeFile guesses by its name what isn't here.
func looksLikeFile(name string) bool {
	base := path.Base(name)
	return strings.Contains(strings.TrimLeft(base, "."), ".") || base == "Makefile" || base == "Pipfile" || base == "LICENSE"
}

// requirement is a name with a version, a path, a URL.
func (p *pipRun) requirement(text string) {
	switch {
	case strings.Contains(text, "git+") || strings.Contains(text, "hg+"):
		p.left = append(p.left, "a repository: build a wheel of it beforehand (pip wheel --no-deps --wheel-dir dist …) and name it under wheels:")
	case strings.HasSuffix(text, ".whl") || p.s.hasWheels(p.here(strings.TrimSuffix(text, "*"))) && strings.Contains(text, "/"):
		p.wheel(text)
	case strings.Contains(text, "://"):
		p.left = append(p.left, "a URL: download the wheel, or build one of the source, and name it under wheels:")
	case strings.HasPrefix(text, ".") || strings.HasPrefix(text, "/"):
		p.path(text)
	case text == "" || text == "+":
	default:
		name := strings.ToLower(requirementName.FindString(text))
		if slices.Contains(tools, name) {
			p.tools++
			return
		}
		if p.unknown && strings.ContainsAny(text, "$`") {
			p.left = append(p.left, "only running it tells which packages these are; list them in a requirements file")
			return
		}
		p.n++
		p.installs(Loose, text)
	}
}

// path is the project in a directory, or what another stage has there.
func (p *pipRun) path(text string) {
	dir, _, _ := strings.Cut(text, "[")
	at := p.here(strings.TrimSuffix(dir, "*"))
	for _, m := range p.mounts {
		i := p.in.stageOf(m.From, len(p.in.states))
		if i < 0 || p.in.states[i] == nil {
			continue
		}
		if rest, ok := strings.CutPrefix(at, absolute(p.s, m.Target)); ok && m.Target != "" && p.in.states[i].hasWheels(path.Join("/", m.Source, rest)) {
			p.n++
			return
		}
	}
	_, traced := p.source(dir)
	if !traced && path.IsAbs(dir) && at != path.Clean(*p.cwd) {
		p.left = append(p.left, "nothing copies "+draft.Line(dir)+" into the image: build a wheel of it, and name it under wheels:")
		return
	}
	p.project(text, false)
}

// wheel is a path of wheels: those that a stage made come by the lock, those of
// the context by their own path.
func (p *pipRun) wheel(text string) {
	p.n++
	dir := p.here(path.Dir(text))
	for _, c := range p.s.Copies {
		if strings.HasSuffix(c.From, ".whl") && (path.Clean(c.To) == dir || c.To == p.here(text)) {
			p.installs(Wheels, c.From)
			return
		}
	}
}

// project is the project in a directory.
func (p *pipRun) project(text string, editable bool) {
	dir, extras, _ := strings.Cut(text, "[")
	i := Install{Kind: Local, Value: dir, Step: p.step, Dev: editable}
	if list := strings.TrimSuffix(extras, "]"); list != "" {
		i.Extras = strings.Split(strings.ReplaceAll(list, " ", ""), ",")
	}
	p.n++
	p.in.result.Installs = append(p.in.result.Installs, i)
}

// index is a package index; its credentials aren't kept.
func (p *pipRun) index(kind Kind, text string) {
	clean, secret := withoutPassword(text)
	if clean == "" {
		p.left = append(p.left, "name the index by index: [URL]")
		return
	}
	if secret {
		p.left = append(p.left, "the credentials of the index belong into netrc, or into ASSEMBLE_INDEX_USERNAME and ASSEMBLE_INDEX_PASSWORD")
	}
	p.installs(kind, clean)
}

func (p *pipRun) extra(text string) {
	clean, _ := withoutPassword(text)
	if clean == "" {
		clean = "URL"
	}
	p.left = append(p.left, "put the line `--extra-index-url "+clean+"` at the head of the requirements file, so that it is asked beside the usual index")
}

// withoutPassword takes user and password off a URL, "" if it is none.
func withoutPassword(text string) (clean string, secret bool) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.ContainsAny(text, "$`") {
		return "", false
	}
	secret = u.User != nil
	u.User = nil
	return u.String(), secret
}

// judge says what has become of the command.
func (p *pipRun) judge() {
	switch {
	case len(p.left) > 0:
		leave(p.step, strings.Join(p.left, "; "))
	case p.n > 0:
		carry(p.step, p.carried)
	case p.tools > 0:
		skip(p.step, "only installing needs these")
	default:
		skip(p.step, "it installs nothing of its own")
	}
}
