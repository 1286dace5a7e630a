package config

import (
	"reflect"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Place is a directory or an empty file to make in the image.
type Place struct {
	Path string `yaml:"path"`
	// Mode is 0 for the usual one.
	Mode Mode `yaml:"mode"`
	// User owns it, "" for the image's user.
	User Owner `yaml:"user"`
}

// Healthcheck is how Docker finds out whether a container is healthy. A zero
// time is Docker's default.
type Healthcheck struct {
	// Command is run in the container; it is healthy where that exits with 0.
	Command       Command       `yaml:"command"`
	Interval      time.Duration `yaml:"interval"`
	Timeout       time.Duration `yaml:"timeout"`
	StartPeriod   time.Duration `yaml:"start_period"`
	StartInterval time.Duration `yaml:"start_interval"`
	Retries       int           `yaml:"retries"`
	// Disable turns off the check that the base has.
	Disable bool `yaml:"disable"`
}

// The words that stand for a whole value.
const (
	// healthcheckNone turns the base's check off.
	healthcheckNone = "none"
	// inheritBase keeps what the base has, of entrypoint and cmd.
	inheritBase = "inherit"
)

// text decodes a structure that may be written as one text; false where this one
// isn't.
func (d *decoder) text(n ast.Node, v reflect.Value) bool {
	if d.user(n, v) {
		return true
	}
	text, ok := textOf(n)
	if !ok {
		return false
	}
	switch v.Type() {
	case reflect.TypeFor[Place]():
		v.Set(reflect.ValueOf(Place{Path: text}))
	case reflect.TypeFor[Healthcheck]():
		if text != healthcheckNone {
			return false
		}
		v.Set(reflect.ValueOf(Healthcheck{Disable: true}))
	default:
		return false
	}
	return true
}

var containerFields = []Field{
	{
		Path: "volumes", Form: FormList, Flag: "volume", Default: "none", Example: "[/data]",
		Doc: "Directories whose content is to outlive the container, as Dockerfile's VOLUME says it, besides the base's. They are told to the runtime, and not made: list them in `dirs`, too, where the user writes to them.",
	},
	{
		Path: "stop_signal", Form: FormText, Flag: "stop-signal", Default: "the base's; SIGTERM where it has none", Example: "SIGINT",
		Doc: "The signal that ends the container: a name (`SIGQUIT`) or a number.",
	},
	{
		Path: "healthcheck.command", Form: FormList, Example: "[curl, -f, 'http://localhost:8000/health']",
		Doc: "What Docker runs in the container to see whether it is healthy: a list, or `{shell: TEXT}`. OCI knows no health checks: Docker reads this one in every image, " +
			"Podman in Docker's format only, Kubernetes never. In the place of the mapping, `healthcheck: none` turns off the base's.",
	},
	{
		Path: "healthcheck.interval", Form: FormDuration, Default: "Docker's, 30s", Example: "10s",
		Doc: "How long to wait between two checks.",
	},
	{
		Path: "healthcheck.timeout", Form: FormDuration, Default: "Docker's, 30s", Example: "3s",
		Doc: "How long a check may take.",
	},
	{
		Path: "healthcheck.start_period", Form: FormDuration, Default: "Docker's, 0s", Example: "20s",
		Doc: "How long failures don't count after the start.",
	},
	{
		Path: "healthcheck.start_interval", Form: FormDuration, Default: "Docker's, 5s", Example: "1s",
		Doc: "How long to wait between two checks meanwhile.",
	},
	{
		Path: "healthcheck.retries", Form: FormInt, Default: "Docker's, 3", Example: "5",
		Doc: "How many checks must fail in a row.",
	},
	{
		Path: "healthcheck.disable", Form: FormBool, Default: "false", Example: "true",
		Doc: "Whether the base's health check is turned off.",
	},
	{
		Path: "links", Form: FormMap, Flag: "link", Default: "none", Example: "{/usr/bin/python: /usr/local/bin/python3}",
		Doc: "Symbolic links to make: the link's path, and what it leads to, as the link is to say it.",
	},
	{
		Path: "empty_files", Form: FormList, Flag: "empty-file", Default: "none", Example: "[/app/run/ready, {path: /app/state, mode: 0600}]",
		Doc: "Files without content to make, owned by the user, mode 0644: paths, or mappings as in `dirs`.",
	},
	{
		Path: "empty_files[].path", Form: FormText, Example: "/app/state",
		Doc: "The file's path, absolute.",
	},
	{
		Path: "empty_files[].mode", Form: FormMode, Default: "0644", Example: "'0600'",
		Doc: "The file's mode, in octal.",
	},
	{
		Path: "empty_files[].user", Form: FormText, Default: "the image's user", Example: "root",
		Doc: "Who owns the file: `NAME[:GROUP]` or `UID[:GID]`.",
	},
}
