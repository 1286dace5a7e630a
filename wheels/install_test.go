package wheels_test

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/wheeltest"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels"
)

type file = wheeltest.File

const (
	site    = "usr/local/lib/python3.10/site-packages/"
	include = "usr/local/include/python3.10/"
)

// wrapperText is a wrapper of pip 26 for the module and function.
func wrapperText(module, name, call string) string {
	return "#!/usr/local/bin/python3.10\nimport sys\nfrom " + module + " import " + name + "\nif __name__ == '__main__':\n" +
		"    sys.argv[0] = sys.argv[0].removesuffix('.exe')\n    sys.exit(" + call + "())\n"
}

type installCase struct {
	name  string
	wheel wheeltest.Wheel
	// want maps paths to modes and contents; RECORD, INSTALLER, METADATA
	// and WHEEL are left out.
	want map[string]string
}

// installWheels are wheels that pip installs too.
func installWheels() []installCase {
	py := []byte("print('hello')\n")
	return []installCase{
		{"every scheme", wheeltest.Wheel{Name: "Every_Scheme", Version: "1.0", Files: []file{
			{Name: "pkg/"},
			{Name: "pkg/__init__.py"},
			{Name: "pkg/stored.py", Data: py, Stored: true},
			{Name: "pkg/deflated.py", Data: py},
			{Name: "empty/"},
			{Name: "Every_Scheme-1.0.data/purelib/pure.py", Data: py},
			{Name: "Every_Scheme-1.0.data/platlib/plat.so", Data: py, Unix: 0o100755},
			{Name: "Every_Scheme-1.0.data/headers/a.h", Data: []byte("#define A\n")},
			{Name: "Every_Scheme-1.0.data/data/share/man/a.1", Data: []byte(".TH A\n")},
			{Name: "Every_Scheme-1.0.data/scripts/tool", Data: []byte("#!python\nprint()\n"), Unix: 0o100755},
			{Name: "Every_Scheme-1.0.data/scripts/binary", Data: []byte("\x7fELF not a script"), Unix: 0o100755},
		}}, map[string]string{
			site + "pkg/__init__.py":     "644 ",
			site + "pkg/stored.py":       "644 print('hello')\n",
			site + "pkg/deflated.py":     "644 print('hello')\n",
			site + "pure.py":             "644 print('hello')\n",
			site + "plat.so":             "755 print('hello')\n",
			include + "Every_Scheme/a.h": "644 #define A\n",
			"usr/local/share/man/a.1":    "644 .TH A\n",
			"usr/local/bin/tool":         "755 #!/usr/local/bin/python3.10\nprint()\n",
			"usr/local/bin/binary":       "755 \x7fELF not a script",
		}},
		{"modes", wheeltest.Wheel{Name: "modes", Version: "1.0", Platlib: true, Files: []file{
			{Name: "m/a", Unix: 0o100755},
			{Name: "m/b", Unix: 0o100710},
			{Name: "m/c", Unix: 0o104755},
			{Name: "m/d", Unix: 0o100000},
			{Name: "m/e", Unix: 0o100666},
			{Name: "m/f", Unix: 0o755},
			{Name: "m/g", Unix: 0o100001},
			{Name: "m/fat", Local: fat, Central: fat},
		}}, map[string]string{
			site + "m/a": "755 ", site + "m/b": "755 ", site + "m/c": "755 ", site + "m/d": "644 ",
			site + "m/e": "644 ", site + "m/f": "644 ", site + "m/g": "755 ", site + "m/fat": "644 ",
		}},
		{"shebangs", wheeltest.Wheel{Name: "shebangs", Version: "1.0", Files: []file{
			scriptFile("wants-pythonw", "#!pythonw\nx\n"), scriptFile("wants-python3", "#!python3 -s\nx\n"), scriptFile("space", "#! python\nx\n"),
			scriptFile("crlf", "#!python\r\nx\r\ny\r\n"), scriptFile("env", "#!/usr/bin/env python\nx\n"), scriptFile("bare", "#!python"),
			scriptFile("short", "#!"), scriptFile("none", ""), scriptFile("sub/deep", "#!python\nx\n"),
		}}, map[string]string{
			"usr/local/bin/wants-pythonw": "755 #!/usr/local/bin/python3.10\nx\n",
			"usr/local/bin/wants-python3": "755 #!/usr/local/bin/python3.10\nx\n",
			"usr/local/bin/space":         "755 #! python\nx\n",
			"usr/local/bin/crlf":          "755 #!/usr/local/bin/python3.10\nx\r\ny\r\n",
			"usr/local/bin/env":           "755 #!/usr/bin/env python\nx\n",
			"usr/local/bin/bare":          "755 #!/usr/local/bin/python3.10\n",
			"usr/local/bin/short":         "755 #!",
			"usr/local/bin/none":          "755 ",
			"usr/local/bin/sub/deep":      "755 #!/usr/local/bin/python3.10\nx\n",
		}},
		{"entry points", wheeltest.Wheel{Name: "entry.points", Version: "1.0", Files: []file{
			{Name: "entry.points-1.0.data/scripts/made-by-setuptools", Data: []byte("#!python\nold\n"), Unix: 0o100755},
			{Name: "entry.points-1.0.data/scripts/gui-script.py", Data: []byte("#!python\nold\n"), Unix: 0o100755},
		}, EntryPoints: "# comment\n[console_scripts]\nplain = pkg.mod:main\nattr=pkg:Class.run\nextras = pkg : main [a, b]\nmade-by-setuptools = pkg:main\nboth = pkg:console\n\n" +
			"[gui_scripts]\ngui = pkg:gui\nboth = pkg:gui\n\n[other]\nx = other.module\n"}, map[string]string{
			"usr/local/bin/plain":              "755 " + wrapperText("pkg.mod", "main", "main"),
			"usr/local/bin/attr":               "755 " + wrapperText("pkg", "Class", "Class.run"),
			"usr/local/bin/extras":             "755 " + wrapperText("pkg", "main", "main"),
			"usr/local/bin/made-by-setuptools": "755 " + wrapperText("pkg", "main", "main"),
			"usr/local/bin/gui":                "755 " + wrapperText("pkg", "gui", "gui"),
			"usr/local/bin/both":               "755 " + wrapperText("pkg", "gui", "gui"),
		}},
		{
			"pip's own scripts",
			wheeltest.Wheel{Name: "pip", Version: "26.0", EntryPoints: "[console_scripts]\npip = pip._internal.cli.main:main\npip3 = pip._internal.cli.main:main\npip3.14 = pip._internal.cli.main:main\npipx = pip:x\n"},
			map[string]string{
				"usr/local/bin/pip":     "755 " + wrapperText("pip._internal.cli.main", "main", "main"),
				"usr/local/bin/pip3":    "755 " + wrapperText("pip._internal.cli.main", "main", "main"),
				"usr/local/bin/pip3.10": "755 " + wrapperText("pip._internal.cli.main", "main", "main"),
				"usr/local/bin/pipx":    "755 " + wrapperText("pip", "x", "x"),
			},
		},
		{"odd names", wheeltest.Wheel{Name: "odd", Version: "1!2.0+local.1", Files: []file{
			{Name: `a,b "c".py`, Data: py}, {Name: "ä.py", Data: py},
		}}, map[string]string{site + `a,b "c".py`: "644 print('hello')\n", site + "ä.py": "644 print('hello')\n"}},
	}
}

func fat(h *wheeltest.Header) { h.Creator, h.Attributes = 20, 0x20 }

func scriptFile(name, text string) file {
	return file{Name: "shebangs-1.0.data/scripts/" + name, Data: []byte(text), Unix: 0o100755}
}

func TestEntries(t *testing.T) {
	for _, test := range installWheels() {
		t.Run(test.name, func(t *testing.T) {
			got := installed(t, test.wheel, wheels.Options{})
			for p := range got {
				if strings.Contains(p, ".dist-info/") {
					delete(got, p)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// installed returns the wheel's entries as mode and content by path, each
// checked against its size and digests.
func installed(t *testing.T, wheel wheeltest.Wheel, opt wheels.Options) map[string]string {
	t.Helper()
	path := wheel.Write(t, t.TempDir())
	w, err := wheels.Open(path, opt)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := w.Entries(image)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string, len(entries))
	for i, e := range entries {
		if i > 0 && entries[i-1].Path >= e.Path {
			t.Errorf("%q comes after %q", e.Path, entries[i-1].Path)
		}
		data := content(t, e)
		if sum := sha256.Sum256(data); !bytes.Equal(sum[:], e.SHA256) || int64(len(data)) != e.Size {
			t.Errorf("%s: size or SHA-256 is not that of the content", e.Path)
		}
		got[e.Path] = fmt.Sprintf("%o %s", e.Mode, data)
	}
	return got
}

// content reads an entry as packing it would.
func content(t *testing.T, e layers.Entry) []byte {
	t.Helper()
	if e.Slice == nil {
		return e.Data
	}
	f, err := e.Slice.Source.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	var r io.Reader = io.NewSectionReader(f, e.Slice.Offset, e.Slice.Length)
	if e.Slice.Deflated {
		r = flate.NewReader(r)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestRecord holds RECORD's exact bytes, and that a wheel can't say by itself
// how it was installed.
func TestRecord(t *testing.T) {
	info := "demo-1.0.dist-info/"
	w := wheeltest.Wheel{Name: "demo", Version: "1.0", EntryPoints: "[console_scripts]\nrun = demo:main\n", Files: []file{
		{Name: "z.py", Data: []byte("z")},
		{Name: "a,b.py"},
		{Name: "A.py"},
		{Name: info + "INSTALLER", Data: []byte("pip\n")},
		{Name: info + "REQUESTED", Data: []byte("x")},
		{Name: info + "direct_url.json", Data: []byte("{}")},
	}, Zip: func(z *wheeltest.Zip) {
		z.Files = append(z.Files, file{Name: info + "RECORD.jws", Data: []byte("signature")})
	}}
	row := func(path, data string) string {
		return fmt.Sprintf("%s,%s,%d\n", path, wheeltest.Hash([]byte(data)), len(data))
	}
	for _, opt := range []wheels.Options{{}, {SkipRecord: true}} {
		got := installed(t, w, opt)
		want := row("../../../bin/run", wrapperText("demo", "main", "main")) +
			row("A.py", "") +
			row(`"a,b.py"`, "") +
			row(info+"INSTALLER", "assemble\n") +
			row(info+"METADATA", "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n\n") +
			info + "RECORD,,\n" +
			row(info+"RECORD.jws", "signature") +
			row(info+"WHEEL", "Wheel-Version: 1.0\nGenerator: wheeltest\nRoot-Is-Purelib: true\nTag: py3-none-any\n") +
			row(info+"entry_points.txt", w.EntryPoints) +
			row("z.py", "z")
		if diff := cmp.Diff("644 "+want, got[site+info+"RECORD"]); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", opt, diff)
		}
		if text, ok := got[site+info+"direct_url.json"]; ok {
			t.Errorf("direct_url.json is installed: %s", text)
		}
		if text := got[site+info+"INSTALLER"]; text != "644 assemble\n" {
			t.Errorf("INSTALLER: %s", text)
		}
	}
}
