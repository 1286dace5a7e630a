package doctor

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/doctor/command"
	"github.com/assemble-image/assemble/internal/doctor/image"
	"github.com/assemble-image/assemble/internal/doctor/python"
)

// start looks at what a container of the image would do first.
func (x *examination) start() {
	x.account()
	x.health()
	argv := slices.Concat(x.want.Config.Entrypoint, x.want.Config.Cmd)
	if len(argv) == 0 || !x.want.Command {
		return
	}
	x.begin = command.Read(argv, x.env)
	if !x.programs() {
		return // what it would load is beside the point
	}
	for _, m := range x.begin.Modules {
		x.startModule(m)
	}
	for _, s := range x.begin.Scripts {
		x.startScript(s)
	}
	x.gunicorn()
}

// programs checks the programs that the command starts, and reports whether all
// are there.
func (x *examination) programs() bool {
	if !x.runs() {
		return false
	}
	for _, name := range x.begin.Programs {
		if name == "" {
			return false // a variable's
		}
		n := x.find(name)
		if n == nil {
			x.add(x.noProgram(name))
			return false
		}
		if !x.executable(n) {
			x.add(Finding{
				ID: IDNotExecutable, Severity: Error, About: name, Paths: []string{n.Path},
				Text: fmt.Sprintf("%s, which the image starts, is not executable for its user (mode %#o)", n.Path, n.Mode.Perm()),
				Fix:  "make the file executable (chmod +x), or start it by its interpreter",
			})
			return false
		}
		if !x.startable(n) {
			return false
		}
	}
	return true
}

// runs reports whether the image has programs at all. The embedded base has none,
// not even an interpreter, and nothing can be said of what is started there.
func (x *examination) runs() bool {
	n := x.img.Tree.Lookup(x.img.Target.Facts.Python.Executable)
	return n == nil || n.Note != nil
}

func (x *examination) noProgram(name string) Finding {
	f := Finding{ID: IDNoProgram, Severity: Error, About: name}
	if strings.Contains(name, "/") {
		f.Text = fmt.Sprintf("%s, which the image starts, isn't in it", name)
	} else {
		f.Text = fmt.Sprintf("program %q, which the image starts, isn't on its PATH (%s)", name, strings.Join(x.path(), ":"))
	}
	if pkg := programPackages[path.Base(name)]; pkg != "" {
		f.Packages = []string{pkg}
		f.Fix = fmt.Sprintf("add %s to packages", pkg)
	} else if project := programProjects[path.Base(name)]; project != "" {
		f.Fix = fmt.Sprintf("add %s to the lock", project)
	}
	return f
}

// programPackages are Debian's packages of programs that images start.
var programPackages = map[string]string{
	"tini": "tini", "dumb-init": "dumb-init", "gosu": "gosu", "bash": "bash", "curl": "curl", "nginx": "nginx-light", "supervisord": "supervisor",
	"node": "nodejs", "java": "default-jre-headless", "git": "git", "ffmpeg": "ffmpeg", "su-exec": "gosu", "cron": "cron", "redis-server": "redis-server",
	"catatonit": "catatonit", "Xvfb": "xvfb", "xvfb-run": "xvfb", "wget": "wget", "nc": "netcat-openbsd", "envsubst": "gettext-base", "jq": "jq",
}

// programProjects are the Python projects of such programs.
var programProjects = map[string]string{
	"gunicorn": "gunicorn", "uvicorn": "uvicorn", "hypercorn": "hypercorn", "daphne": "daphne", "celery": "celery", "flask": "flask", "fastapi": "fastapi-cli",
	"streamlit": "streamlit", "waitress-serve": "waitress", "granian": "granian", "dramatiq": "dramatiq", "rq": "rq", "alembic": "alembic", "django-admin": "django",
	"jupyter": "jupyter-core", "uwsgi": "uwsgi", "ddtrace-run": "ddtrace", "opentelemetry-instrument": "opentelemetry-distro", "newrelic-admin": "newrelic", "honcho": "honcho",
}

// path is the image's PATH.
func (x *examination) path() []string { return base.SearchPath(x.env["PATH"]) }

// find is the file that the kernel or a shell takes for a program, nil for none.
func (x *examination) find(name string) *image.Node {
	if strings.Contains(name, "/") {
		if n := x.img.Tree.Lookup(path.Join("/", x.under(name))); n != nil && n.Mode.IsRegular() {
			return n
		}
		return nil
	}
	return x.program(name)
}

// under is a path as one of a process in the image's working directory.
func (x *examination) under(p string) string {
	if path.IsAbs(p) {
		return p
	}
	return path.Join("/", x.want.Config.WorkingDir, p)
}

// program is the first file of that name on PATH: one that can be executed before
// one that can't.
func (x *examination) program(name string) *image.Node {
	var first *image.Node
	for _, dir := range x.path() {
		n := x.img.Tree.Lookup(path.Join(dir, name))
		if n == nil || !n.Mode.IsRegular() {
			continue
		}
		if x.executable(n) {
			return n
		}
		if first == nil {
			first = n
		}
	}
	return first
}

const (
	readBit  = 4
	writeBit = 2
	execBit  = 1
)

func (x *examination) executable(n *image.Node) bool {
	return x.uid == 0 && n.Mode&0o111 != 0 || x.uid != 0 && x.may(n, execBit)
}

// may reports whether the image's user may do something with a path. An unknown
// user may do everything.
func (x *examination) may(n *image.Node, bit fs.FileMode) bool {
	switch {
	case x.uid <= 0:
		return true
	case n.UID == x.uid:
		return n.Mode.Perm()>>6&bit != 0
	case slices.Contains(x.gids, n.GID):
		return n.Mode.Perm()>>3&bit != 0
	}
	return n.Mode.Perm()&bit != 0
}

// startable checks what the kernel does with a program: by its ELF header or its
// first line (execve(2)).
func (x *examination) startable(n *image.Node) bool {
	bad := func(about, format string, args ...any) bool {
		x.add(Finding{ID: IDNoInterpreter, Severity: Error, About: about, Paths: []string{n.Path}, Text: fmt.Sprintf(format, args...)})
		return false
	}
	switch note := n.Note; {
	case note == nil:
		return bad(n.Path, "%s, which the image starts, is neither a program nor a script with #! in its first line", n.Path)
	case note.Object != nil:
		o := note.Object
		if o.Machine != x.machine {
			return bad(n.Path, "%s, which the image starts, is a program for another machine (%v)", n.Path, o.Machine)
		}
		if o.Interpreter != "" && x.img.Tree.Lookup(o.Interpreter) == nil {
			return bad(o.Interpreter, "%s, which the image starts, needs the loader %s, which isn't in the image", n.Path, o.Interpreter)
		}
		return true
	case note.Shebang == "":
		return true // broken: nothing is known
	}
	fields := strings.Fields(n.Note.Shebang)
	interpreter := x.img.Tree.Lookup(fields[0])
	switch {
	case strings.HasSuffix(n.Note.Shebang, "\r"):
		return bad(n.Path, "%s, which the image starts, has line ends of Windows: its first line names %q", n.Path, n.Note.Shebang)
	case interpreter == nil || !interpreter.Mode.IsRegular():
		return bad(fields[0], "%s, which the image starts, begins with #!%s, which isn't in the image", n.Path, n.Note.Shebang)
	case path.Base(fields[0]) == "env":
		rest := slices.DeleteFunc(slices.Clone(fields[1:]), func(a string) bool { return strings.HasPrefix(a, "-") || strings.Contains(a, "=") })
		if len(rest) > 0 && x.program(rest[0]) == nil {
			return bad(rest[0], "%s, which the image starts, begins with #!%s, and %s isn't on its PATH", n.Path, n.Note.Shebang, rest[0])
		}
	}
	return true
}

// searchPath is sys.path of what the image starts. All the servers that are known,
// and python -m, look in the working directory first.
func (x *examination) searchPath() *python.Path {
	p := &python.Path{Tree: x.img.Tree, Minor: x.minor}
	dir := "/"
	if wd := x.want.Config.WorkingDir; wd != "" {
		dir = wd
	}
	if x.begin.Dir != "" {
		dir = path.Join(dir, x.begin.Dir)
		if path.IsAbs(x.begin.Dir) {
			dir = x.begin.Dir
		}
	}
	add := func(d string) {
		if !path.IsAbs(d) {
			d = path.Join(dir, d)
		}
		p.Dirs = append(p.Dirs, d)
	}
	for _, d := range x.begin.Path {
		add(d)
	}
	for _, s := range x.begin.Scripts {
		add(path.Dir(s))
	}
	add(".")
	for d := range strings.SplitSeq(x.env["PYTHONPATH"], ":") {
		if d != "" {
			add(d)
		}
	}
	p.Dirs = append(p.Dirs, x.pythonDirs()...)
	return p
}

// pythonDirs are those of the standard library and of installed projects.
func (x *examination) pythonDirs() []string {
	py := x.img.Target.Facts.Python
	lib := path.Join(py.Prefix, "lib", "python"+py.Minor)
	dirs := []string{lib, path.Join(lib, "lib-dynload")}
	if py.Prefix == "/usr" {
		dirs = append(dirs, "/usr/lib/python3")
	}
	dirs = append(dirs, path.Join("/", x.img.Target.Scheme.Purelib), path.Join("/", x.img.Target.Scheme.Platlib))
	return append(dirs, py.Paths...)
}

// startModule checks a module that the image loads when it starts.
func (x *examination) startModule(m command.Module) {
	p := x.searchPath()
	found, missing := p.Find(m.Name)
	if found != nil && m.Run && found.Dirs != nil {
		if _, missing = p.Find(m.Name + ".__main__"); missing != "" {
			x.add(Finding{
				ID: IDNoModule, Severity: Error, About: missing,
				Text: fmt.Sprintf("python -m %s, which the image starts, can't run the package: it has no __main__.py", m.Name),
			})
		}
		return
	}
	if found != nil {
		return
	}
	f := Finding{ID: IDNoModule, Severity: Error, About: missing}
	f.Text = fmt.Sprintf("module %s, which the image loads when it starts, isn't found by Python (in %s)", missing, names(p.Dirs[:max(1, len(p.Dirs)-len(x.pythonDirs()))]))
	if elsewhere := x.elsewhere(m.Name); elsewhere != "" {
		f.Text += fmt.Sprintf("; it is in %s", elsewhere)
		f.Fix = fmt.Sprintf("set workdir: %s, or PYTHONPATH to it", elsewhere)
	} else if project := projectOf(strings.Split(missing, ".")[0]); m.Run && project != "" {
		f.Fix = fmt.Sprintf("add %s to the lock", project)
	}
	x.add(f)
}

// elsewhere is a directory of the app below which the module is.
func (x *examination) elsewhere(module string) string {
	part := strings.ReplaceAll(module, ".", "/")
	best := ""
	x.img.Tree.Each(func(n *image.Node) {
		if x.img.Owners[n.Owner].Kind != OwnerApp || !n.Mode.IsRegular() {
			return
		}
		for _, end := range []string{"/" + part + ".py", "/" + part + "/__init__.py"} {
			if dir, ok := strings.CutSuffix(n.Path, end); ok && (best == "" || len(dir) < len(best) || len(dir) == len(best) && dir < best) {
				best = dir
				if best == "" {
					best = "/"
				}
			}
		}
	})
	return best
}

func (x *examination) startScript(name string) {
	at := x.under(name)
	if x.begin.Dir != "" {
		at = path.Join(x.begin.Dir, name)
	}
	switch n := x.img.Tree.Lookup(at); {
	case n == nil:
		x.add(Finding{ID: IDNoModule, Severity: Error, About: at, Text: fmt.Sprintf("%s, which the image runs when it starts, isn't in it", at)})
	case n.Mode.IsRegular() && !x.may(n, readBit):
		x.add(Finding{ID: IDNotExecutable, Severity: Error, About: at, Text: fmt.Sprintf("%s, which the image runs when it starts, can't be read by its user (mode %#o)", at, n.Mode.Perm())})
	}
}

// gunicorn hints at workers that block where temporary files lie on a disk
// (gunicorn's FAQ, "How do I avoid Gunicorn excessively blocking in os.fchmod?").
func (x *examination) gunicorn() {
	if x.begin.Server != "gunicorn" {
		return
	}
	all := strings.Join(x.begin.Args, " ") + " " + x.env["GUNICORN_CMD_ARGS"]
	if strings.Contains(all, "--worker-tmp-dir") || slices.ContainsFunc(x.begin.Args, func(a string) bool { return a == "-c" || strings.HasPrefix(a, "--config") }) {
		return
	}
	x.add(Finding{
		ID: IDWorkerTemp, Severity: Note, About: "gunicorn",
		Text: "gunicorn's workers keep their heartbeat in /tmp, which is on a disk in a container, and may be killed while it is busy",
		Fix:  "start it with --worker-tmp-dir /dev/shm",
	})
}

// health checks that the port that is asked is one that the image says it has.
func (x *examination) health() {
	if x.want.HealthPort == 0 {
		return
	}
	port := strconv.Itoa(x.want.HealthPort)
	for p := range x.want.Config.ExposedPorts {
		if number, protocol, _ := strings.Cut(p, "/"); number == port && (protocol == "" || protocol == "tcp") {
			return
		}
	}
	x.add(Finding{
		ID: IDHealthPort, Severity: Warning, About: port,
		Text: fmt.Sprintf("the health check asks port %s, which the image doesn't expose", port),
		Fix:  fmt.Sprintf("add %s to ports", port),
	})
}
