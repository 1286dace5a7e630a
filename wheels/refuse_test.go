package wheels_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/wheeltest"
	"github.com/assemble-image/assemble/wheels"
)

// script returns a wheel with one console script.
func withScript(line string) wheeltest.Wheel {
	return wheeltest.Wheel{Name: "demo", Version: "1.0", EntryPoints: "[console_scripts]\n" + line + "\n"}
}

func withFile(name string) wheeltest.Wheel {
	return wheeltest.Wheel{Name: "demo", Version: "1.0", Files: []file{{Name: name, Data: []byte("x")}}}
}

// TestRefusesWheels holds that each wheel is refused by Open or by Entries,
// with a message that names it and says why.
func TestRefusesWheels(t *testing.T) {
	const meta = "Metadata-Version: 2.1\n"
	for _, test := range []struct {
		name, want string
		wheel      wheeltest.Wheel
	}{
		{"no .dist-info", "no .dist-info", wheeltest.Wheel{Name: "demo", Version: "1.0", Zip: func(z *wheeltest.Zip) { z.Files = []file{{Name: "a"}} }}},
		{"two .dist-info", "two .dist-info", withFile("Demo-1.0.dist-info/x")},
		{".dist-info of another project", "does not belong to demo 1.0", withFile("other-1.0.dist-info/x")},
		{".dist-info of another version", "does not belong to demo 1.0", withFile("demo-1.1.dist-info/x")},
		{".dist-info without a version", "does not belong", withFile("demo.dist-info/x")},
		{".dist-info in capitals", "not in lower case", withFile("other-1.0.DIST-INFO/x")},
		{".dist-info is a file", "is a file, not a directory", withFile("x.dist-info")},
		{".data of another project", "does not belong to demo 1.0", withFile("other-1.0.data/purelib/x")},
		{".data of another version", "does not belong to demo 1.0", withFile("demo-2.0.data/purelib/x")},
		{".data with an unknown scheme", "not in one of the .data directories", withFile("demo-1.0.data/stdlib/x")},
		{".data without a scheme", "not in one of the .data directories", withFile("demo-1.0.data/x")},
		{".data scheme is a file", "is a file", withFile("demo-1.0.data/scripts")},
		{"whiteout", "is a whiteout", withFile("pkg/.wh.other")},
		{"whiteout directory", "is a whiteout", withFile(".wh.pkg/x")},
		{"climbs out", `the element ".."`, withFile("demo-1.0.data/scripts/../../x")},

		{"WHEEL missing", "has no demo-1.0.dist-info/WHEEL", drop("WHEEL")},
		{"WHEEL of version 2", "only 1.x is supported", wheeltest.Wheel{Name: "demo", Version: "1.0", WheelFile: "Wheel-Version: 2.0\nRoot-Is-Purelib: true\n"}},
		{"WHEEL of version 10", "only 1.x is supported", wheeltest.Wheel{Name: "demo", Version: "1.0", WheelFile: "Wheel-Version: 10.0\n"}},
		{"WHEEL without version", "no Wheel-Version", wheeltest.Wheel{Name: "demo", Version: "1.0", WheelFile: "Root-Is-Purelib: true\n"}},
		{"WHEEL says twice where", "occurs 2 times", wheeltest.Wheel{Name: "demo", Version: "1.0", WheelFile: "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nroot-is-purelib: false\n"}},
		{"WHEEL is not text", "not UTF-8", wheeltest.Wheel{Name: "demo", Version: "1.0", WheelFile: "Wheel-Version: 1.0\xff\n"}},
		{"WHEEL is huge", "more than the limit", wheeltest.Wheel{Name: "demo", Version: "1.0", WheelFile: "Wheel-Version: 1.0\n\n" + strings.Repeat("x", 65<<10)}},
		{"METADATA missing", "has no demo-1.0.dist-info/METADATA", drop("METADATA")},
		{"METADATA of another project", `the project "other"`, wheeltest.Wheel{Name: "demo", Version: "1.0", MetadataFile: meta + "Name: other\nVersion: 1.0\n"}},
		{"METADATA of another version", `the version "1.0.1"`, wheeltest.Wheel{Name: "demo", Version: "1.0", MetadataFile: meta + "Name: demo\nVersion: 1.0.1\n"}},
		{"METADATA with an invalid version", "METADATA", wheeltest.Wheel{Name: "demo", Version: "1.0", MetadataFile: meta + "Name: demo\nVersion: one\n"}},
		{"METADATA names two", "occurs 2 times", wheeltest.Wheel{Name: "demo", Version: "1.0", MetadataFile: meta + "Name: demo\nVersion: 1.0\nName: other\n"}},
		{"METADATA empty", "no Name", wheeltest.Wheel{Name: "demo", Version: "1.0", MetadataFile: "\n"}},
		{"METADATA's name in the body", "no Name", wheeltest.Wheel{Name: "demo", Version: "1.0", MetadataFile: meta + "\nName: demo\nVersion: 1.0\n"}},

		{"entry point climbs out", "not a plain file name", withScript("../../evil = a:b")},
		{"entry point is absolute", "not a plain file name", withScript("/bin/sh = a:b")},
		{"entry point with a backslash", "not a plain file name", withScript(`a\b = a:b`)},
		{"entry point with a space", "not a plain file name", withScript("a b = a:b")},
		{"entry point with a control character", "not a plain file name", withScript("a\x1bb = a:b")},
		{"entry point is a dot", "not a valid script name", withScript(".. = a:b")},
		{"entry point without name", "not a valid script name", withScript("= a:b")},
		{"entry point is a whiteout", "is a whiteout", withScript(".wh.x = a:b")},
		{"entry point python", "replace the interpreter", withScript("python = a:b")},
		{"entry point Python3", "replace the interpreter", withScript("Python3 = a:b")},
		{"entry point python3.10", "replace the interpreter", withScript("python3.10 = a:b")},
		{"entry point pypy", "replace the interpreter", withScript("pypy3 = a:b")},
		{"gui entry point python", "replace the interpreter", wheeltest.Wheel{Name: "demo", Version: "1.0", EntryPoints: "[gui_scripts]\npythonw=a:b\n"}},
		{"entry point without a callable", "module:object", withScript("a = module")},
		{"entry point with code", "module:object", withScript("a = os; import evil:main")},
		{"entry point with a call", "module:object", withScript("a = m:main()")},
		{"entry point with digits first", "module:object", withScript("a = m:1x")},
		{"entry point with two objects", "module:object", withScript("a = m:x:y")},
		{"entry point with open extras", "module:object", withScript("a = m:x [b")},
		{"entry point twice", "occurs twice", withScript("a = m:x\na = m:y")},
		{"entry point continued", "continuation of the line before", withScript("a = m:x\n  b = m:y")},
		{"entry point without value", "name = value", withScript("a")},
		{"entry point not in a section", "not in a section", wheeltest.Wheel{Name: "demo", Version: "1.0", EntryPoints: "a = m:x\n"}},

		{"script python", "replace the interpreter", withFile("demo-1.0.data/scripts/python")},
		{"script python3.10 by data", "replace the interpreter", withFile("demo-1.0.data/data/bin/python3.10")},
		{"script PYTHON by data", "replace the interpreter", withFile("demo-1.0.data/data/bin/PYTHON3")},
		{"standard library by data", "standard library", withFile("demo-1.0.data/data/lib/python3.10/os.py")},
		{"site-packages' records by data", "metadata of an installed project", withFile("demo-1.0.data/data/lib/python3.10/site-packages/pip-26.0.dist-info/RECORD")},
		{"record by purelib", "metadata of an installed project", withFile("demo-1.0.data/purelib/pip-26.0.dist-info/METADATA")},
		{"own record by purelib", "would be installed as", withFile("demo-1.0.data/purelib/demo-1.0.dist-info/METADATA")},
		{"one path twice", "would be installed as", wheeltest.Wheel{Name: "demo", Version: "1.0", Files: []file{{Name: "a"}, {Name: "demo-1.0.data/purelib/a"}}}},
		{"file and directory", "both a file and a directory", wheeltest.Wheel{Name: "demo", Version: "1.0", Files: []file{{Name: "a"}, {Name: "demo-1.0.data/purelib/a/b"}}}},
		{"directory and file", "both a file and a directory", wheeltest.Wheel{Name: "demo", Version: "1.0", Files: []file{{Name: "a/b"}, {Name: "demo-1.0.data/purelib/a"}}}},
		{"wrapper and file", "both a file and a directory", wheeltest.Wheel{Name: "demo", Version: "1.0", Files: []file{{Name: "demo-1.0.data/scripts/a/b"}}, EntryPoints: "[console_scripts]\na = m:x\n"}},
	} {
		t.Run(test.name, func(t *testing.T) { wantRefusal(t, test.wheel, test.want) })
	}
}

// drop returns a wheel without one of its .dist-info files.
func drop(name string) wheeltest.Wheel {
	return wheeltest.Wheel{Name: "demo", Version: "1.0", Zip: func(z *wheeltest.Zip) {
		var kept []file
		for _, f := range z.Files {
			if !strings.HasSuffix(f.Name, ".dist-info/"+name) {
				kept = append(kept, f)
			}
		}
		z.Files = kept
	}}
}

// wantRefusal checks that the wheel is refused with a text and by its name.
func wantRefusal(t *testing.T, wheel wheeltest.Wheel, want string) {
	t.Helper()
	w, err := wheels.Open(wheel.Write(t, t.TempDir()), wheels.Options{})
	if err == nil {
		_, err = w.Entries(image)
	} else if w != nil {
		t.Errorf("a wheel came with the error %v", err)
	}
	if err == nil {
		t.Fatalf("accepted; want an error with %q", want)
	}
	if !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), wheel.Filename()) {
		t.Errorf("got %q, want an error with %q and %q", err, want, wheel.Filename())
	}
	if strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' && r != '\n' }) {
		t.Errorf("control characters in %q", err)
	}
}

func TestRefusesRecords(t *testing.T) {
	data := []byte("x = 1\n")
	for _, test := range []struct {
		name, want string
		alter      func(rows []string) []string
	}{
		{"unlisted file", `does not list "a.py"`, func(rows []string) []string { return rows[1:] }},
		{"extra row", `lists "b.py"`, func(rows []string) []string { return append(rows, "b.py,"+wheeltest.Hash(data)+",6") }},
		{"two digests", `lists "a.py" twice, with different digests`, func(rows []string) []string { return append(rows, "a.py,"+wheeltest.Hash(nil)+",6") }},
		{"two digests, backslash", `lists "a.py" twice, with different digests`, func(rows []string) []string { return append(rows, `.\a.py,`+wheeltest.Hash(nil)+",6") }},
		{"two kinds of digests", `lists "a.py" twice, with different digests`, func(rows []string) []string { return append(rows, "a.py,sha512="+strings.Repeat("A", 86)+",6") }},
		{"two sizes", `lists "a.py" twice, with different sizes`, func(rows []string) []string { return append(rows, "a.py,"+wheeltest.Hash(data)+",7") }},
		{"row twice, no digest", "no digest", func(rows []string) []string { return append(rows[1:], "a.py,,6", "a.py,,") }},
		{"other case", `lists "A.py"`, replaceRow("A.py," + wheeltest.Hash(data) + ",6")},
		{"absolute", `lists "/a.py"`, replaceRow("/a.py," + wheeltest.Hash(data) + ",6")},
		{"absolute, backslash", `lists "\\a.py"`, replaceRow(`\a.py,` + wheeltest.Hash(data) + ",6")},
		{"through a parent", `lists "x/../a.py"`, replaceRow("x/../a.py," + wheeltest.Hash(data) + ",6")},
		{"through a parent, backslash", `lists "x\\..\\a.py"`, replaceRow(`x\..\a.py,` + wheeltest.Hash(data) + ",6")},
		{"file with a slash", `lists "a.py/"`, replaceRow("a.py/," + wheeltest.Hash(data) + ",6")},
		{"directory that isn't there", `lists "b/"`, func(rows []string) []string { return append(rows, "b/,,") }},
		{"directory with a digest", `RECORD gives the directory "demo-1.0.dist-info/" content`, func(rows []string) []string {
			return append(rows, "demo-1.0.dist-info/,"+wheeltest.Hash(data)+",6")
		}},
		{"no path", "no path", func(rows []string) []string { return append(rows, ",,") }},
		{"text after a quote", "quote", replaceRow(`"a.py"b,` + wheeltest.Hash(data) + ",6")},
		{"row outside", `lists "../a.py"`, func(rows []string) []string { return append(rows, "../a.py,"+wheeltest.Hash(data)+",6") }},
		{"wrong size", "RECORD says 7 bytes, the file has 6", replaceRow("a.py," + wheeltest.Hash(data) + ",7")},
		{"negative size", "invalid size", replaceRow("a.py," + wheeltest.Hash(data) + ",-6")},
		{"no digest", "no digest", replaceRow("a.py,,6")},
		{"MD5", "not sha256 or stronger", replaceRow("a.py,md5=1B2M2Y8AsgTpgAmY7PhCfg,6")},
		{"hexadecimal digest", "not a sha256 digest", replaceRow("a.py,sha256=" + strings.Repeat("ab", 32) + ",6")},
		{"short digest", "not a sha256 digest", replaceRow("a.py,sha256=AAAA,6")},
		{"wrong SHA-512", "does not match its sha512 digest", replaceRow("a.py,sha512=" + strings.Repeat("A", 86) + ",6")},
		{"empty", "does not list", func([]string) []string { return nil }},
		{"two columns", "line 1: 2 columns instead of 3", replaceRow("a.py," + wheeltest.Hash(data))},
		{"open quote", "quote", replaceRow(`"a.py,,`)},
		{"its own digest", "its own digest", func(rows []string) []string {
			rows[len(rows)-1] = "demo-1.0.dist-info/RECORD," + wheeltest.Hash(nil) + ","
			return rows
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := wheeltest.Wheel{Name: "demo", Version: "1.0", Files: []file{{Name: "a.py", Data: data}}, Record: test.alter}
			wantRefusal(t, w, test.want)
			if test.name == "its own digest" {
				return
			}
			got := installed(t, w, wheels.Options{SkipRecord: true})
			if got[site+"a.py"] != "644 x = 1\n" {
				t.Errorf("without RECORD: got %v", got)
			}
		})
	}
	t.Run("missing", func(t *testing.T) { wantRefusal(t, drop("RECORD"), "has no demo-1.0.dist-info/RECORD") })
}

// TestTakesRecords holds that what a RECORD has too much, and how it is written,
// does no harm as long as every file has its digest, as with pip, uv and
// installer; and that what is installed is the same.
func TestTakesRecords(t *testing.T) {
	data, name := []byte("x = 1\n"), `d/b "c".py`
	files := []file{{Name: "d/a,a.py", Data: data}, {Name: "d/b.py", Data: data}, {Name: name, Data: data}}
	want := installed(t, wheeltest.Wheel{Name: "demo", Version: "1.0", Files: files}, wheels.Options{})
	hash := wheeltest.Hash(data)
	each := func(alter func(row string) string) func([]string) []string {
		return func(rows []string) []string {
			for i := range rows {
				rows[i] = alter(rows[i])
			}
			return rows
		}
	}
	add := func(row string) func([]string) []string {
		return func(rows []string) []string { return append(rows, row) }
	}
	for what, alter := range map[string]func(rows []string) []string{
		"row twice":              func(rows []string) []string { return append(rows, rows[1], rows[1]) },
		"own row twice":          func(rows []string) []string { return append(rows, rows[len(rows)-1]) },
		"own row missing":        func(rows []string) []string { return rows[:len(rows)-1] },
		"again without a digest": add("d/b.py,,"),
		"first without a digest": func(rows []string) []string { return append([]string{"d/b.py,,6", "d/b.py,,"}, rows...) },
		"again with a backslash": add(`d\b.py,` + hash + ",6"),
		"backslashes":            each(func(row string) string { return strings.ReplaceAll(row, "/", `\`) }),
		"dot":                    func(rows []string) []string { rows[1] = "./" + rows[1]; return rows },
		"dots and slashes": func(rows []string) []string {
			rows[1] = ".//" + strings.Replace(rows[1], "d/", "d/.//", 1)
			return rows
		},
		"dot and backslash":         func(rows []string) []string { rows[1] = `.\` + rows[1]; return rows },
		"directory":                 add("d/,,"),
		"directory, backslash":      add(`d\,,`),
		"directory without slash":   add("d,,"),
		"directory with no content": add("d/," + wheeltest.Hash(nil) + ",0"),
		"CR LF":                     each(func(row string) string { return row + "\r" }),
		"CR":                        func(rows []string) []string { return []string{strings.Join(rows, "\r")} },
		"empty lines":               each(func(row string) string { return row + "\n" }),
		"empty lines, CR LF":        func(rows []string) []string { return append(rows, "\r", "\r", "", "\r") },
		"byte order mark":           func(rows []string) []string { rows[0] = "\ufeff" + rows[0]; return rows },
		"quotes":                    func(rows []string) []string { rows[1] = `"d/b.py","` + hash + `","6"`; return rows },
		"bare quotes in a name":     func(rows []string) []string { rows[2] = name + "," + hash + ",6"; return rows },
		"empty column":              each(func(row string) string { return row + "," }),
		"more columns":              each(func(row string) string { return row + `,"x,y",z` }),
		"algorithm in capitals":     each(func(row string) string { return strings.Replace(row, "sha256=", "SHA256=", 1) }),
		"padding":                   func(rows []string) []string { rows[1] = "d/b.py," + hash + "=,6"; return rows },
		"the other alphabet": each(func(row string) string {
			name, rest, _ := strings.Cut(row, ",s")
			return name + ",s" + strings.NewReplacer("-", "+", "_", "/").Replace(rest)
		}),
		"no sizes": each(func(row string) string { return row[:strings.LastIndex(row, ",")+1] }),
	} {
		t.Run(what, func(t *testing.T) {
			got := installed(t, wheeltest.Wheel{Name: "demo", Version: "1.0", Files: files, Record: alter}, wheels.Options{})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-usual +got):\n%s", diff)
			}
		})
	}
}

func replaceRow(row string) func([]string) []string {
	return func(rows []string) []string { rows[0] = row; return rows }
}

// TestRecordDigestOfScript holds that a script that is rewritten is held to
// RECORD before, since packing only sees what became of it.
func TestRecordDigestOfScript(t *testing.T) {
	wantRefusal(t, wheeltest.Wheel{
		Name: "demo", Version: "1.0",
		Files:  []file{{Name: "demo-1.0.data/scripts/a", Data: []byte("#!python\nx\n")}},
		Record: replaceRow("demo-1.0.data/scripts/a," + wheeltest.Hash([]byte("other")) + ",11"),
	}, "does not match its digest in RECORD")
}

func TestOpenRefusesFiles(t *testing.T) {
	dir := t.TempDir()
	good := wheeltest.Wheel{Name: "demo", Version: "1.0"}
	bytes := good.Bytes()
	for name, test := range map[string]struct {
		file, want string
		data       []byte
	}{
		"name":      {"demo.whl", "not a valid wheel filename", bytes},
		"other":     {"other-1.0-py3-none-any.whl", "does not belong to other 1.0", bytes},
		"empty":     {"demo-1.0-py3-none-any.whl", "too short", nil},
		"truncated": {"demo-1.0-1-py3-none-any.whl", "truncated", bytes[:len(bytes)-1]},
		"page":      {"demo-1.0-2-py3-none-any.whl", "not a zip archive", []byte("<html>" + strings.Repeat(" ", 100))},
		"directory": {"demo-1.0-3-py3-none-any.whl", "regular file", nil},
		"missing":   {"demo-1.0-4-py3-none-any.whl", "no such file", nil},
	} {
		path := filepath.Join(dir, test.file)
		switch name {
		case "directory":
			if err := os.Mkdir(path, 0o755); err != nil {
				t.Fatal(err)
			}
		case "missing":
		default:
			wheeltest.WriteFile(t, dir, test.file, test.data)
		}
		w, err := wheels.Open(path, wheels.Options{})
		if err == nil || w != nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, test.want)
		}
	}
}

func TestHashes(t *testing.T) {
	good := wheeltest.Wheel{Name: "demo", Version: "1.0"}
	path := good.Write(t, t.TempDir())
	w, err := wheels.Open(path, wheels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	right, wrong := "sha256:"+w.Source.Digest(), "sha256:"+strings.Repeat("0", 64)
	if _, err := wheels.Open(path, wheels.Options{Hashes: []string{wrong, strings.ToUpper(right)}}); err != nil {
		t.Error(err)
	}
	_, err = wheels.Open(path, wheels.Options{Hashes: []string{wrong}})
	var mismatch *wheels.HashMismatchError
	if !errors.As(err, &mismatch) {
		t.Fatalf("got %v, want a HashMismatchError", err)
	}
	want := &wheels.HashMismatchError{Wheel: good.Filename(), Want: []string{wrong}, Got: right}
	if diff := cmp.Diff(want, mismatch); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRefusesInterpreterElsewhere holds that no file replaces the interpreter,
// whatever it is called and wherever it lies.
func TestRefusesInterpreterElsewhere(t *testing.T) {
	s := image
	s.Interpreter = "/usr/local/share/run"
	w := open(t, withFile("demo-1.0.data/data/share/run"))[0]
	if _, err := w.Entries(s); err == nil || !strings.Contains(err.Error(), "replace the interpreter") {
		t.Errorf("got %v", err)
	}
	if _, err := w.Info(s); err == nil {
		t.Error("Info accepts it")
	}
}
