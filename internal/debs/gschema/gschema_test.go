package gschema

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func filesOf(t testing.TB, dir string) []File {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var files []File
	for _, e := range list {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, File{Name: e.Name(), Data: data})
	}
	return files
}

// TestCompile has what glib-compile-schemas 2.74.6 wrote of the same files:
// all types of values, many schemas and keys, a broken file, overrides.
func TestCompile(t *testing.T) {
	got, problems := Compile(filesOf(t, "testdata"))
	want, err := os.ReadFile("testdata/gschemas.compiled")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%d bytes, not the %d that GLib writes", len(got), len(want))
	}
	var text []string
	for _, p := range problems {
		text = append(text, p.Error())
	}
	if diff := strings.Join(text, "\n"); diff != `reading "d.gschema.xml": the key "a" of the schema "org.example.broken": reading the value "'x'": it is no value of the type "i"
10_vendor.gschema.override:6: there is no key "nowhere" in the schema "org.example.all"
10_vendor.gschema.override:13: there is no schema "org.example.none"` {
		t.Errorf("%s", diff)
	}
	if data, problems := Compile(nil); data != nil || problems != nil {
		t.Error(data, problems)
	}
}

// TestCompileThisMachines compiles the schemas that are installed here, and
// asks GLib's own program.
func TestCompileThisMachines(t *testing.T) {
	const dir = "/usr/share/glib-2.0/schemas"
	program, err := exec.LookPath("glib-compile-schemas")
	if err != nil {
		t.Skip("skipped: there is no glib-compile-schemas")
	}
	if version, err := exec.CommandContext(t.Context(), program, "--version").Output(); err != nil || !strings.HasPrefix(string(version), "2.74.") {
		t.Skipf("skipped: it is of GLib %s", version) // others may order hash tables otherwise
	}
	if list, _ := filepath.Glob(dir + "/*.gschema.xml"); len(list) == 0 {
		t.Skip("skipped: no schemas are installed")
	}
	to := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), program, "--targetdir="+to, dir).CombinedOutput(); err != nil {
		t.Fatal(string(out), err)
	}
	want, err := os.ReadFile(filepath.Join(to, "gschemas.compiled"))
	if err != nil {
		t.Fatal(err)
	}
	if got, problems := Compile(filesOf(t, dir)); !bytes.Equal(got, want) || len(problems) > 0 {
		t.Errorf("%d bytes, not the %d that GLib writes; %v", len(got), len(want), problems)
	}
}

func TestRefusedValues(t *testing.T) {
	for _, tt := range [][2]string{
		{"", "i"},
		{"1 2", "i"},
		{"'x", "s"},
		{"256", "y"},
		{"-1", "u"},
		{"[1, 'x']", "ai"},
		{"(1, 2)", "(i)"},
		{"(1 2)", "(ii)"},
		{"{1: 2", "a{ii}"},
		{"{1, 2, 3}", "{ii}"},
		{"<1", "v"},
		{"@q 1", "i"},
		{"@", "i"},
		{"[]", "v"},
		{"<[]>", "v"},
		{`'\u00'`, "s"},
		{`'\`, "s"},
		{"true", "i"},
		{"1.5", "i"},
		{"b'x'", "s"},
		{strings.Repeat("[", 100) + strings.Repeat("]", 100), "ai"},
	} {
		if v, err := parseValue(tt[0], tt[1]); err == nil {
			t.Errorf("%q as %q: %+v", tt[0], tt[1], v)
		}
	}
	for _, typ := range []string{"", "a", "(", "(i", "{si", "{vs}", "{s}", "k", "a{s", strings.Repeat("a", 100) + "i"} {
		if got := firstType(typ); got != "" {
			t.Errorf("%q: %q", typ, got)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, key := range []string{
		`<key name="k" type="i"><default>1</default><range min="0" max="9"/></key>`, `<child name="c" schema="x"/>`,
		`<key name="k" enum="org.example.Size"><default l10n="time" context="c">'small'</default></key>`,
		`<key name="k" type="s"><choices><choice value="a"/></choices><aliases><alias value="b" target="a"/></aliases><default>'a'</default></key>`,
	} {
		f.Add([]byte(`<schemalist><schema id="x" path="/">`+key+`</schema><schema id="y" extends="x"><override name="k">2</override></schema></schemalist>`), []byte("[x:G]\nk=3\n"))
	}
	enums, err := os.ReadFile("testdata/a.enums.xml")
	if err != nil {
		f.Fatal(err)
	}
	schemas, err := os.ReadFile("testdata/b.gschema.xml")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		Compile([]File{{"a.gschema.xml", a}, {"b.gschema.override", b}})
		if data, _ := Compile([]File{{"a.enums.xml", enums}, {"a.gschema.xml", schemas}, {"b.gschema.xml", a}, {"b.gschema.override", b}}); data == nil {
			t.Error("other files' schemas are gone")
		}
	})
}

func FuzzValue(f *testing.F) {
	for _, tt := range [][2]string{{"(1, 'two', 3.0, 4, ['five'], (true, false))", "(isdyas(bb))"}, {"{'k': <'v'>}", "a{sv}"}, {"just 'x'", "ms"}, {`b'\001'`, "ay"}, {"<@as []>", ""}} {
		f.Add(tt[0], tt[1])
	}
	f.Fuzz(func(t *testing.T, text, typ string) {
		if firstType(typ) != typ {
			return
		}
		v, err := parseValue(text, typ)
		if err != nil {
			return
		}
		data := v.bytes()
		if n := fixed(v.typ); n > 0 && len(data) != n {
			t.Errorf("%q as %q: %d bytes, not %d", text, v.typ, len(data), n)
		}
	})
}
