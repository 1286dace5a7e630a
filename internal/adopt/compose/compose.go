// Package compose reads a Compose file for what it says of the service that a
// directory is built for. Start with [Parse].
package compose

import (
	"path"
	"slices"
	"strings"
)

// Names are the names of Compose files, in the order in which they count
// (Compose specification, "Compose file").
var Names = []string{"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"}

// File is a Compose file.
type File struct {
	Services []Service
}

// Service is a service that an image is built for.
type Service struct {
	Name string
	Line int
	// Context and Dockerfile say what is built; Context is "" where nothing is.
	Context, Dockerfile, Target string
	Args                        []Pair
	Image                       string
	Platform                    string

	// Command and Entrypoint are lists, or a text that Shell words are in.
	Command, Entrypoint *Command
	Ports               []Value // of the container: "8000", "53/udp"
	Environment         []Pair
	EnvFiles            []Value
	Health              *Health
	User, WorkingDir    *Value
	StopSignal          *Value
	Init                *Value
	Volumes             []Value // places in the container
	// Others are the keys that only whoever runs the image has use for.
	Others []Value
}

// Value is a text with its line.
type Value struct {
	Text string
	Line int
}

// Pair is a name with a value; Set says that there is one.
type Pair struct {
	Name, Value string
	Set         bool
	Line        int
}

// Command is a command, as a list or as one text.
type Command struct {
	List []string
	Text string
	Line int
}

// Health is a health check; see [Service].
type Health struct {
	// Args is what is run; with Shell, a shell runs the only one. Both are empty
	// where the check is turned off.
	Args  []string
	Shell bool
	Line  int
}

// Parse reads a Compose file. Its error is one line.
func Parse(data []byte) (*File, error) {
	root, err := parse(data)
	if err != nil {
		return nil, err
	}
	f := &File{}
	services := root.get("services")
	if services == nil {
		return f, nil
	}
	for i, name := range services.keys {
		f.Services = append(f.Services, service(name, services.values[i]))
	}
	return f, nil
}

// Built returns the services that are built from a directory of the project by a
// Dockerfile: the one that serves first, that is one with ports.
func (f *File) Built(dockerfile string) []Service {
	var list []Service
	for _, s := range f.Services {
		if s.Context == "" || path.Clean(s.Context) != "." && !strings.Contains(s.Context, "${") {
			continue
		}
		name := s.Dockerfile
		if name == "" {
			name = "Dockerfile"
		}
		if dockerfile != "" && path.Clean(name) != path.Clean(dockerfile) {
			continue
		}
		list = append(list, s)
	}
	slices.SortStableFunc(list, func(a, b Service) int { return weight(a) - weight(b) })
	return list
}

func weight(s Service) int {
	if len(s.Ports) > 0 {
		return 0
	}
	return 1
}

func service(name string, n *node) Service {
	s := Service{Name: name, Line: n.line}
	if b := n.get("build"); b.isScalar() {
		s.Context = b.text
	} else if b != nil && !b.null {
		s.Context, s.Dockerfile, s.Target = b.get("context").str(), b.get("dockerfile").str(), b.get("target").str()
		if s.Context == "" {
			s.Context = "."
		}
		s.Args = pairs(b.get("args"))
	}
	s.Image, s.Platform = n.get("image").str(), n.get("platform").str()
	s.Command, s.Entrypoint = command(n.get("command")), command(n.get("entrypoint"))
	s.Ports = ports(n)
	s.Environment = pairs(n.get("environment"))
	s.EnvFiles = texts(n.get("env_file"), "path")
	s.Health = health(n.get("healthcheck"))
	s.User, s.WorkingDir, s.StopSignal, s.Init = value(n.get("user")), value(n.get("working_dir")), value(n.get("stop_signal")), value(n.get("init"))
	s.Volumes = volumes(n.get("volumes"))
	known := []string{"build", "image", "platform", "command", "entrypoint", "ports", "expose", "environment", "env_file", "healthcheck", "user", "working_dir", "stop_signal", "init", "volumes"}
	for i, key := range n.keys {
		if !slices.Contains(known, key) {
			s.Others = append(s.Others, Value{key, n.values[i].line})
		}
	}
	return s
}

func value(n *node) *Value {
	if !n.isScalar() {
		return nil
	}
	return &Value{n.text, n.line}
}

// texts reads a list of texts, or of mappings with the text under a key.
func texts(n *node, key string) []Value {
	if n.isScalar() {
		return []Value{{n.text, n.line}}
	}
	if n == nil {
		return nil
	}
	var list []Value
	for _, item := range n.list {
		line := item.line
		if !item.isScalar() {
			item = item.get(key)
		}
		if item.isScalar() {
			list = append(list, Value{item.text, line})
		}
	}
	return list
}

// pairs reads NAME=VALUE, as a list or as a mapping.
func pairs(n *node) []Pair {
	if n == nil {
		return nil
	}
	var list []Pair
	for i, key := range n.keys {
		v := n.values[i]
		list = append(list, Pair{key, v.text, v.isScalar(), v.line})
	}
	for _, item := range n.list {
		if item.isScalar() {
			name, text, set := strings.Cut(item.text, "=")
			list = append(list, Pair{name, text, set, item.line})
		}
	}
	return list
}

func command(n *node) *Command {
	switch {
	case n.isScalar():
		return &Command{Text: n.text, Line: n.line}
	case n == nil || n.list == nil:
		return nil
	}
	c := &Command{Line: n.line}
	for _, item := range n.list {
		c.List = append(c.List, item.str())
	}
	return c
}

// ports are those of the container, of ports and of expose.
func ports(n *node) []Value {
	list := texts(n.get("expose"), "")
	published := n.get("ports")
	if published == nil {
		return list
	}
	for _, item := range published.list {
		text := item.str()
		if target := item.get("target"); target != nil {
			text = target.str()
			if p := item.get("protocol").str(); p != "" && p != "tcp" {
				text += "/" + p
			}
		}
		if i := strings.LastIndexByte(text, ':'); i >= 0 && !strings.HasSuffix(text, "}") {
			text = text[i+1:]
		}
		list = append(list, Value{text, item.line})
	}
	return list
}

// volumes are the places of mounts in the container that are no files of this
// machine.
func volumes(n *node) []Value {
	if n == nil {
		return nil
	}
	var list []Value
	for _, item := range n.list {
		source, target := item.get("source").str(), item.get("target").str()
		if item.get("type").str() == "bind" {
			continue
		}
		if item.isScalar() {
			parts := strings.Split(item.text, ":")
			source, target = "", parts[0]
			if len(parts) > 1 {
				source, target = parts[0], parts[1]
			}
		}
		if target != "" && !strings.ContainsAny(source, "./~$") {
			list = append(list, Value{target, item.line})
		}
	}
	return list
}

func health(n *node) *Health {
	test := n.get("test")
	if n == nil || test == nil && n.get("disable") == nil {
		return nil
	}
	h := &Health{Line: n.line}
	switch {
	case n.get("disable").str() == "true":
	case test.isScalar():
		h.Args, h.Shell = []string{test.text}, true
	case test != nil && len(test.list) > 1:
		for _, item := range test.list[1:] {
			h.Args = append(h.Args, item.str())
		}
		h.Shell = test.list[0].str() == "CMD-SHELL"
	}
	return h
}
