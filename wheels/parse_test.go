package wheels

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseHeaders(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       fields
	}{
		{"plain", "Name: a\nVersion:1\n\nBody: b\n", fields{{"Name", "a"}, {"Version", "1"}}},
		{"CR LF", "Name: a\r\nVersion: 1\r\n\r\nBody: b\r\n", fields{{"Name", "a"}, {"Version", "1"}}},
		{"CR", "Name: a\rVersion: 1", fields{{"Name", "a"}, {"Version", "1"}}},
		{"continued", "License: one\n two\n\tthree\nName: a\n", fields{{"License", "one\ntwo\nthree"}, {"Name", "a"}}},
		{"continues nothing", " x\nName: a\n", fields{{"Name", "a"}}},
		{"colon in value", "Home-page: https://a/b\n", fields{{"Home-page", "https://a/b"}}},
		{"no field ends the headers", "Name: a\nthis is prose\nVersion: 1\n", fields{{"Name", "a"}}},
		{"space in a name ends the headers", "Name: a\nVer sion: 1\nVersion: 1\n", fields{{"Name", "a"}}},
		{"no name", ": x\nName: a\n", fields{{"Name", "a"}}},
		{"mailbox line", "From someone\nName: a\n", fields{{"Name", "a"}}},
		{"empty", "", nil},
	} {
		if diff := cmp.Diff(test.want, parseHeaders(test.text), cmp.AllowUnexported(field{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestParseMetadata(t *testing.T) {
	got, err := ParseMetadata("Metadata-Version: 2.4\nname: Demo\nVersion: 1.0\nSummary: s\nLicense: MIT\nLicense-Expression: MIT OR Apache-2.0\n" +
		"License-File: LICENSE\nClassifier: License :: OSI Approved :: MIT License\nRequires-Python: >=3.9\n" +
		"Requires-Dist: a>=1\nRequires-Dist: b ; extra == 'x'\nProvides-Extra: x\n\nText\n")
	if err != nil {
		t.Fatal(err)
	}
	want := Metadata{
		MetadataVersion: "2.4", Name: "Demo", Version: "1.0", Summary: "s", License: "MIT", LicenseExpression: "MIT OR Apache-2.0",
		LicenseFiles: []string{"LICENSE"}, Classifiers: []string{"License :: OSI Approved :: MIT License"}, RequiresPython: ">=3.9",
		RequiresDist: []string{"a>=1", "b ; extra == 'x'"}, ProvidesExtra: []string{"x"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for text, license := range map[string]string{
		"License-Expression: MIT\n": "MIT",
		"License: BSD\n":            "BSD",
		"License: BSD\n text\nClassifier: License :: X :: Y\n": "Y",
		"License: BSD\n text\n":                                "BSD",
		"":                                                     "",
	} {
		m, err := ParseMetadata("Name: a\nVersion: 1\n" + text)
		if err != nil || m.license() != license {
			t.Errorf("%q: licence %q (%v), want %q", text, m.license(), err, license)
		}
	}
}

func TestShebang(t *testing.T) {
	long := "/" + strings.Repeat("x", 124)
	for interpreter, want := range map[string]string{
		"/usr/bin/python3": "#!/usr/bin/python3\n",
		long[:124]:         "#!" + long[:124] + "\n",
		long:               "#!/bin/sh\n'''exec' " + long + " \"$0\" \"$@\"\n' '''\n",
		"/my apps/python":  "#!/bin/sh\n'''exec' \"/my apps/python\" \"$0\" \"$@\"\n' '''\n",
	} {
		if got := shebang(interpreter); got != want {
			t.Errorf("%s: got %q, want %q", interpreter, got, want)
		}
	}
}

func TestRelative(t *testing.T) {
	for _, test := range [][3]string{
		{"a/b", "a/b/c", "c"},
		{"a/b", "a/c", "../c"},
		{"a/b", "c", "../../c"},
		{"a/b", "a/bc", "../bc"},
		{"usr/local/lib/python3.10/site-packages", "usr/local/bin/x", "../../../bin/x"},
	} {
		if got := relative(test[0], test[1]); got != test[2] {
			t.Errorf("from %s to %s: %s, want %s", test[0], test[1], got, test[2])
		}
	}
}

func TestIsInterpreter(t *testing.T) {
	for name, want := range map[string]bool{
		"python": true, "python3": true, "Python3.10": true, "pythonw": true, "python3.13t": true, "pypy3": true, "PYTHON.exe": true,
		"python-argcomplete-check": false, "ipython": false, "ipython3": false, "pythonista": false, "pip": false, "python3-config": false,
	} {
		if isInterpreter(name) != want {
			t.Errorf("%s: %t, want %t", name, !want, want)
		}
	}
}

func TestSchemeCheck(t *testing.T) {
	good := Scheme{Purelib: "p", Platlib: "p", Scripts: "s", Data: "d", Headers: "h", Interpreter: "/bin/python"}
	if err := good.check(); err != nil {
		t.Fatal(err)
	}
	for name, alter := range map[string]func(s *Scheme){
		"absolute":           func(s *Scheme) { s.Purelib = "/p" },
		"empty":              func(s *Scheme) { s.Data = "" },
		"climbs":             func(s *Scheme) { s.Scripts = "../s" },
		"root":               func(s *Scheme) { s.Headers = "." },
		"not clean":          func(s *Scheme) { s.Platlib = "p/" },
		"relative program":   func(s *Scheme) { s.Interpreter = "python" },
		"newline in program": func(s *Scheme) { s.Interpreter = "/bin/py\nthon" },
		"quote in program":   func(s *Scheme) { s.Interpreter = `/bin/py"thon` },
		"negative owner":     func(s *Scheme) { s.UID = -1 },
	} {
		s := good
		alter(&s)
		if err := s.check(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
