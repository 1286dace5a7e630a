package config

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite docs/assemble.schema.json and the reference in docs/configuration.md")

var docs = filepath.Join("..", "..", "docs")

// paths returns every field of the structure, nested ones with dots.
func paths(prefix string, t reflect.Type) []string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case isScalar(t):
	case t.Kind() == reflect.Slice && !isScalar(t.Elem()) && t.Elem().Kind() == reflect.Struct:
		return append([]string{prefix}, paths(prefix+"[]", t.Elem())...)
	case t.Kind() == reflect.Struct:
		var all []string
		for name, i := range fieldsOf(t) {
			all = append(all, paths(join(prefix, name), t.Field(i).Type)...)
		}
		return all
	}
	return []string{prefix}
}

func TestFieldsAreComplete(t *testing.T) {
	want := append(paths("", reflect.TypeFor[Config]()), "user", "packages")
	var got []string
	flags := map[string]bool{}
	for _, f := range Fields() {
		got = append(got, f.Path)
		if f.Doc == "" || f.Example == "" || f.Form == "" {
			t.Errorf("%s lacks a text, an example or a form", f.Path)
		}
		if f.Flag == "" && !strings.Contains(f.Path, "[]") && !strings.HasPrefix(f.Path, "user.") && !strings.HasPrefix(f.Path, "healthcheck.") && !strings.HasPrefix(f.Path, "accounts.") && f.Path != "packages" && f.Path != "models" && f.Path != "ignore" && f.Path != "needs" {
			t.Errorf("%s has no flag", f.Path)
		}
		if f.Flag != "" && flags[f.Flag] {
			t.Errorf("--%s is two fields' flag", f.Flag)
		}
		flags[f.Flag] = true
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-struct +fields\n%s", diff)
	}
}

func TestExamplesAreValid(t *testing.T) {
	for _, f := range Fields() {
		if strings.Contains(f.Path, "[]") {
			continue
		}
		names := strings.Split(f.Path, ".")
		text := strings.Join(names, ": {") + ": " + f.Example + strings.Repeat("}", len(names)-1) + "\n"
		if f.Path == "certifi" {
			text += "ca_certificates: [a.pem]\n"
		}
		if f.Path == "user.groups" || f.Path == "user.shell" {
			text = strings.TrimSuffix(text, "}\n") + ", name: app, uid: 1000}\n"
		}
		if f.Path == "user.name" {
			text = "user: {name: " + f.Example + ", uid: 1000}\n"
		}
		if strings.HasPrefix(f.Path, "healthcheck.") && !strings.HasSuffix(f.Path, ".command") && !strings.HasSuffix(f.Path, ".disable") {
			text = strings.TrimSuffix(text, "}\n") + ", command: [check]}\n"
		}
		if strings.HasPrefix(f.Path, "smoke.http") {
			text += "ports: [8000]\n"
		}
		if _, err := Parse("example", []byte(text)); err != nil {
			t.Errorf("%s%v", text, err)
		}
	}
}

func TestSchema(t *testing.T) {
	got, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	matchFile(t, filepath.Join(docs, "assemble.schema.json"), func(string) string { return string(got) })
}

func TestReference(t *testing.T) {
	const begin, end = "<!-- fields: written by go test ./internal/config -update -->\n", "<!-- end of fields -->"
	matchFile(t, filepath.Join(docs, "configuration.md"), func(old string) string {
		head, rest, ok := strings.Cut(old, begin)
		_, tail, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Fatalf("the marks %q and %q are missing", begin, end)
		}
		return head + begin + reference() + end + tail
	})
}

// reference returns a section for each field.
func reference() string {
	var b strings.Builder
	for _, f := range Fields() {
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n- Type: %s\n", f.Path, f.Doc, f.Form)
		if f.Default != "" {
			fmt.Fprintf(&b, "- Default: %s\n", f.Default)
		}
		fmt.Fprintf(&b, "- Example: `%s: %s`\n", f.Path[strings.LastIndex(f.Path, ".")+1:], f.Example)
		if f.Flag != "" {
			fmt.Fprintf(&b, "- Flag: `--%s`%s\n", f.Flag, flagForm(f.Form))
		}
	}
	return b.String() + "\n"
}

func flagForm(f Form) string {
	return map[Form]string{
		FormList: ", once for each element, or once with a JSON list",
		FormMap:  " `NAME=VALUE`, once for each; added to the config's",
		FormApp:  " `FROM:TO`, once for each",
		FormUser: " `NAME[:GROUP]`, `UID[:GID]` or `NAME:UID[:GID[:HOME]]`",
	}[f]
}

// matchFile compares a file with what want makes of it, or rewrites it.
func matchFile(t *testing.T, file string, want func(old string) string) {
	t.Helper()
	old, err := os.ReadFile(file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	text := want(string(old))
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(text, string(old)); diff != "" {
		t.Errorf("%s is out of date; run go test ./internal/config -update\n-want +got\n%s", file, diff)
	}
}

// Whatever the documents show as a config is one.
func TestConfigsInDocuments(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(docs, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, f := range Fields() {
		known[strings.FieldsFunc(f.Path, func(r rune) bool { return r == '.' || r == '[' })[0]] = true
	}
	seen := 0
	for _, file := range append(files, filepath.Join("..", "..", "README.md")) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(text), "\n```yaml\n")[1:] {
			block, _, _ = strings.Cut(block, "\n```")
			if key, _, _ := strings.Cut(block, ":"); !known[key] {
				continue // of a CI system
			}
			seen++
			if _, err := Parse(filepath.Base(file), []byte(block)); err != nil {
				t.Errorf("%v\n%s", err, block)
			}
		}
	}
	if seen < 3 {
		t.Errorf("only %d configs are shown", seen)
	}
}
