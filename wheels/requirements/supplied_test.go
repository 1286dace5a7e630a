package requirements_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/wheels/requirements"
)

// A project whose wheel comes from elsewhere may be named by its source, in all
// the ways in which exports name it; others may not.
func TestSupplied(t *testing.T) {
	opt := requirements.Options{Supplied: requirements.Supplied{
		Has: func(name string) bool { return name == "own-app" },
		At: func(dir string) string {
			return map[string]string{"sub": "Own.App", ".": "Own_App", "/abs": "own-app", "sub/other": "other"}[dir]
		},
	}}
	for _, c := range []struct{ line, want string }{
		{"-e .", "own-app== [] supplied"},
		{"--editable=./sub", "own-app== [] supplied"},
		{"-e .[Web,db]", "own-app== [Web db] supplied"},
		{".", "own-app== [] supplied"},
		{"./sub ; python_version > '3'", "own-app== [] supplied"},
		{"./sub ; python_version < '3'", ""},
		{"file:///abs", "own-app== [] supplied"},
		{"-e file:///abs", "own-app== [] supplied"},
		{"own_app @ file:///elsewhere", "own-app== [] supplied"},
		{"Own-App @ git+https://example.com/x.git@v1", "own-app== [] supplied"},
		{"git+https://example.com/x.git#egg=own_app[web]", "own-app== [web] supplied"},
		{"own.app[web] @ https://example.com/own_app-1.0.tar.gz", "own-app== [web] supplied"},
		{"own-app", "own-app== [] supplied"},
		{"own-app>=1", "own-app== [] supplied >=1"},
		{"own-app==1.0", "own-app==1.0 [] supplied"},
		{"own-app==1.0 --hash=" + hashA, "own-app==1.0 []"},
		{"-e ./sub/other", "error editable"},
		{"./nowhere", "error directory"},
		{"other @ git+https://example.com/x.git", "error repository"},
		{"https://example.com/own_app-1.0.tar.gz", "error source"},
		{"other==1.0", "error unhashed"},
		{"-e . --hash=" + hashA, "error editable"},
	} {
		l, err := requirements.ReadLock(context.Background(), "r.lock", files(map[string]string{"r.lock": c.line + "\n"}), arm64, opt, requirements.LockOptions{})
		got := ""
		if err != nil {
			got = "error " + string(requirements.ListProblems(err)[0].Kind)
		} else if len(l.Pins) > 0 {
			p := l.Pins[0]
			got = fmt.Sprintf("%s==%s %v", p.Normalized, p.VersionText, p.Extras)
			if p.Supplied {
				got = strings.TrimSpace(got + " supplied " + p.Allowed.String())
			}
		}
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.line, got, c.want)
		}
	}
}

func TestReadProject(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"[project]\nname = \"A.b\"\nversion = \"1.0\"\n", "a-b 1.0"},
		{"[project]\nname = \"a\"\ndynamic = [\"version\"]\n", "a "},
		{"[project]\nname = \"a\"\nversion = \"1\"\ndynamic = [\"version\"]\n", "a "},
		{"[project]\nname = \"a\"\n", "a "},
		{"[tool.poetry]\nname = \"a\"\nversion = \"2\"\n", "a 2"},
		{"[project]\nname = \"a\"\nversion = \"1\"\n[tool.poetry]\nname = \"b\"\n", "a 1"},
		{"[tool.poetry]\n", "error"},
		{"", "error"},
		{"[project]\nname = \"-\"\n", "error"},
		{"[project]\nname = 1\n", "error"},
		{"[project]\nname = \"a\"\nversion = \"x\"\n", "error"},
		{"project = 1\n", "error"},
		{"[tool]\npoetry = 1\n", "error"},
	} {
		p, err := requirements.ReadProject("pyproject.toml", strings.NewReader(c.text))
		got := "error"
		if err == nil {
			got = p.Normalized + " "
			if !p.Version.IsZero() {
				got += p.Version.String()
			}
		}
		if got != c.want {
			t.Errorf("%q: got %q (%v), want %q", c.text, got, err, c.want)
		}
	}
}
