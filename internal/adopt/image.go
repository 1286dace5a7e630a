package adopt

import (
	"path"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/adopt/draft"
	"github.com/assemble-image/assemble/internal/adopt/stage"
	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// uvImage is an image that has uv and a Python (uv's documentation, "Available
// images").
var uvImage = lazyregexp.New(`astral(?:-sh)?/uv:(?:[0-9.]+-)?python([0-9.]+)-([a-z]+)(-slim)?$`)

// image takes over what the last stage comes to, but for its files and wheels.
func (b *builder) image(r *stage.Result) {
	s, d := r.State, b.draft
	b.base(s)
	if s.Platform != "" && b.opt.Platform == "" && strings.HasPrefix(s.Platform, "linux/") {
		d.Set("platform", draft.Item{Text: s.Platform, From: s.From.Place})
	}
	for _, p := range s.Packages {
		d.Add("packages", draft.Item{Text: p.Value, From: p.Step.Place})
		b.unknownField("packages", p.Step, "list "+p.Value+" where this version of assemble takes Debian packages, or take a base that has it")
	}
	b.user(s)
	if s.Workdir.Step != nil {
		d.Set("workdir", draft.Item{Text: s.Workdir.Value, From: s.Workdir.Step.Place})
	}
	b.env(s)
	for _, l := range s.Labels {
		d.Add("labels", draft.Item{Key: l.Key, Text: l.Value, From: l.Step.Place})
	}
	for _, l := range s.Links {
		d.Add("links", draft.Item{Key: l.Key, Text: l.Value, From: l.Step.Place})
		b.unknownField("links", l.Step, "make the link beforehand, and list it under app:")
	}
	for _, v := range s.Touched {
		d.Add("empty_files", draft.Item{Text: v.Value, From: v.Step.Place})
	}
	if s.Signal.Step != nil {
		d.Set("stop_signal", draft.Item{Text: s.Signal.Value, From: s.Signal.Step.Place})
		b.unknownField("stop_signal", s.Signal.Step, "set it where the image is run (stop_signal of Compose, docker run --stop-signal)")
	}
	if s.Zone.Step != nil {
		d.Set("timezone", draft.Item{Text: s.Zone.Value, From: s.Zone.Step.Place})
	}
	b.ports(s.Ports)
	b.process("entrypoint", s, s.Entrypoint)
	b.process("cmd", s, s.Cmd)
	if s.Health != nil {
		b.health(s)
	}
}

// env takes over the variables that the image needs.
func (b *builder) env(s *stage.State) {
	kept := map[*draft.Step]bool{}
	for _, e := range s.EnvToKeep() {
		kept[e.Step] = true
		b.draft.Add("env", draft.Item{Key: e.Key, Text: stage.ConfigEnv(e.Value), From: e.Step.Place})
	}
	for _, e := range s.Env {
		if !kept[e.Step] && e.Step.Status == draft.Carried {
			e.Step.Status, e.Step.Note = draft.Unneeded, "it is for a virtual environment, which the image doesn't need"
		}
	}
}

// unknownField leaves a step whose field the config doesn't have.
func (b *builder) unknownField(field string, step *draft.Step, how string) {
	if !draft.Knows(field) {
		step.Status, step.Note = draft.Left, how
	}
}

// base is what the stage is built upon.
func (b *builder) base(s *stage.State) {
	if s.Base == "" || s.Base == "scratch" {
		b.plainBase()
		if s.Base != "" {
			s.From.Status, s.From.Note = draft.Left, "an empty base has no Python; name one that has"
		}
		return
	}
	item := draft.Item{List: []string{s.Base}, From: s.From.Place}
	if m := uvImage.FindStringSubmatch(s.Base); m != nil {
		item.List = []string{"python:" + m[1] + m[3] + "-" + m[2]}
		item.Note = "the same without uv, which installs nothing here"
	}
	if !hasPython(item.List[0]) {
		item.Note = "if it has no Python, take one such as python:3.12-slim-bookworm"
	}
	b.draft.Set("base", item)
}

// hasPython guesses by the name whether an image has a Python.
func hasPython(name string) bool {
	return strings.Contains(name, "python") || strings.Contains(name, "pypy") || strings.Contains(name, "fastapi") || strings.Contains(name, "jupyter") || strings.Contains(name, "pytorch")
}

// plainBase is the base where no Dockerfile names one: of the Python that the
// project is for.
func (b *builder) plainBase() {
	item := draft.Item{List: defaults().Base, Note: "take the Python that the project is for"}
	if v := b.project.Python; v != "" {
		item = draft.Item{List: []string{"python:" + v + "-slim-bookworm"}, Note: "the Python that the project is for"}
	}
	b.draft.Set("base", item)
}

// ports are written on one line.
func (b *builder) ports(list []stage.Setting) {
	var tcp []string
	for _, p := range list {
		if strings.Contains(p.Value, "/") && !draft.KnowsPort() {
			p.Step.Status, p.Step.Note = draft.Left, "ports are TCP's; others needn't be listed to be used"
			continue
		}
		tcp = append(tcp, p.Value)
	}
	if len(tcp) > 0 {
		b.draft.Set("ports", draft.Item{Text: "[" + strings.Join(tcp, ", ") + "]", Int: true, From: list[0].Step.Place})
	}
}

// process is entrypoint or cmd.
func (b *builder) process(field string, s *stage.State, p *stage.Process) {
	if p == nil {
		return
	}
	args, note := s.Program(p.Args)
	if args == nil {
		args = []string{}
	}
	if rest := withoutInit(args); rest != nil && field == "entrypoint" && draft.Knows("init") {
		b.draft.Set("init", draft.Item{Text: "true", Int: true, From: p.Step.Place, Note: "needs tini among packages, unless the base has it"})
		if args, note = s.Program(rest); len(args) == 0 {
			return
		}
	}
	b.draft.Set(field, draft.Item{List: args, From: p.Step.Place, Note: join(p.Note, note)})
}

// withoutInit returns what tini starts, nil where it isn't tini that starts it or
// where it has options.
func withoutInit(args []string) []string {
	if len(args) == 0 || path.Base(args[0]) != "tini" {
		return nil
	}
	rest := args[1:]
	if len(rest) > 0 && rest[0] == "-g" {
		rest = rest[1:]
	}
	if len(rest) > 0 && rest[0] == "--" {
		return rest[1:]
	}
	return nil
}

// health is the smoke test's, and Docker's own where the config has it.
func (b *builder) health(s *stage.State) {
	h := s.Health
	if h.None {
		h.Step.Status, h.Step.Note = draft.Unneeded, "there is none"
		if draft.Knows("healthcheck") {
			b.draft.Set("healthcheck", draft.Item{Key: "disable", Text: "true", Int: true, From: h.Step.Place})
			h.Step.Status, h.Step.Field = draft.Carried, "healthcheck"
		}
		return
	}
	args, _ := s.Program(h.Args)
	b.smoke(args, h.Shell, s.Lookup, h.Step.Place)
	if !draft.Knows("healthcheck") {
		return
	}
	command := draft.Item{Key: "command", List: args, From: h.Step.Place}
	if h.Shell {
		command.List = []string{"/bin/sh", "-c", args[0]}
	}
	b.draft.Add("healthcheck", command)
	for _, t := range h.Times {
		b.draft.Add("healthcheck", draft.Item{Key: t.Key, Text: t.Value, Int: true})
	}
}

// smoke is the smoke test for a health check: a request where it is one of HTTP,
// else its command.
func (b *builder) smoke(args []string, shell bool, lookup func(string) (string, bool), from draft.Place) {
	text := strings.Join(args, " ")
	if port, place, ok := stage.LocalURL(text, lookup); ok {
		item := draft.Item{Key: "http", From: from, Note: "asked from outside; the image needs no curl for it"}
		if n, err := strconv.Atoi(port); err == nil && n > 0 && n < 65536 {
			item.Map = append(item.Map, draft.Pair{Key: "port", Value: strconv.Itoa(n)})
		}
		item.Map = append(item.Map, draft.Pair{Key: "path", Value: place})
		b.draft.Set("smoke", item)
		return
	}
	if shell {
		args, _ = stage.ShellForm(text, nil)
	}
	if len(args) > 0 {
		b.draft.Set("smoke", draft.Item{Key: "command", List: args, From: from, Note: "must exit with 0 in the running container"})
	}
}
