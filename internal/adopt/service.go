package adopt

import (
	"path/filepath"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/adopt/compose"
	"github.com/assemble-image/assemble/internal/adopt/draft"
	"github.com/assemble-image/assemble/internal/adopt/project"
	"github.com/assemble-image/assemble/internal/adopt/stage"
)

// compose finds the service of a Compose file that is built here.
func (b *builder) compose(dockerfile string) {
	for _, name := range compose.Names {
		text, err := project.ReadText(b.dir, name)
		if err != nil {
			continue
		}
		f, err := compose.Parse([]byte(text))
		if err != nil {
			b.left(name, 0, "the whole file", "it can't be read: "+draft.OneLine(err.Error()))
			return
		}
		built := f.Built(dockerfile)
		if len(built) == 0 {
			b.elsewhere(name, f)
			return
		}
		b.service, b.composeName = &built[0], name
		b.read(name, "the service "+built[0].Name)
		for _, other := range built[1:] {
			b.left(name, other.Line, "service "+other.Name, "it is of the same image: give it its command where it is run, or a config of its own (assemble push -f)")
		}
		return
	}
}

// elsewhere tells which services are built in other directories.
func (b *builder) elsewhere(name string, f *compose.File) {
	for _, s := range f.Services {
		if s.Context != "" && filepath.IsLocal(s.Context) && !strings.Contains(s.Context, "$") {
			b.read(name, "it builds "+s.Name+" in "+s.Context+": assemble init "+quoteArg(filepath.ToSlash(filepath.Join(b.name, s.Context))))
		}
	}
}

// composeStep records a step of the Compose file.
func (b *builder) composeStep(line int, text string, status draft.Status, what string) {
	s := draft.Step{Place: draft.Place{File: b.composeName, Line: line}, Text: text, Status: status, Note: what}
	if status == draft.Carried {
		s.Field, s.Note = what, ""
	}
	b.draft.Step(s)
}

const whereRun = "it is said where the image is run, and stays there"

// composed takes over what the service says, where the Dockerfile doesn't.
func (b *builder) composed(dockerfile bool) {
	s := b.service
	if s == nil {
		return
	}
	b.composedPorts(s)
	b.composedEnv(s)
	b.composedCommands(s, dockerfile)
	b.composedHealth(s)
	b.composedValue("user", s.User)
	b.composedValue("workdir", s.WorkingDir)
	b.composedValue("stop_signal", s.StopSignal)
	for _, v := range s.EnvFiles {
		if b.exists(strings.TrimPrefix(v.Text, "./")) && !hasKey(b.draft.Fields["smoke"], "env_file") {
			b.draft.Add("smoke", draft.Item{Key: "env_file", Text: v.Text, From: draft.Place{File: b.composeName, Line: v.Line}, Note: "for the test alone; it doesn't go into the image"})
			b.composeStep(v.Line, "env_file: "+v.Text, draft.Carried, "smoke")
			continue
		}
		b.composeStep(v.Line, "env_file: "+v.Text, draft.Unneeded, whereRun)
	}
	for _, v := range s.Volumes {
		b.draft.Add("dirs", draft.Item{Text: v.Text, From: draft.Place{File: b.composeName, Line: v.Line}, Note: "a volume is mounted there"})
		b.composeStep(v.Line, "volume "+v.Text, draft.Carried, "dirs")
	}
	for _, v := range s.Others {
		b.composeStep(v.Line, v.Text+": …", draft.Unneeded, whereRun)
	}
	if s.Init != nil && s.Init.Text == "true" {
		b.composeStep(s.Init.Line, "init: true", draft.Unneeded, whereRun)
	}
}

func (b *builder) composedValue(field string, v *compose.Value) {
	switch {
	case v == nil:
	case b.draft.Has(field) || !draft.Knows(field) || strings.Contains(v.Text, "$"):
		b.composeStep(v.Line, field+": "+v.Text, draft.Unneeded, whereRun)
	default:
		b.draft.Set(field, draft.Item{Text: v.Text, From: draft.Place{File: b.composeName, Line: v.Line}})
		b.composeStep(v.Line, field+": "+v.Text, draft.Carried, field)
	}
}

func (b *builder) composedPorts(s *compose.Service) {
	var list []string
	if text := strings.Trim(b.draft.Get("ports"), "[]"); text != "" {
		list = strings.Split(text, ", ")
	}
	item := draft.Item{Int: true}
	if old := b.draft.Fields["ports"]; len(old) > 0 {
		item = old[0]
	}
	for _, p := range s.Ports {
		n, err := strconv.Atoi(strings.TrimSuffix(p.Text, "/tcp"))
		if err != nil || n < 1 || n > 65535 {
			b.composeStep(p.Line, "port "+p.Text, draft.Left, "write the port's number into the config, if it is one of TCP")
			continue
		}
		known := false
		for _, l := range list {
			known = known || l == strconv.Itoa(n)
		}
		if !known {
			list = append(list, strconv.Itoa(n))
			item.From = draft.Place{File: b.composeName, Line: p.Line}
		}
		b.composeStep(p.Line, "port "+p.Text, draft.Carried, "ports")
	}
	if len(list) > 0 {
		item.Text = "[" + strings.Join(list, ", ") + "]"
		b.draft.Set("ports", item)
	}
}

// composedEnv takes over values that stand there as they are, and aren't secret.
func (b *builder) composedEnv(s *compose.Service) {
	for _, e := range s.Environment {
		const dollar = "\x00" // $$ is one
		value := strings.ReplaceAll(e.Value, "$$", dollar)
		variable := strings.Contains(value, "$")
		value = strings.ReplaceAll(value, dollar, "$")
		switch {
		case !e.Set || variable:
			b.composeStep(e.Line, e.Name+"=…", draft.Unneeded, whereRun)
		case stage.IsSecret(e.Name, value):
			b.composeStep(e.Line, e.Name+"=…", draft.Left, "it looks like a secret, which anyone who has the image could read; give it where the image is run, and to the test by smoke.env_file")
		case hasKey(b.draft.Fields["env"], e.Name):
			b.composeStep(e.Line, e.Name+"="+e.Value, draft.Unneeded, "the Dockerfile's is in the image; "+whereRun)
		default:
			b.draft.Add("env", draft.Item{Key: e.Name, Text: strings.ReplaceAll(value, "$", "$$"), From: draft.Place{File: b.composeName, Line: e.Line}, Note: "take it out if it is for this one place"})
			b.composeStep(e.Line, e.Name+"="+e.Value, draft.Carried, "env")
		}
	}
}

func hasKey(items []draft.Item, key string) bool {
	for _, i := range items {
		if i.Key == key {
			return true
		}
	}
	return false
}

// composedCommands takes the service's entrypoint and command, where the image
// would have none, or where the Dockerfile only begins one.
func (b *builder) composedCommands(s *compose.Service, dockerfile bool) {
	b.composedCommand("entrypoint", s.Entrypoint, b.draft.Has("entrypoint"))
	b.composedCommand("cmd", s.Command, b.draft.Has("cmd") || dockerfile && b.draft.Has("entrypoint"))
}

// composedCommand takes one of them over, unless the image has it already.
func (b *builder) composedCommand(field string, c *compose.Command, has bool) {
	if c == nil {
		return
	}
	args, note := c.List, ""
	if c.Text != "" {
		if args, note = stage.ShellForm(c.Text, nil); len(args) > 0 && args[0] != "/bin/sh" {
			note = ""
		}
	}
	text := field + ": " + strings.Join(args, " ")
	switch {
	case has:
		b.composeStep(c.Line, text, draft.Unneeded, "the Dockerfile's is in the image; "+whereRun)
	case strings.Contains(strings.Join(args, " "), "${"), len(args) == 0:
		b.composeStep(c.Line, text, draft.Unneeded, whereRun)
	default:
		b.draft.Set(field, draft.Item{List: args, From: draft.Place{File: b.composeName, Line: c.Line}, Note: note})
		b.composeStep(c.Line, text, draft.Carried, field)
	}
}

func (b *builder) composedHealth(s *compose.Service) {
	if s.Health == nil {
		return
	}
	from := draft.Place{File: b.composeName, Line: s.Health.Line}
	if b.draft.Has("smoke") || len(s.Health.Args) == 0 {
		b.composeStep(s.Health.Line, "healthcheck", draft.Unneeded, whereRun)
		return
	}
	env := func(name string) (string, bool) {
		for _, e := range s.Environment {
			if e.Name == name {
				return e.Value, e.Set
			}
		}
		return "", false
	}
	b.smoke(s.Health.Args, s.Health.Shell, env, from)
	b.composeStep(s.Health.Line, "healthcheck: "+strings.Join(s.Health.Args, " "), draft.Carried, "smoke")
}
