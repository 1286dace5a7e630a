package configure

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/control"
	"github.com/assemble-image/assemble/internal/debs/shell"
)

// confmodule takes the place of debconf's library for shell scripts, which
// starts the frontend, a program in Perl, and speaks with it. What a script
// may ask is answered here, as the noninteractive frontend does.
const confmodule = `
db_version() { _db version "$@"; }
db_capb() { _db capb "$@"; }
db_title() { _db title "$@"; }
db_stop() { _db stop "$@"; }
db_input() { _db input "$@"; }
db_beginblock() { _db beginblock "$@"; }
db_endblock() { _db endblock "$@"; }
db_go() { _db go "$@"; }
db_get() { _db get "$@"; }
db_set() { _db set "$@"; }
db_reset() { _db reset "$@"; }
db_subst() { _db subst "$@"; }
db_fset() { _db fset "$@"; }
db_fget() { _db fget "$@"; }
db_unregister() { _db unregister "$@"; }
db_register() { _db register "$@"; }
db_purge() { _db purge "$@"; }
db_metaget() { _db metaget "$@"; }
db_info() { _db info "$@"; }
db_progress() { _db progress "$@"; }
db_settitle() { _db settitle "$@"; }
db_data() { _db data "$@"; }
db_clear() { _db clear "$@"; }
db_visible() { _db visible "$@"; }
db_exist() { _db exist "$@"; }
db_previous_module() { _db previous_module "$@"; }
db_x_loadtemplatefile() { _db x_loadtemplatefile "$@"; }
`

// Statuses of debconf's protocol (debconf-devel(7)).
const (
	dbOK           = 0
	dbBadParameter = 10
	dbSyntax       = 20
	dbSkipped      = 30
)

// question is what a script asks for.
type question struct {
	name, template string
	value          string
	set            bool // the value isn't the template's default
	flags          map[string]string
	subst          map[string]string
	owners         []string
}

// debconf has the questions and templates of the packages, and of the base.
type debconf struct {
	templates map[string]control.Stanza
	questions map[string]*question
}

// load makes the questions of a package's templates (po-debconf(7)).
func (d *debconf) load(owner string, data []byte) {
	list, err := control.Parse(data, control.Options{})
	if err != nil {
		return
	}
	for _, t := range list {
		name := t.Get("Template")
		if name == "" {
			name = t.Get("Name")
		}
		if name == "" {
			continue
		}
		d.templates[name] = t
		q := d.questions[name]
		if q == nil {
			q = &question{name: name, template: name}
			d.questions[name] = q
		}
		if !slices.Contains(q.owners, owner) {
			q.owners = append(q.owners, owner)
		}
	}
}

// loadDebconf reads what the base's database has of values.
func (s *session) loadDebconf() {
	d := &debconf{templates: map[string]control.Stanza{}, questions: map[string]*question{}}
	s.debconf = d
	if data, err := s.root.ReadFile("/var/cache/debconf/templates.dat", maxDatabase); err == nil {
		d.load("", data)
	}
	data, err := s.root.ReadFile("/var/cache/debconf/config.dat", maxDatabase)
	if err != nil {
		return
	}
	list, err := control.Parse(data, control.Options{})
	if err != nil {
		return
	}
	for _, r := range list {
		name := r.Get("Name")
		q := d.questions[name]
		if q == nil {
			q = &question{name: name}
			d.questions[name] = q
		}
		q.template = r.Get("Template")
		if v, ok := r.Lookup("Value"); ok {
			q.value, q.set = v.Folded(), true
		}
	}
}

// command is one command of debconf's protocol; what it gives goes to $RET.
func (s *session) debconfCommand(c *shell.Call) int {
	if len(c.Args) == 0 {
		return dbSyntax
	}
	args := c.Args[1:]
	arg := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	give := func(status int, text string) int {
		c.Setenv("RET", text)
		return status
	}
	switch c.Args[0] {
	case "version":
		return give(dbOK, "2.0")
	case "capb":
		return give(dbOK, "multiselect escape")
	case "title", "settitle", "stop", "beginblock", "endblock", "info", "progress", "clear", "previous_module":
		return give(dbOK, "")
	case "go":
		return give(dbOK, "ok")
	case "visible":
		return give(dbOK, "false")
	case "x_loadtemplatefile":
		data, err := s.root.ReadFile(c.Path(arg(0)), maxScript)
		if err != nil {
			return give(dbBadParameter, "cannot read "+arg(0))
		}
		s.debconf.load(arg(1), data)
		return give(dbOK, "")
	case "register":
		return s.register(give, arg(0), arg(1))
	case "purge":
		for name, q := range s.debconf.questions {
			if slices.Contains(q.owners, s.current.name) {
				delete(s.debconf.questions, name)
			}
		}
		return give(dbOK, "")
	}
	name := arg(0)
	if c.Args[0] == "input" {
		name = arg(1)
	}
	q := s.debconf.questions[name]
	if c.Args[0] == "exist" {
		return give(dbOK, fmt.Sprint(q != nil))
	}
	if q == nil {
		return give(dbBadParameter, name+" doesn't exist")
	}
	return s.ask(c.Args[0], q, arg, args, give)
}

func (s *session) register(give func(int, string) int, template, name string) int {
	if _, known := s.debconf.templates[template]; !known {
		return give(dbBadParameter, "no such template, "+template)
	}
	s.debconf.questions[name] = &question{name: name, template: template, owners: []string{s.current.name}}
	return give(dbOK, "")
}

func (s *session) ask(command string, q *question, arg func(int) string, args []string, give func(int, string) int) int {
	switch command {
	case "input":
		return give(dbSkipped, "question skipped")
	case "get":
		return give(dbOK, s.debconf.valueOf(q))
	case "set":
		q.value, q.set = strings.Join(args[min(1, len(args)):], " "), true
		return give(dbOK, "value set")
	case "reset":
		q.value, q.set = "", false
		if q.flags != nil {
			q.flags["seen"] = "false"
		}
		return give(dbOK, "")
	case "subst":
		if q.subst == nil {
			q.subst = map[string]string{}
		}
		q.subst[arg(1)] = strings.Join(args[min(2, len(args)):], " ")
		return give(dbOK, "")
	case "fset":
		if q.flags == nil {
			q.flags = map[string]string{}
		}
		q.flags[arg(1)] = arg(2)
		return give(dbOK, arg(2))
	case "fget":
		if v := q.flags[arg(1)]; v != "" {
			return give(dbOK, v)
		}
		return give(dbOK, "false")
	case "unregister":
		delete(s.debconf.questions, q.name)
		return give(dbOK, "")
	case "metaget":
		return s.debconf.meta(q, arg(1), give)
	}
	return give(dbSyntax, "Unsupported command \""+command+"\"")
}

func (d *debconf) valueOf(q *question) string {
	if q.set {
		return q.value
	}
	t := d.templates[q.template]
	return t.Get("Default")
}

func (d *debconf) meta(q *question, field string, give func(int, string) int) int {
	if field == "owners" {
		return give(dbOK, strings.Join(q.owners, ", "))
	}
	if field == "value" {
		return give(dbOK, d.valueOf(q))
	}
	t := d.templates[q.template]
	f, ok := t.Lookup(field)
	if !ok {
		return give(dbBadParameter, field+" does not exist")
	}
	text, _, _ := strings.Cut(f.Value, "\n")
	for _, k := range slices.Sorted(maps.Keys(q.subst)) {
		text = strings.ReplaceAll(text, "${"+k+"}", q.subst[k])
	}
	return give(dbOK, text)
}
