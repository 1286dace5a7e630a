package requirements_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/wheels/requirements"
)

// wheelTOML is an inline table for a wheel in pylock.toml.
func wheelTOML(name string) string {
	return fmt.Sprintf("{ url = \"https://h/%s\", size = 7, upload-time = 2026-01-02T03:04:05Z, hashes = { sha256 = %q, blake2b = \"00\" } }",
		name, hashA[7:])
}

func uvWheel(name string) string {
	return fmt.Sprintf("{ url = \"https://h/%s\", hash = %q, size = 7 }", name, hashA)
}

func readLock(name, text string, opt requirements.LockOptions) (string, error) {
	pins, err := requirements.ReadPins(context.Background(), name, files(map[string]string{name: text}), arm64, requirements.Options{}, opt)
	lines := make([]string, 0, len(pins))
	for _, p := range pins {
		lines = append(lines, fmt.Sprintf("%d %s==%s %v hashes=%d wheels=%d %q", p.Line, p.Normalized, p.Version, p.Extras, len(p.Hashes), len(p.Wheels), p.Comment))
	}
	return strings.Join(lines, "\n"), err
}

const pylockHead = "lock-version = \"1.0\"\ncreated-by = \"t\"\nextras = [\"x\"]\ndefault-groups = [\"main\"]\n"

func TestPylock(t *testing.T) {
	text := pylockHead + "environments = [\"sys_platform == 'win32'\", \"python_version >= '3.9'\"]\n" +
		"[[packages]]\nname = \"a\"\nversion = \"1.0\"\nwheels = [" + wheelTOML("a-1.0-py3-none-any.whl") + ", " + wheelTOML("a-1-py2-none-any.whl") + "]\n" +
		"[[packages]]\nname = \"b\"\nversion = \"1\"\nmarker = \"sys_platform == 'win32'\"\nvcs = { type = \"git\" }\n" +
		"[[packages]]\nname = \"c\"\nmarker = \"'X' in extras\"\narchive = " + wheelTOML("c-2-py3-none-any.whl") + "\n" +
		"[[packages]]\nname = \"d\"\nversion = \"3\"\nmarker = \"'main' in dependency_groups\"\nwheels = [" + wheelTOML("d-3-py3-none-any.whl") + "]\n"
	for _, c := range []struct {
		opt  requirements.LockOptions
		want string
	}{
		{requirements.LockOptions{}, "6 a==1.0 [] hashes=1 wheels=2 \"\"\n19 d==3 [] hashes=1 wheels=1 \"\""},
		{requirements.LockOptions{Extras: []string{"X"}, Groups: []string{}}, "6 a==1.0 [] hashes=1 wheels=2 \"\"\n15 c==2 [] hashes=1 wheels=1 \"\""},
	} {
		got, err := readLock("pylock.prod.toml", text, c.opt)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("pins (-want +got):\n%s", diff)
		}
	}
}

func TestPylockRefuses(t *testing.T) {
	pkg := pylockHead + "[[packages]]\nname = \"a\"\nversion = \"1\"\n"
	good := "wheels = [" + wheelTOML("a-1-py3-none-any.whl") + "]\n"
	for text, want := range map[string]requirements.Kind{
		"lock-version = \"2.0\"\n":                                                                            requirements.KindSyntax,
		"lock-version = 1":                                                                                    requirements.KindSyntax,
		pylockHead + "requires-python = \">=3.11\"":                                                           requirements.KindTarget,
		pylockHead + "environments = [\"os_name=='nt'\"]":                                                     requirements.KindTarget,
		pkg + "sdist = " + wheelTOML("a-1.tar.gz"):                                                            requirements.KindSource,
		pkg + "archive = " + wheelTOML("a-1.tar.gz"):                                                          requirements.KindSource,
		pkg + "vcs = {type=\"git\"}":                                                                          requirements.KindRepository,
		pkg + "directory = {path=\".\"}":                                                                      requirements.KindDirectory,
		pkg + "wheels = [" + wheelTOML("b-1-py3-none-any.whl"):                                                requirements.KindSyntax,
		pkg + "wheels = [" + wheelTOML("b-1-py3-none-any.whl]"):                                               requirements.KindSyntax,
		pkg + "wheels = [" + wheelTOML("b-1-py3-none-any.whl") + "]":                                          requirements.KindURL,
		pkg + "wheels = [" + wheelTOML("a-2-py3-none-any.whl") + "]":                                          requirements.KindURL,
		pkg + "wheels = [{url=\"https://h/a-1-py3-none-any.whl\", hashes={md5=\"00\"}}]":                      requirements.KindUnhashed,
		pkg + "wheels = [{url=\"https://h/..%2fa-1-py3-none-any.whl\", hashes={md5=\"0\"}}]":                  requirements.KindURL,
		pkg + "marker = \"extra == 'x'\"\n" + good:                                                            requirements.KindMarker,
		pkg + good + "[[packages]]\nname = \"A\"\nversion = \"1\"\n" + strings.ReplaceAll(good, "h/a", "h/A"): requirements.KindDuplicate,
		pkg + "wheels = 3": requirements.KindSyntax,
	} {
		got, err := readLock("pylock.toml", text, requirements.LockOptions{})
		problems := requirements.ListProblems(err)
		if got != "" || len(problems) == 0 || problems[0].Kind != want {
			t.Errorf("%s\ngives %v, want a problem of kind %s", text, err, want)
		}
	}
	if _, err := readLock("pylock.toml", pylockHead, requirements.LockOptions{Extras: []string{"y"}}); err == nil {
		t.Error("an unknown extra is taken")
	}
}

const uvHead = "version = 1\nrevision = 3\nrequires-python = \">=3.10\"\n"

func uvLock() string {
	return uvHead + `
[[package]]
name = "a"
version = "1.0"
source = { registry = "https://packages.example.com/simple" }
dependencies = [ { name = "b", extra = ["fast"], marker = "python_full_version < '3.11'" }, { name = "win", marker = "sys_platform == 'win32'" } ]
wheels = [ ` + uvWheel("a-1.0-py3-none-any.whl") + ` ]

[[package]]
name = "b"
version = "1"
source = { registry = "https://packages.example.com/simple" }
dependencies = [ { name = "a" } ]
wheels = [ ` + uvWheel("b-1-py3-none-any.whl") + ` ]

[package.optional-dependencies]
fast = [ { name = "c", version = "2" } ]

[[package]]
name = "c"
version = "1"
source = { registry = "https://packages.example.com/simple" }
sdist = { url = "https://h/c-1.tar.gz" }

[[package]]
name = "c"
version = "2"
source = { registry = "https://packages.example.com/simple" }
wheels = [ ` + uvWheel("c-2-py3-none-any.whl") + ` ]

[[package]]
name = "proj"
version = "0.1"
source = { editable = "." }
dependencies = [ { name = "a" } ]

[package.optional-dependencies]
x = [ { name = "win" } ]

[package.dev-dependencies]
dev = [ { name = "c", version = "1" } ]

[[package]]
name = "win"
version = "9"
source = { git = "https://h/win?rev=1#2" }
`
}

func TestUVLock(t *testing.T) {
	got, err := readLock("uv.lock", uvLock(), requirements.LockOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := "5 a==1.0 [] hashes=1 wheels=1 \"via\\n  b\\n  proj\"\n12 b==1 [fast] hashes=1 wheels=1 \"via a\"\n28 c==2 [] hashes=1 wheels=1 \"via b[fast]\""
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pins (-want +got):\n%s", diff)
	}
}

func TestUVLockRefuses(t *testing.T) {
	for _, c := range []struct {
		name, text string
		opt        requirements.LockOptions
		want       requirements.Kind
	}{
		{"version", "version = 2", requirements.LockOptions{}, requirements.KindSyntax},
		{"python", strings.Replace(uvLock(), ">=3.10", ">=3.12", 1), requirements.LockOptions{}, requirements.KindTarget},
		{"repository", uvLock(), requirements.LockOptions{Extras: []string{"x"}}, requirements.KindRepository},
		{"source", uvLock(), requirements.LockOptions{Groups: []string{"dev"}}, requirements.KindSource},
		{"unknown group", uvLock(), requirements.LockOptions{Groups: []string{"docs"}}, requirements.KindTarget},
		{"unknown extra", uvLock(), requirements.LockOptions{Extras: []string{"y"}}, requirements.KindTarget},
		{"unknown project", uvLock(), requirements.LockOptions{Project: "a"}, requirements.KindTarget},
		{"no project", uvHead, requirements.LockOptions{}, requirements.KindTarget},
		{"ambiguous", strings.Replace(uvLock(), `, version = "2"`, "", 1), requirements.LockOptions{}, requirements.KindSyntax},
		{"missing", strings.Replace(uvLock(), `{ name = "a" } ]`, `{ name = "zz" } ]`, 1), requirements.LockOptions{}, requirements.KindSyntax},
		{"conflicts", strings.Replace(uvLock(), "python_full_version < '3.11'", "extra == 'extra-1-a-b'", 1), requirements.LockOptions{}, requirements.KindMarker},
		{"hash", strings.Replace(uvLock(), hashA, "md5:00", 1), requirements.LockOptions{}, requirements.KindHash},
	} {
		got, err := readLock("uv.lock", c.text, c.opt)
		problems := requirements.ListProblems(err)
		if got != "" || len(problems) == 0 || problems[0].Kind != c.want {
			t.Errorf("%s gives %v, want a problem of kind %s", c.name, err, c.want)
		}
	}
}
