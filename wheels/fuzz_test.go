package wheels

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// FuzzRecord holds that rows that were read are written so that they are read
// as the same rows again.
func FuzzRecord(f *testing.F) {
	f.Add("a.py,sha256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA,1\nRECORD,,\n")
	f.Add("\"a,\"\"b.py\",sha256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,\r\n")
	f.Add("a,sha512=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA,0\n")
	f.Add("\ufeff./a\\b.py,SHA256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+=,1,x\r\r\"c\"\"\",,\r\nd\"e,,")
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := parseRecord(text)
		if err != nil {
			if rows != nil {
				t.Fatal("rows came with an error")
			}
			return
		}
		if len(rows) > 0 && strings.HasPrefix(rows[0].Path, byteOrderMark) {
			return // it was quoted, and isn't when it is written
		}
		var b []byte
		for i, row := range rows {
			if row.Algorithm != "sha256" || row.Size < 0 {
				rows[i] = recordRow{Path: row.Path, Size: -1}
				b = appendRow(b, row.Path, nil, 0)
				continue
			}
			b = appendRow(b, row.Path, row.Sum, row.Size)
		}
		again, err := parseRecord(string(b))
		if err != nil {
			t.Fatalf("reading what was written: %v\n%s", err, b)
		}
		if diff := cmp.Diff(rows, again); diff != "" {
			t.Fatalf("(-read +read again):\n%s", diff)
		}
	})
}

// FuzzMetadata holds that fields written plainly are read as the same again.
func FuzzMetadata(f *testing.F) {
	f.Add("Metadata-Version: 2.1\nName: a\nVersion: 1\n\nbody\n")
	f.Add("From x\nName: a\r\n b\r\tc\n: x\nVersion: 1")
	f.Fuzz(func(t *testing.T, text string) {
		list := parseHeaders(text)
		var b strings.Builder
		for _, field := range list {
			if strings.ContainsAny(field.value, "\r") {
				t.Fatalf("a carriage return in %q", field.value)
			}
			b.WriteString(field.name + ": " + strings.ReplaceAll(field.value, "\n", "\n ") + "\n")
		}
		if again := parseHeaders(b.String()); !equalFields(list, again) {
			t.Fatalf("read %q, then %q", list, again)
		}
		m, err := ParseMetadata(text)
		if err != nil && !cmp.Equal(m, Metadata{}) {
			t.Fatal("metadata came with an error")
		}
		if err == nil && (m.Name == "" || m.Version == "") {
			t.Fatal("no name or no version, and no error")
		}
	})
}

func equalFields(a, b fields) bool {
	return cmp.Equal(a, b, cmp.AllowUnexported(field{}))
}

// FuzzBuildInfo holds that only the versions 1.x of the format are taken.
func FuzzBuildInfo(f *testing.F) {
	f.Add("Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
	f.Fuzz(func(t *testing.T, text string) {
		info, err := parseBuildInfo(text)
		if err != nil {
			if !cmp.Equal(info, BuildInfo{}) {
				t.Fatal("a result came with an error")
			}
			return
		}
		if !strings.HasPrefix(info.Version, "1.") {
			t.Fatalf("took version %q", info.Version)
		}
	})
}

// FuzzEntryPoints holds that whatever is accepted makes scripts with one clean
// name each and nothing in them but the names of a module and an object.
func FuzzEntryPoints(f *testing.F) {
	f.Add("[console_scripts]\na = b.c:d.e [f]\n; comment\n[gui_scripts]\ng=h:i\n[x]\ny = z\n")
	f.Add("[console_scripts]\r\n  a=b:c\r\n  d=e:f\r\n")
	s := Scheme{Interpreter: "/usr/bin/python3"}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := parseEntryPoints(text)
		if err != nil {
			if list != nil {
				t.Fatal("a result came with an error")
			}
			return
		}
		names := make(map[string]bool)
		for _, e := range list {
			if !e.IsScript() {
				continue
			}
			if e.Name == "" || e.Name == "." || e.Name == ".." || strings.ContainsAny(e.Name, "/\\") || strings.ContainsFunc(e.Name, unicode.IsControl) {
				t.Fatalf("took the name %q", e.Name)
			}
			if names[e.Group+"\n"+e.Name] {
				t.Fatalf("took the name %q twice", e.Name)
			}
			names[e.Group+"\n"+e.Name] = true
			script := wrapper(e, s)
			if lines := bytes.Count(script, []byte("\n")); lines != 6 || bytes.ContainsAny(script, ";\r#\x00") && bytes.Count(script, []byte("#")) != 1 {
				t.Fatalf("made the script %q", script)
			}
		}
	})
}
