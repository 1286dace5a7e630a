package config

import (
	"os"
	"path/filepath"
	"testing"
)

func TestVars(t *testing.T) {
	const text = `
vars: {version: dev, port: 8000, both: "${var:version}"}
base: ${var:registry:-docker.io}/python:3.10
user: ${var:user:-app:1000}
ports: ["${var:port}"]
workdir: &dir /srv/${var:version}
dirs: [*dir, {path: "/x/${var:version}", mode: "${var:mode:-0770}"}]
labels: {version: "v${var:version}", plain: "$${var:version} ${HOME}", both: "${var:both}"}
annotations:
  text: |-
    line ${var:version}
layers: {budget: "${var:budget:-7}"}
smoke: {read_only: "${var:ro:-true}", timeout: "${var:wait:-5s}"}
entrypoint: {shell: "run ${var:version}"}
`
	file := filepath.Join(t.TempDir(), "assemble.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := LoadWith(file, map[string]string{"version": "1.2", "port": "9000", "registry": "example.com"})
	if err != nil {
		t.Fatal(err)
	}
	for what, got := range map[string][2]string{
		"base":        {c.Base[0], "example.com/python:3.10"},
		"user":        {c.User.Name, "app"},
		"port":        {c.Ports[0].String(), "9000"},
		"workdir":     {c.Workdir, "/srv/1.2"},
		"dirs[0]":     {c.Dirs[0].Path, "/srv/1.2"},
		"dirs[1]":     {c.Dirs[1].Path, "/x/1.2"},
		"mode":        {c.Dirs[1].Mode.String(), "0770"},
		"label":       {c.Labels["version"], "v1.2"},
		"no variable": {c.Labels["plain"], "$${var:version} ${HOME}"},
		"not twice":   {c.Labels["both"], "${var:version}"},
		"literal":     {c.Annotations["text"], "line 1.2"},
		"shell":       {c.Entrypoint[2], "run 1.2"},
	} {
		if got[0] != got[1] {
			t.Errorf("%s is %q, not %q", what, got[0], got[1])
		}
	}
	if c.Layers.Budget != 7 || !c.Smoke.ReadOnly || c.Smoke.Timeout.Seconds() != 5 || c.User.UID != 1000 {
		t.Errorf("%+v %+v %+v", c.Layers, c.Smoke, c.User)
	}
}

func TestVarsProblems(t *testing.T) {
	for _, tt := range []struct {
		text  string
		given map[string]string
		want  string
	}{
		{"workdir: /${var:x}", nil, "a:1:10: ${var:x} isn't set; give it a value in vars, or by --set x=VALUE"},
		{"ports: ['${var:x}']", nil, "a:1:9: ${var:x} isn't set; give it a value in vars, or by --set x=VALUE"},
		{"ports: ['${var:x}']", map[string]string{"x": "http"}, `a:1:9: ports[0]: "http" is not a port such as 8000 or 53/udp`},
		{"user: {uid: '${var:x}'}", map[string]string{"x": "me"}, `a:1:13: user.uid: "me" is not a whole number that fits`},
		{"workdir: /${var:a b}", nil, `a:1:10: "${var:a b}" is not a variable such as ${var:version}`},
		{"workdir: /${var:}", nil, `a:1:10: "${var:}" is not a variable such as ${var:version}`},
		{"workdir: /a", map[string]string{"verson": "1"}, "--set: the config has no ${var:verson}, nor verson in vars"},
		{"vars: {'a b': x}", nil, `a:1:8: vars.a b: "a b" is not a variable's name (letters, digits, _, . and -)`},
		{"vars: [x]", nil, `a:1:7: vars: is a list; it should be a mapping`},
	} {
		_, err := parse("a", []byte(tt.text), tt.given)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s\n got %v\nwant %s", tt.text, err, tt.want)
		}
	}
	if _, err := ParseVars([]string{"a"}); err == nil || err.Error() != `--set: "a" is not NAME=VALUE` {
		t.Error(err)
	}
}
