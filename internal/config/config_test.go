package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// full is the seed's image.
const full = `
base: [python:3.10-slim-bookworm]         # tried in order
platform: linux/arm64
lock: requirements.prod.lock
wheelhouse: wheelhouse/
app:
  - {from: src, to: /app/src}
  - {from: config, to: /app/config}
dirs: [/app/logs, /app/output]
user: {name: appuser, uid: 1000, gid: 1000}
workdir: /app
env: {PYTHONPATH: /app/src}
entrypoint: [gunicorn, -k, uvicorn.workers.UvicornWorker, -b, 0.0.0.0:8000, main:app]
ports: [8000]
labels: {}
annotations: {}
sign: {key: cosign.key}
smoke: {http: {port: 8000, path: /api/v1/monitoring/health, status: 200}, timeout: 120s, env_file: .env.smoke}
`

// conf returns a Path below the directory of the test's configs.
func conf(given string) Path { return NewPath(filepath.FromSlash("/conf"), given) }

var ignoreOrigins = cmpopts.IgnoreUnexported(Config{})

func TestParseFull(t *testing.T) {
	got, err := Parse("/conf/assemble.yaml", []byte(full))
	if err != nil {
		t.Fatal(err)
	}
	want := &Config{
		File: "/conf/assemble.yaml", Dir: filepath.FromSlash("/conf"),
		Base:       []string{"python:3.10-slim-bookworm"},
		Platform:   "linux/arm64",
		Lock:       conf("requirements.prod.lock"),
		Wheelhouse: conf("wheelhouse/"),
		Packages:   Packages{Lock: conf("packages.lock"), Dir: conf("debs")},
		App:        []App{{From: Source{Path: conf("src")}, To: "/app/src"}, {From: Source{Path: conf("config")}, To: "/app/config"}},
		Dirs:       []Place{{Path: "/app/logs"}, {Path: "/app/output"}},
		User:       User{Name: "appuser", UID: 1000, GID: 1000, Home: "/home/appuser"},
		Workdir:    "/app",
		Env:        map[string]string{"PYTHONPATH": "/app/src"},
		Entrypoint: []string{"gunicorn", "-k", "uvicorn.workers.UvicornWorker", "-b", "0.0.0.0:8000", "main:app"},
		Ports:      []Port{{Number: 8000}},
		Labels:     map[string]string{}, Annotations: map[string]string{},
		Sign: Sign{Key: conf("cosign.key")},
		Smoke: Smoke{
			HTTP:    &HTTP{8000, "/api/v1/monitoring/health", 200},
			Timeout: 2 * time.Minute, EnvFile: conf(".env.smoke"),
		},
		Layers:     Layers{Budget: 40},
		OnConflict: "warn",
	}
	if diff := cmp.Diff(want, got, ignoreOrigins); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if err := got.Validate(); err != nil {
		t.Error(err)
	}
}

func TestParseForms(t *testing.T) {
	got, err := Parse("/conf/a.yaml", []byte(`
base: python:3.11
lock: /abs/./lock
user: {uid: 7}
app:
env: &env
  A: "1"
  B: 2
  "C": |-
    two
    lines
labels: {<<: *env, A: own}
entrypoint: &run [a, -w, 4]
cmd: *run
ports: [8000]
smoke:
  http: {}
  memory: 1.5GiB
  read_only: true
  imports: [torch, sklearn.svm]
layers: {max_layer: 64m}
source_date_epoch: 0
`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"python:3.11"}, got.Base); diff != "" {
		t.Error(diff)
	}
	if want := (Path{"/abs/./lock", filepath.FromSlash("/abs/lock")}); got.Lock != want {
		t.Errorf("lock %+v", got.Lock)
	}
	if want := (User{UID: 7, GID: 7}); !cmp.Equal(got.User, want) {
		t.Errorf("user %+v", got.User)
	}
	wantEnv := map[string]string{"A": "1", "B": "2", "C": "two\nlines"}
	if diff := cmp.Diff(wantEnv, got.Env); diff != "" {
		t.Error(diff)
	}
	wantEnv["A"] = "own"
	if diff := cmp.Diff(wantEnv, got.Labels); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Command{"a", "-w", "4"}, got.Cmd); diff != "" {
		t.Error(diff)
	}
	want := Smoke{
		HTTP: &HTTP{8000, "/", 200}, Timeout: defaultTimeout, Memory: 3 << 29, ReadOnly: true,
		Imports: []string{"torch", "sklearn.svm"},
	}
	if diff := cmp.Diff(want, got.Smoke); diff != "" {
		t.Error(diff)
	}
	if got.Layers.MaxLayer != 64<<20 || got.SourceDateEpoch == nil || *got.SourceDateEpoch != 0 {
		t.Errorf("layers %+v, epoch %v", got.Layers, got.SourceDateEpoch)
	}
}

// TestEmptyIsValid holds that nothing is required, but for the lock by what
// works on it.
func TestEmptyIsValid(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n", "\uFEFF", "{}", "labels:\nsmoke:\n"} {
		c, err := Parse("a.yaml", []byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if err := c.Validate(); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		err = c.RequireLock()
		if err == nil || err.Error() != "a.yaml: lock: is missing; specify the file that pins the wheels, with hashes" {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestProblems(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"unknown field", "locks: x\nplatforn: y\nzzz: 1\nsmoke: {http: {pth: /}}\nonConflict: warn", `
a:1:1: locks: no such field; did you mean lock?
a:2:1: platforn: no such field; did you mean platform?
a:3:1: zzz: no such field
a:4:15: smoke.http: has no port, and ports is empty
a:4:16: smoke.http.pth: no such field; did you mean path?
a:5:1: onConflict: no such field; did you mean on_conflict?`},
		{"wrong types", "base: {a: b}\nlock: [x]\nports: [http, 8000.5, 0x50]\nuser: [appuser]\nsmoke: {read_only: 1, timeout: soon, memory: lots}\nenv: [A=b]\nplatform: 3.10\nworkdir: yes", `
a:1:7: base: is a mapping; it should be a list
a:2:7: lock: is a list; it should be a path
a:3:9: ports[0]: "http" is not a port such as 8000 or 53/udp
a:3:15: ports[1]: is a number; it should be a port such as 8000 or 53/udp
a:3:23: ports[2]: "0x50" is not a port such as 8000 or 53/udp
a:4:7: user: is a list; it should be a mapping with name, uid, gid, group, groups, home, shell
a:5:20: smoke.read_only: is a number; it should be true or false
a:5:32: smoke.timeout: "soon" is not a duration such as 120s or 2m30s
a:5:46: smoke.memory: "lots" is not a size such as 512MiB
a:6:6: env: is a list; it should be a mapping
a:7:11: platform: 3.10 is a number; put it in quotes to make it a string
a:8:10: workdir: "yes" is relative; a path in the image starts with /`},
		{"smoke test contradicts itself", "smoke: {stays_up: 2m, http: {port: 1, path: '/a#b'}}", `
a:1:19: smoke.stays_up: 2m0s is not less than smoke.timeout (2m0s), which bounds the whole test
a:1:45: smoke.http.path: "/a#b" has a #, and what follows it is never sent`},
		{"no time to stay up", "smoke: {stays_up: 0s}", `
a:1:19: smoke.stays_up: 0s is not more than 0s`},
		{"no value", "lock:\nports:\n  -\n", `
a:1:6: lock: has no value
a:3:5: ports[0]: has no value`},
		{"duplicate keys", "lock: a\nenv: {A: b, A: c}\nlock: b", `
a:2:13: env.A: listed twice, first on line 2
a:3:1: lock: listed twice, first on line 1`},
		{"entrypoint a string", "entrypoint: gunicorn -b 0.0.0.0:8000 main:app", `
a:1:13: entrypoint: is a string; it should be a list, [gunicorn, -b, 0.0.0.0:8000, main:app], since no shell splits it; {shell: TEXT} has one do it`},
		{"paths in the image", "app:\n  - {from: src, to: app}\n  - {from: src, to: /app}\n  - {from: b, to: /app/}\n  - {to: /x}\n  - from: ../up\n    to: /\ndirs: [logs, /a/../b, /c, /c/]\nworkdir: app", `
a:2:21: app[0].to: "app" is relative; a path in the image starts with /
a:4:19: app[2].to: "/app/" is already used by app[1]
a:5:5: app[3].from: is missing
a:6:11: app[4].from: "../up" is outside the config's directory
a:7:9: app[4].to: is the root of the image
a:8:8: dirs[0]: "logs" is relative; a path in the image starts with /
a:8:14: dirs[1]: "/a/../b" contains . or ..
a:8:27: dirs[3]: "/c/" is the same as dirs[2]
a:9:10: workdir: "app" is relative; a path in the image starts with /`},
		{"user", "user: {name: App, uid: 0, gid: -1, home: 'a:b'}", `
a:1:14: user.name: "App" is not a user name (lower-case letters, digits, - and _; 32 at most)
a:1:24: user.uid: 0 is root, not App
a:1:32: user.gid: -1 is not a group ID (0 to 2147483647)
a:1:42: user.home: "a:b" is relative; a path in the image starts with /`},
		{"user without number", "user: {name: app, home: /app}", `
a:1:7: user.uid: is missing; app needs a user ID, and 0 is root's`},
		{"user, too large", "user: 4294967296", `
a:1:7: user: "4294967296" is not NAME[:GROUP], UID[:GID] or NAME:UID[:GID[:HOME]]: "4294967296" is not a number that fits`},
		{"user, negative", "user: '-1:5'", `
a:1:7: user.uid: -1 is not a user ID (0 to 2147483647)`},
		{"created", "created: yesterday", `
a:1:10: created: "yesterday" is neither git nor a time from 1970 on, such as 2026-01-31T12:00:00Z, 2026-01-31 or 1769860800`},
		{"root", "user: {name: root, uid: 5}", `
a:1:14: user.name: root has the user ID 0, not 5`},
		{"platform", "platform: windows/amd64", `
a:1:11: platform: "windows/amd64" is not a platform such as linux/arm64`},
		{"architecture", "platform: linux/arm46", `
a:1:11: platform: "arm46" is not an architecture; known names are 386, amd64, arm, arm64, loong64, ppc64le, riscv64, s390x`},
		{"ports", "ports: [0, 65536, 80, 80]\nsmoke: {http: {status: 20, path: health}}", `
a:1:9: ports[0]: 0 is not a port (1 to 65535)
a:1:12: ports[1]: 65536 is not a port (1 to 65535)
a:1:23: ports[3]: 80 is listed twice
a:2:15: smoke.http: has no port, and ports lists 4
a:2:24: smoke.http.status: 20 is not an HTTP status (100 to 599)
a:2:34: smoke.http.path: "health" is not a path that starts with /`},
		{"env", "env:\n  1A: b\n  A-B: c\n  OK: 3.10\n  D: on\n  E: true", `
a:2:3: env.1A: "1A" is not a variable name (letters, digits and _)
a:3:3: env.A-B: "A-B" is not a variable name (letters, digits and _)
a:4:7: env.OK: 3.10 is a number; put it in quotes to make it a string
a:6:6: env.E: true is a boolean; put it in quotes to make it a string`},
		{"build", "on_conflict: last\nlayers: {budget: 127, max_layer: 1k}\nindex: ['https://u:secret@', pypi]\ndeny: ['*', a b]\nsource_date_epoch: -1\nsmoke: {timeout: -1s, memory: 1m, imports: [a-b]}", `
a:1:14: on_conflict: "last" is not one of warn, error, last-wins
a:2:18: layers.budget: 127 is not between 1 and 126
a:2:34: layers.max_layer: 1KiB is less than 1MiB
a:3:9: index[0]: is not an http or https URL of a package index
a:3:30: index[1]: is not an http or https URL of a package index
a:4:8: deny[0]: "*" is not a package name such as triton or nvidia-*
a:4:13: deny[1]: "a b" is not a package name such as triton or nvidia-*
a:5:20: source_date_epoch: -1 is not a number of seconds since 1970, up to the year 9999
a:6:18: smoke.timeout: -1s is not between 0s and 24h0m0s
a:6:31: smoke.memory: 1MiB is less than the 16MiB that a container needs
a:6:45: smoke.imports[0]: "a-b" is not a Python module`},
		{"base", "base: ['', 'a b']", `
a:1:8: base[0]: is empty
a:1:12: base[1]: "a b" contains a space or a control character`},
		{"no base", "base: []", `
a:1:7: base: must name an image`},
		{"aliases", "lock: *nope\napp: &l [*l]\nenv: {<<: *nope}\nlabels: &m {a: *m, <<: *m}", `
a:1:7: lock: *nope is undefined; the file has no &nope
a:2:9: app[0]: is a list; it should be a mapping with from, to, user, mode, sha256, unpack, strip, include, exclude
a:3:11: env: *nope is undefined and can't be merged
a:4:12: labels.a: is a mapping; it should be a string
a:4:24: labels: *m is undefined and can't be merged`},
		{"tags", "lock: !!python/object x", `
a:1:7: lock: YAML tags such as !!python/object are not supported`},
		{"not a mapping", "- a", `
a:1:1: is a list; it should be a mapping of fields`},
		{"two documents", "lock: a\n---\nlock: b", `
a:3:1: a second document; a config must be a single one`},
		{"not UTF-8 text", "lock: a\nb\xff", `
a:2:2: this is not UTF-8 text`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Parse("a", []byte(tt.text))
			if err == nil {
				t.Fatalf("no error; %+v", c)
			}
			var e *Error
			if c != nil || !errors.As(err, &e) {
				t.Errorf("config %v, error %T", c, err)
			}
			if diff := cmp.Diff(strings.TrimPrefix(tt.want, "\n"), err.Error()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestHostile(t *testing.T) {
	var big, deep strings.Builder
	for i := range 1500 {
		fmt.Fprintf(&big, "k%d: v, ", i)
	}
	for i := range 700 {
		deep.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	tests := []struct{ name, text, want string }{
		{"too large", "# " + strings.Repeat("x", maxFile), "larger than"},
		{"flow nesting", "lock: " + strings.Repeat("[", 5000), "nested more than"},
		{"maps nesting", "lock: " + strings.Repeat("{a: ", 5000), "nested more than"},
		{"block nesting", strings.Repeat("- ", 5000) + "a", "nested more than"},
		{"keys nesting", strings.Repeat("? ", 5000) + "a", "nested more than"},
		{"many tokens", "cmd: [" + strings.Repeat("a,", 20_000) + "]", "YAML tokens"},
		{"merged again and again", "env: &e {" + big.String() + "}\nlabels: {<<: [" + strings.Repeat("*e,", 3000) + "]}\n", "more than 20000 values"},
		{"aliases", "cmd: &a [" + strings.Repeat("a,", 3000) + "]\nbase: *a\ndirs: *a\nports: *a\nindex: *a\ndeny: *a\nentrypoint: *a\nsmoke: {imports: *a}\n", "more than 20000 values"},
		{"indentation", deep.String(), "no such field"},
		{"unclosed", "lock: 'a\nbase: \"", "single-quoted"},
		{"NUL", "lock: a\x00b", "not UTF-8 text"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			c, err := Parse("a", []byte(tt.text))
			if err == nil || c != nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("config %v, error %.200v", c, err)
			}
			if d := time.Since(start); d > 5*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	if c, err := Load(filepath.Join(dir, "none.yaml")); c != nil || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, %v", c, err)
	}
	if c, err := Load(dir); c != nil || err == nil {
		t.Errorf("%v, %v", c, err)
	}
	file := filepath.Join(dir, DefaultFile)
	if err := os.WriteFile(file, []byte("lock: l\r\nplatform: x\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(file); err == nil || !strings.HasPrefix(err.Error(), file+":2:11: platform: ") {
		t.Error(err)
	}
	if err := os.WriteFile(file, []byte("lock: l\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(file)
	if err != nil || c.Lock.Abs != filepath.Join(dir, "l") {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{
		"0": 0, "17": 17, "17b": 17, "1k": 1024, "1 KiB": 1024, "1kB": 1000, "1.5g": 3 << 29, "2TiB": 2 << 40, "0.5m": 1 << 19,
	} {
		got, err := ParseSize(text)
		if err != nil || got != want {
			t.Errorf("%q = %d, %v; want %d", text, got, err, want)
		}
		if again, err := ParseSize(got.String()); err != nil || again != got {
			t.Errorf("%q is printed as %q, which is %d, %v", text, got, again, err)
		}
	}
	for _, text := range []string{"", "m", "-1", "1x", "1.2.3", "9999999999t", "1e3", "inf", "9999999999.5t", "+1", "1 2"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q = %d", text, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte("env: &e {A: b}\nlabels: {<<: *e}\n"))
	f.Add([]byte("a: |\n  x\n? b\n: c\n"))
	f.Add([]byte("base: 'x'\n---\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("f", data)
		if err != nil {
			if c != nil {
				t.Error("a config beside an error")
			}
			var e *Error
			if !errors.As(err, &e) || len(e.Problems) == 0 {
				t.Errorf("error %T", err)
			}
			return
		}
		c.Lock = NewPath(c.Dir, "l")
		if err := c.Validate(); err != nil {
			t.Errorf("parsed, but: %v", err)
		}
	})
}

// TestUserForms holds each form that a user can be written in.
func TestUserForms(t *testing.T) {
	for text, want := range map[string]struct {
		user     User
		has      bool
		fromBase bool
	}{
		"{uid: 1000}":         {User{UID: 1000, GID: 1000}, true, false},
		"{uid: 0}":            {User{}, true, false},
		"{name: nobody}":      {User{Name: "nobody", Home: "/home/nobody"}, true, true},
		"nobody":              {User{Name: "nobody", Home: "/home/nobody"}, true, true},
		"root":                {User{Name: "root", Home: "/root"}, true, true},
		"{name: root}":        {User{Name: "root", Home: "/root"}, true, true},
		"1000":                {User{UID: 1000, GID: 1000}, true, false},
		"'1000'":              {User{UID: 1000, GID: 1000}, true, false},
		"'1000:7'":            {User{UID: 1000, GID: 7}, true, false},
		"'0:0'":               {User{}, true, false},
		"app:5":               {User{Name: "app", UID: 5, GID: 5, Home: "/home/app"}, true, false},
		"'app:5:6:/srv/app'":  {User{Name: "app", UID: 5, GID: 6, Home: "/srv/app"}, true, false},
		"{name: app, uid: 5}": {User{Name: "app", UID: 5, GID: 5, Home: "/home/app"}, true, false},
		"":                    {User{}, false, false},
		"nobody:nogroup":      {User{Name: "nobody", Group: "nogroup", Home: "/home/nobody"}, true, true},
		"'1000:nogroup'":      {User{UID: 1000, Group: "nogroup"}, true, false},
		"'0:nogroup'":         {User{Group: "nogroup"}, true, false},
	} {
		got, err := Parse("/conf/a.yaml", []byte("user: "+text+"\n"))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if !cmp.Equal(got.User, want.user) || got.HasUser() != want.has || got.UserFromBase() != want.fromBase {
			t.Errorf("%s: %+v, %v, %v", text, got.User, got.HasUser(), got.UserFromBase())
		}
		if !strings.HasPrefix(text, "{") && text != "" {
			c, _ := New("/conf")
			if err := c.Set("user", "", strings.Trim(text, "'")); err != nil || !cmp.Equal(c.User, want.user) || c.UserFromBase() != want.fromBase {
				t.Errorf("--user %s: %+v, %v", text, c.User, err)
			}
		}
	}
}

func TestCreatedTime(t *testing.T) {
	for text, want := range map[string]int64{"2026-01-31T12:00:00+01:00": 1769857200, "2026-01-31": 1769817600, "1769860800": 1769860800, "git": -1, "": -1} {
		c := &Config{Created: text}
		got, ok := c.CreatedTime()
		if ok != (want >= 0) || ok && got.Unix() != want {
			t.Errorf("%q: %v, %v", text, got, ok)
		}
	}
}
