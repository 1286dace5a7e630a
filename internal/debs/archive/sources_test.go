package archive_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/debs/archive"
)

func TestReadSources(t *testing.T) {
	root := fstest.MapFS{
		"etc/apt/sources.list": {Data: []byte("# comment\ndeb http://a/debian bookworm main contrib # more\ndeb-src http://a/debian bookworm main\n" +
			"deb [arch=amd64,arm64 signed-by=/k.gpg,/l.gpg trusted=yes check-valid-until=no] https://u:p@b/x sid/$(ARCH)/\ndeb [ arch=amd64 ] http://c/ s main\n")},
		"etc/apt/sources.list.d/b.sources": {Data: []byte("# c\nTypes: deb deb-src\nURIs: http://d/debian\nSuites: bookworm\n bookworm-updates\nComponents: main\nSigned-By: /usr/share/keyrings/x.gpg\n\n" +
			"Enabled: no\nTypes: deb\nURIs: cdrom:x\nSuites: y\n\nTypes: deb-src\nURIs: http://e\nSuites: y\nComponents: main\n\n" +
			"Types: deb\nURIs: file:/srv copy:/srv2\nSuites: ./\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n -----END PGP PUBLIC KEY BLOCK-----\n")},
		"etc/apt/sources.list.d/a.list":          {Data: []byte("deb http://first/ s main\n")},
		"etc/apt/sources.list.d/old.list.save":   {Data: []byte("rubbish\n")},
		"etc/apt/sources.list.d/.hidden.sources": {Data: []byte("rubbish\n")},
		"etc/apt/sources.list.d/.list":           {Data: []byte("rubbish\n")},
	}
	got, err := archive.ReadSources(root, "arm64")
	if err != nil {
		t.Fatal(err)
	}
	want := []archive.Source{
		{Where: "/etc/apt/sources.list:2", URIs: []string{"http://a/debian"}, Suite: "bookworm", Components: []string{"main", "contrib"}},
		{Where: "/etc/apt/sources.list:4", URIs: []string{"https://u:p@b/x"}, Suite: "sid/arm64/", Components: []string{}, SignedBy: []string{"/k.gpg", "/l.gpg"}, Trusted: true, AnyTime: true},
		{Where: "/etc/apt/sources.list.d/a.list:1", URIs: []string{"http://first/"}, Suite: "s", Components: []string{"main"}},
		{Where: "/etc/apt/sources.list.d/b.sources:2", URIs: []string{"http://d/debian"}, Suite: "bookworm", Components: []string{"main"}, SignedBy: []string{"/usr/share/keyrings/x.gpg"}},
		{Where: "/etc/apt/sources.list.d/b.sources:2", URIs: []string{"http://d/debian"}, Suite: "bookworm-updates", Components: []string{"main"}, SignedBy: []string{"/usr/share/keyrings/x.gpg"}},
		{Where: "/etc/apt/sources.list.d/b.sources:19", URIs: []string{"file:/srv"}, Suite: "./", Components: []string{}, Keys: []byte("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc\n-----END PGP PUBLIC KEY BLOCK-----\n")},
		{Where: "/etc/apt/sources.list.d/b.sources:19", URIs: []string{"copy:/srv2"}, Suite: "./", Components: []string{}, Keys: []byte("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc\n-----END PGP PUBLIC KEY BLOCK-----\n")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s := got[1].String(); s != "https://b/x sid/arm64/" {
		t.Errorf("shown as %q", s)
	}
	if got, err := archive.ReadSources(fstest.MapFS{}, "arm64"); err != nil || len(got) != 0 {
		t.Errorf("of an empty root: %v, %v", got, err)
	}
}

func TestSourcesRefused(t *testing.T) {
	for text, want := range map[string]string{
		"rpm http://a s main":              `line 1: "rpm" is neither deb nor deb-src`,
		"\ndeb http://a":                   "line 2: it lacks a URI or a suite",
		"deb [x http://a s main":           "no closing bracket",
		"deb [x] http://a s main":          `the option "x" has no value`,
		"deb http://a s":                   `names no component of "s"`,
		"deb http://a s/ main":             "there can't be components",
		"deb http://a ../s main":           `"../s" is no suite`,
		"deb http://a s/../../x/":          `is no suite`,
		"deb http://a s ../main":           `"../main" is no component`,
		"deb cdrom:[x]/ s main":            "URI",
		"deb mirror+http://u:secret@a s m": `URIs of the kind "mirror+http:"`,
		"deb ftp://a s main":               `URIs of the kind "ftp:"`,
		"deb file:a s main":                "absolute path",
		"deb file://host/a s main":         "absolute path",
		"deb /a s main":                    "is no URI",
		"deb http:///x s main":             "no archive's URI",
		"deb http://a/?b s main":           "no archive's URI",
	} {
		_, err := archive.ParseList([]byte(text), "x.list", "arm64")
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"URIs: http://a\nSuites: s\nComponents: m\n":            `line 1: it has no field "Types"`,
		"Types: deb\nURIs: http://a\n":                          "names no URI or no suite",
		"Types: deb\nTypes: deb\n":                              "line 2: the field \"Types\" is there twice",
		"Types: deb\nURIs: http://a\nSuites: s\nComponents: ..": "is no component",
	} {
		_, err := archive.ParseSources([]byte(text), "x.sources", "arm64")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

// Whatever the files say, sources name roots that can be read from, and paths
// that stay below them.
func FuzzSources(f *testing.F) {
	f.Add("deb [signed-by=/k arch=arm64] http://u:p@h/x bookworm main\n")
	f.Add("Types: deb\nURIs: file:/x\nSuites: ./\n")
	f.Fuzz(func(t *testing.T, text string) {
		list, _ := archive.ParseList([]byte(text), "x", "arm64")
		sources, _ := archive.ParseSources([]byte(text), "x", "arm64")
		for _, s := range append(list, sources...) {
			if len(s.URIs) == 0 || s.Suite == "" || strings.Contains("/"+s.Suite+"/", "/../") || strings.Contains(s.String(), "\n") {
				t.Fatalf("%q gives %+v", text, s)
			}
			for _, c := range s.Components {
				if strings.Contains("/"+c+"/", "/../") {
					t.Fatalf("%q gives %+v", text, s)
				}
			}
		}
	})
}
