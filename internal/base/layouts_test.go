package base_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/embeddedbase"
)

type files = []embeddedbase.File

// bare is a base without the official Python: PATH leads to path, and Debian's
// packages and name are gone.
func bare(path string, more ...embeddedbase.File) embeddedbase.Options {
	gone := files{{Path: "var/lib/dpkg/.wh.status"}, {Path: "usr/lib/os-release", Data: "ID=other\n"}}
	return embeddedbase.Options{WithoutPython: true, Env: []string{"PATH=" + path}, Layers: [][]embeddedbase.File{gone, more}}
}

// usr is an interpreter of the system, of that minor version.
func usr(minor string, more ...embeddedbase.File) files {
	return append(files{
		{Path: "usr/bin/python3", Link: "python" + minor}, {Path: "usr/bin/python" + minor, Data: "x"},
	}, more...)
}

// TestLayouts holds where each kind of base has its modules, and gets those of
// wheels: as sysconfig and pip tell there.
func TestLayouts(t *testing.T) {
	for _, minor := range []string{"3.9", "3.10", "3.11", "3.12", "3.13", "3.14"} {
		for _, tt := range layouts(minor) {
			t.Run(minor+" "+tt.name, func(t *testing.T) {
				got := read(t, tt.opt).Python
				if got.Minor != minor || got.Debian != tt.debian {
					t.Errorf("Python %s, Debian %v", got.Minor, got.Debian)
				}
				want := []string{tt.executable, tt.site, tt.plat, tt.local + "/bin", tt.local}
				have := []string{got.Executable, got.SitePackages, got.PlatPackages, got.Scripts, got.Data}
				if diff := cmp.Diff(want, have); diff != "" {
					t.Errorf("executable, site, plat, scripts, data: -want +got:\n%s", diff)
				}
				if tt.version != "" && got.Version != tt.version {
					t.Errorf("version %s by %s, want %s", got.Version, got.VersionSource, tt.version)
				}
			})
		}
	}
}

type layoutTest struct {
	name string
	opt  embeddedbase.Options

	executable, site, plat, local string
	debian                        bool
	version                       string
}

func layouts(minor string) []layoutTest {
	py := "python" + minor
	system, full := "/usr/bin/"+py, minor+".7"
	os := embeddedbase.File{Path: "usr/lib/" + py + "/os.py"}
	control := "Package: " + py + "-minimal\nVersion: " + full + "-2\nArchitecture: arm64\n"
	status := func(p string) string {
		return fmt.Sprintf("Package: %s-minimal\nStatus: install ok installed\nVersion: %s.7-2\n", p, strings.TrimPrefix(p, "python"))
	}
	dist, site := "/usr/local/lib/"+py+"/dist-packages", "/"+py+"/site-packages"
	return []layoutTest{
		{
			"distroless: no dist-packages, a file for each package",
			bare("/usr/bin", usr(minor, os, embeddedbase.File{Path: "var/lib/dpkg/status.d/" + py + "-minimal", Data: control})...),
			system, dist, "", "/usr/local", true, full,
		},
		{
			"dpkg's list, no dist-packages",
			bare("/usr/bin", usr(minor, os, embeddedbase.File{Path: "var/lib/dpkg/status", Data: status(py)})...),
			system, dist, "", "/usr/local", true, full,
		},
		{
			"Ubuntu without dpkg's list",
			bare("/usr/bin", usr(minor, os, embeddedbase.File{Path: "usr/lib/os-release", Data: "ID=ubuntu\nID_LIKE=debian\n"})...),
			system, dist, "", "/usr/local", true, "",
		},
		{
			"a distribution made from Debian",
			bare("/usr/bin", usr(minor, os, embeddedbase.File{Path: "usr/lib/os-release", Data: "ID=mint\nID_LIKE=\"ubuntu debian\"\n"})...),
			system, dist, "", "/usr/local", true, "",
		},
		{
			"dist-packages alone",
			bare("/bin", usr(minor, os, embeddedbase.File{Path: "usr/lib/python3/dist-packages/"})...),
			system, dist, "", "/usr/local", true, "",
		},
		{
			"another Python beside Debian's own",
			bare("/usr/bin", usr(minor, os,
				embeddedbase.File{Path: "usr/lib/python3/dist-packages/"},
				embeddedbase.File{Path: "var/lib/dpkg/status", Data: status("python3.8")})...),
			system, "/usr/lib" + site, "", "/usr", false, "",
		},
		{
			"UBI and Fedora",
			bare("/usr/bin", usr(minor,
				embeddedbase.File{Path: "usr/lib64/" + py + "/os.py"}, embeddedbase.File{Path: "usr/lib/" + py + "/site-packages/"})...),
			system, "/usr/local/lib" + site, "/usr/local/lib64" + site, "/usr/local", false, "",
		},
		{
			"UBI, whose interpreter tells its version",
			bare("/usr/bin", usr(minor,
				embeddedbase.File{Path: "usr/lib64/" + py + "/os.py"}, embeddedbase.File{Path: "usr/lib/" + py + "/site-packages/"},
				embeddedbase.File{Path: "usr/lib64/lib" + py + ".so.1.0", Data: "\x7fELF\x003.2.0\x00" + minor + "\x00" + strings.Repeat("x", 64<<10-12) + "\x00" + full + "\x00 3.1.1\x00"},
				embeddedbase.File{Path: "var/lib/rpm/rpmdb.sqlite", Data: "SQLite format 3\x00"})...),
			system, "/usr/local/lib" + site, "/usr/local/lib64" + site, "/usr/local", false, full,
		},
		{
			"an interpreter in one piece, in a pre-release",
			bare("/opt/py/bin", files{
				{Path: "opt/py/bin/python3", Link: py},
				{Path: "opt/py/lib/" + py + "/os.py"},
				{Path: "opt/py/bin/" + py, Data: "\x7fELF\x00" + minor + ".0rc2+\x00"},
			}...),
			"/opt/py/bin/" + py, "/opt/py/lib" + site, "", "/opt/py", false, minor + ".0rc2",
		},
		{
			"Chainguard",
			bare("/usr/bin", usr(minor, os, embeddedbase.File{Path: "usr/lib/" + py + "/site-packages/"},
				embeddedbase.File{Path: "usr/lib/apk/db/installed", Data: "P:python-3\nV:" + full + "-r0\nA:aarch64\n\n"})...),
			system, "/usr/lib" + site, "", "/usr", false, "",
		},
		{
			"Arch, where lib64 is lib",
			bare("/usr/bin", usr(minor, os, embeddedbase.File{Path: "usr/lib64", Link: "lib"})...),
			system, "/usr/lib" + site, "", "/usr", false, "",
		},
		{
			"conda",
			bare("/opt/conda/bin:/usr/bin", files{
				{Path: "opt/conda/bin/python3", Link: py},
				{Path: "opt/conda/bin/" + py, Data: "x"},
				{Path: "opt/conda/lib/" + py + "/os.py"},
				{Path: "opt/conda/lib/python3.1", Link: py},
				{Path: "opt/conda/include/" + py + "/patchlevel.h", Data: "#define PY_VERSION \"" + full + "\"\n"},
			}...),
			"/opt/conda/bin/" + py, "/opt/conda/lib" + site, "", "/opt/conda", false, full,
		},
		{
			"conda, a name without a version",
			bare("/opt/conda/bin", files{
				{Path: "opt/conda/bin/python3", Data: "x"}, {Path: "opt/conda/lib/" + py + "/os.py"}, {Path: "opt/conda/lib/python3.1", Link: py},
			}...),
			"/opt/conda/bin/python3", "/opt/conda/lib" + site, "", "/opt/conda", false, "",
		},
		{
			"a virtual environment of links upon Debian's own",
			bare("/opt/venv/bin:/usr/bin", usr(minor, os,
				embeddedbase.File{Path: "var/lib/dpkg/status", Data: status(py)},
				embeddedbase.File{Path: "opt/venv/pyvenv.cfg", Data: "home = /usr/bin\nversion = " + full + "\n"},
				embeddedbase.File{Path: "opt/venv/bin/python3", Link: "python"}, embeddedbase.File{Path: "opt/venv/bin/python", Link: system})...),
			"/opt/venv/bin/python3", "/opt/venv/lib" + site, "", "/opt/venv", false, full,
		},
		{
			"a virtual environment of copies",
			bare("/opt/venv/bin:/usr/bin", files{
				{Path: "opt/venv/pyvenv.cfg", Data: "home = /opt/py/bin\r\nversion_info = " + full + ".final.0\r\n"},
				{Path: "opt/venv/bin/python3", Data: "x"},
				{Path: "opt/venv/lib64", Link: "lib"},
				{Path: "opt/venv/lib/" + py + "/site-packages/"},
			}...),
			"/opt/venv/bin/python3", "/opt/venv/lib" + site, "", "/opt/venv", false, full,
		},
		{
			"shims of a version manager come before it",
			bare("/home/dev/.pyenv/shims:/usr/bin", append(usr(minor, os), embeddedbase.File{Path: "home/dev/.pyenv/shims/python3", Data: "#!/bin/sh\n"})...),
			system, "/usr/lib" + site, "", "/usr", false, "",
		},
		{
			"a free-threaded one beside it doesn't matter",
			bare("/usr/bin", usr(minor, os, embeddedbase.File{Path: "usr/bin/python3.13t", Data: "x"}, embeddedbase.File{Path: "usr/lib/python3.13t/os.py"})...),
			system, "/usr/lib" + site, "", "/usr", false, "",
		},
	}
}

// TestUnsupported holds that Pythons that wheels aren't chosen for are refused
// by name.
func TestUnsupported(t *testing.T) {
	for name, tt := range map[string]struct {
		files files
		want  string
	}{
		"free-threaded": {usr("3.13t", embeddedbase.File{Path: "usr/lib/python3.13t/os.py"}), "free-threaded Python (python3.13t)"},
		"free-threaded, under another name": {files{
			{Path: "usr/bin/python3", Data: "x"}, {Path: "usr/lib/python3.14t/os.py"},
		}, "free-threaded Python (python3.14t)"},
		"free-threaded, a hard link": {files{
			{Path: "usr/bin/python3.14t", Data: "x"},
			{Path: "usr/bin/python3.14", Hard: "usr/bin/python3.14t"},
			{Path: "usr/bin/python3", Link: "python3.14"},
			{Path: "usr/lib/python3.14t/os.py"},
		}, "free-threaded Python (python3.14t)"},
		"free-threaded, without python3": {files{{Path: "usr/bin/python3.13t", Data: "x"}}, "free-threaded Python (python3.13t)"},
		"Debian's free-threaded":         {usr("3.13-nogil"), "free-threaded Python (python3.13-nogil)"},
		"PyPy":                           {files{{Path: "usr/bin/python3", Link: "pypy3.10"}, {Path: "usr/bin/pypy3.10", Data: "x"}}, "another Python than CPython (pypy3.10)"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := base.ReadFacts(t.Context(), embeddedbase.Image(bare("/usr/bin", tt.files...)), base.FactsOptions{})
			var unsupported *base.UnsupportedError
			if !errors.As(err, &unsupported) || unsupported.Have != tt.want {
				t.Errorf("the error is %v", err)
			}
		})
	}
}
