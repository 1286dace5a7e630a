package config

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSet(t *testing.T) {
	c, err := Parse("/conf/a.yaml", []byte(full))
	if err != nil {
		t.Fatal(err)
	}
	cwd := filepath.FromSlash("/cwd")
	set := func(path string, values ...string) {
		t.Helper()
		if err := c.Set(path, cwd, values...); err != nil {
			t.Error(err)
		}
	}
	set("base", "a", "b")
	set("platform", "linux/amd64")
	set("lock", "other.lock")
	set("app", "x:y:/app/x")
	set("dirs", "")
	set("user", "u:5:0")
	set("env", "A=b=c", "PYTHONPATH=")
	set("entrypoint", `["python", "-c", "print(1, 2)"]`)
	set("cmd", "-x", "a,b")
	set("ports", "80", "443")
	set("smoke.http.port", "443")
	set("smoke.timeout", "1m")
	set("smoke.memory", "1GiB")
	set("smoke.read_only", "true")
	set("source_date_epoch", "7")
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	seven := int64(7)
	want := &Config{
		File: "/conf/a.yaml", Dir: filepath.FromSlash("/conf"),
		Base: []string{"a", "b"}, Platform: "linux/amd64",
		Lock: NewPath(cwd, "other.lock"), Wheelhouse: conf("wheelhouse/"),
		Packages: Packages{Lock: conf("packages.lock"), Dir: conf("debs")},
		App:      []App{{From: NewSource(cwd, "x:y"), To: "/app/x"}}, Dirs: []Place{},
		User: User{Name: "u", UID: 5, GID: 0, Home: "/home/u"}, Workdir: "/app",
		Env:        map[string]string{"A": "b=c", "PYTHONPATH": ""},
		Entrypoint: []string{"python", "-c", "print(1, 2)"}, Cmd: []string{"-x", "a,b"},
		Ports: []Port{{Number: 80}, {Number: 443}}, Labels: map[string]string{}, Annotations: map[string]string{},
		Sign: Sign{Key: conf("cosign.key")},
		Smoke: Smoke{
			HTTP: &HTTP{443, "/api/v1/monitoring/health", 200}, Timeout: time.Minute,
			EnvFile: conf(".env.smoke"), Memory: 1 << 30, ReadOnly: true,
		},
		Layers: Layers{Budget: 40}, OnConflict: "warn", SourceDateEpoch: &seven,
	}
	if diff := cmp.Diff(want, c, ignoreOrigins); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestSetWithoutFile(t *testing.T) {
	c, err := New("")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Set("lock", "", "l"); err != nil || !filepath.IsAbs(c.Lock.Abs) {
		t.Errorf("%+v, %v", c.Lock, err)
	}
	if err := c.Set("smoke.http.path", "", "/health"); err != nil {
		t.Error(err)
	}
	if err := c.Set("ports", "", "9000"); err != nil {
		t.Error(err)
	}
	if err := c.Validate(); err != nil || c.Smoke.HTTP.Port != 9000 || c.Smoke.HTTP.Status != 200 {
		t.Errorf("%+v, %v", c.Smoke.HTTP, err)
	}
	// Plain assignment does as well.
	c.Platform = "nonsense"
	if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), "platform: ") {
		t.Error(err)
	}
}

func TestSetProblems(t *testing.T) {
	for _, tt := range []struct {
		path   string
		values []string
		want   string
	}{
		{"smoke.http.port", []string{"http"}, `--smoke-port: "http" is not a whole number that fits`},
		{"smoke.http.port", []string{"1", "2"}, `--smoke-port: takes one value, not 2`},
		{"smoke.http.port", []string{"70000"}, `--smoke-port: 70000 is not a port (1 to 65535)`},
		{"ports", []string{"80", "0"}, `--port: 0 is not a port (1 to 65535)`},
		{"app", []string{"src"}, `--app: "src" is not FROM:TO, as in src:/app/src`},
		{"app", []string{"src:app"}, `--app: "app" is relative; a path in the image starts with /`},
		{"user", []string{"1:2:3"}, `--user: "1:2:3" is not NAME[:GROUP], UID[:GID] or NAME:UID[:GID[:HOME]]`},
		{"user", []string{"me:0"}, `--user: 0 is root, not me`},
		{"env", []string{"A"}, `--env: "A" is not NAME=VALUE`},
		{"env", []string{"1=2"}, `--env: "1" is not a variable name (letters, digits and _)`},
		{"entrypoint", []string{"[a"}, `--entrypoint: "[a" is not a JSON list of strings`},
		{"smoke.timeout", []string{"5"}, `--smoke-timeout: "5" is not a duration such as 120s or 2m30s`},
		{"smoke.read_only", []string{"maybe"}, `--smoke-read-only: "maybe" is neither true nor false`},
		{"nope", []string{"x"}, `setting "nope": no such field`},
	} {
		c, err := Parse("a", []byte("lock: l"))
		if err != nil {
			t.Fatal(err)
		}
		err = c.Set(tt.path, "", tt.values...)
		if err == nil {
			err = c.Validate()
		}
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s %q:\n got %v\nwant %s", tt.path, tt.values, err, tt.want)
		}
	}
}
