package config

import (
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Command is a program and its arguments.
type Command []string

var typeCommand = reflect.TypeFor[Command]()

// shellCommand is what runs a text as a shell does. The shell is the one that
// Docker takes.
func shellCommand(text string) Command { return Command{"/bin/sh", "-c", text} }

// UsesShell reports whether the command is one that a shell runs, as {shell:
// TEXT} is.
func (c Command) UsesShell() bool { return len(c) > 2 && c[0] == "/bin/sh" && c[1] == "-c" }

// InheritsCmd reports whether the base's cmd stays beside an entrypoint of our own.
func (c *Config) InheritsCmd() bool { return c.inherits["cmd"] && c.Cmd == nil }

// command decodes a command that isn't a list: {shell: TEXT}, or the word that
// stands for the base's.
func (d *decoder) command(path string, n ast.Node, v reflect.Value) {
	if m, ok := n.(ast.MapNode); ok {
		d.shell(path, n, m, v)
		return
	}
	text, isText := textOf(n)
	switch {
	case text == inheritBase && isText && (path == "entrypoint" || path == "cmd"):
		if d.c.inherits == nil {
			d.c.inherits = map[string]bool{}
		}
		d.c.inherits[path] = true
	case isText:
		d.add(tokenOf(n), path, "is a string; it should be a list, [%s], since no shell splits it; {shell: TEXT} has one do it",
			strings.Join(strings.Fields(text), ", "))
	default:
		d.add(tokenOf(n), path, "is %s; it should be a list", describe(n))
	}
}

// shell decodes {shell: TEXT}.
func (d *decoder) shell(path string, n ast.Node, m ast.MapNode, v reflect.Value) {
	var text string
	problems := len(d.problems)
	for _, e := range d.entries(path, m) {
		if e.key != "shell" {
			d.add(e.at, join(path, e.key), "no such field; a command is a list, or {shell: TEXT}")
			continue
		}
		d.value(join(path, e.key), e.value, reflect.ValueOf(&text).Elem())
	}
	switch {
	case strings.TrimSpace(text) != "":
		v.Set(reflect.ValueOf(shellCommand(text)))
	case len(d.problems) == problems:
		d.add(tokenOf(n), path, "has no text for the shell")
	}
}

// commandSchema is what a command may be.
func commandSchema(path string, list *schema) *schema {
	shell := &schema{
		Type: "object", Required: []string{"shell"}, Additional: false,
		Properties: map[string]*schema{"shell": {Type: "string"}},
	}
	either := []*schema{list, shell}
	if path == "entrypoint" || path == "cmd" {
		either = append(either, &schema{Type: "string", Enum: []string{inheritBase}})
	}
	return &schema{OneOf: either}
}
