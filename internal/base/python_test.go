package base_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/embeddedbase"
)

func TestPythonElsewhere(t *testing.T) {
	debianPython := []embeddedbase.File{
		{Path: "usr/bin/python3", Link: "python3.11"},
		{Path: "usr/bin/python3.11", Data: "x"},
		{Path: "usr/lib/python3/dist-packages/"},
		{Path: "usr/lib/python3.11/os.py"},
		{Path: "usr/lib/python3/dist-packages/six-1.16.0.dist-info/METADATA", Data: "Name: six\nVersion: 1.16.0\n\nName: not\n"},
		{Path: "var/lib/dpkg/status", Data: "Package: python3.11-minimal\nStatus: install ok installed\nVersion: 3.11.2-6+deb12u6\n"},
	}
	for _, tt := range []struct {
		name string
		opt  embeddedbase.Options
		want base.Python
	}{
		{"Debian's own", embeddedbase.Options{WithoutPython: true, Layers: [][]embeddedbase.File{debianPython}}, base.Python{
			Version: "3.11.2", VersionSource: "package python3.11-minimal 3.11.2-6+deb12u6", Minor: "3.11",
			Executable: "/usr/bin/python3.11", Prefix: "/usr", Debian: true,
			SitePackages: "/usr/local/lib/python3.11/dist-packages", Scripts: "/usr/local/bin", Include: "/usr/local/include/python3.11", Data: "/usr/local",
			Paths: []string{"/usr/local/lib/python3.11/dist-packages", "/usr/lib/python3/dist-packages"},
		}},
		{"both, the official first in PATH", embeddedbase.Options{Layers: [][]embeddedbase.File{debianPython}}, base.Python{
			Version: "3.10.19", Minor: "3.10", Executable: "/usr/local/bin/python3.10", Prefix: "/usr/local",
		}},
		{"no header", on(embeddedbase.File{Path: "usr/local/include/.wh.python3.10"}), base.Python{
			Version: "3.10.19", VersionSource: "environment variable PYTHON_VERSION", Minor: "3.10", Prefix: "/usr/local",
		}},
		{"no header, variable for another", embeddedbase.Options{
			Env: []string{"PYTHON_VERSION=3.9.1"}, Layers: [][]embeddedbase.File{{{Path: "usr/local/include/.wh.python3.10"}}},
		}, base.Python{Version: "3.10", VersionSource: "name of the interpreter", Minor: "3.10"}},
		{"a virtual environment", embeddedbase.Options{
			Env: []string{"PATH=/opt/venv/bin:/usr/local/bin"},
			Layers: [][]embeddedbase.File{{
				{Path: "opt/venv/pyvenv.cfg"}, {Path: "opt/venv/bin/python3", Link: "/usr/local/bin/python3"},
			}},
		}, base.Python{
			Version: "3.10.19", Minor: "3.10", Executable: "/opt/venv/bin/python3", Prefix: "/opt/venv",
			SitePackages: "/opt/venv/lib/python3.10/site-packages", Scripts: "/opt/venv/bin",
		}},
		{"only python3.N, linked from elsewhere", embeddedbase.Options{
			WithoutPython: true, Env: []string{"PATH=/usr/local/bin"},
			Layers: [][]embeddedbase.File{{
				{Path: "opt/py/bin/python3.9", Data: "x"},
				{Path: "opt/py/bin/python3.12", Data: "x"},
				{Path: "usr/local/bin/python3.9", Link: "/opt/py/bin/python3.9"},
				{Path: "usr/local/bin/python3.12", Link: "../../../opt/py/bin/python3.12"},
			}},
		}, base.Python{Version: "3.12", Minor: "3.12", Executable: "/opt/py/bin/python3.12", Prefix: "/opt/py"}},
		{"name without a version", embeddedbase.Options{
			WithoutPython: true, Env: []string{"PATH=/opt/bin"},
			Layers: [][]embeddedbase.File{{{Path: "opt/bin/python3", Data: "x"}, {Path: "opt/lib/python3.13/os.py"}}},
		}, base.Python{Version: "3.13", Minor: "3.13", Executable: "/opt/bin/python3", Prefix: "/opt"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := read(t, tt.opt).Python
			// What a row leaves out is not compared.
			if tt.want.SitePackages == "" {
				got.SitePackages, got.Scripts = "", ""
			}
			if tt.want.Include == "" {
				got.Include, got.Paths, got.Data = "", nil, ""
			}
			if tt.want.VersionSource == "" {
				got.VersionSource = ""
			}
			if tt.want.Executable == "" {
				got.Executable, got.Prefix = "", tt.want.Prefix
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestNoPython(t *testing.T) {
	_, err := base.ReadFacts(t.Context(), embeddedbase.Image(embeddedbase.Options{WithoutPython: true, Env: []string{"PATH=/opt/x:/usr/bin"}}), base.FactsOptions{})
	var missing *base.NoPythonError
	if !errors.As(err, &missing) {
		t.Fatalf("the error is %v", err)
	}
	want := []string{"/opt/x", "/usr/bin", "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/sbin", "/bin"}
	if diff := cmp.Diff(want, missing.Looked); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestLibc(t *testing.T) {
	lib := "usr/lib/aarch64-linux-gnu"
	padding := strings.Repeat("GNU C Library (", 8000) // the banner lies across two reads
	for _, tt := range []struct {
		name string
		opt  embeddedbase.Options
		want base.Libc
	}{
		{"banner far in", on(embeddedbase.File{Path: lib + "/libc.so.6", Data: padding + "GNU C Library (GNU libc) stable release version 2.41.\n"}), base.Libc{Family: "glibc", Version: "2.41"}},
		{"before 2.34, a link", on(
			embeddedbase.File{Path: lib + "/libc.so.6", Link: "libc-2.31.so"},
			embeddedbase.File{Path: lib + "/libc-2.31.so", Data: "GNU C Library (Debian GLIBC 2.31-13) stable release version 2.31.\n"},
		), base.Libc{Family: "glibc", Version: "2.31"}},
		{"no banner, but a package", on(embeddedbase.File{Path: lib + "/libc.so.6", Data: "stripped"}), base.Libc{Family: "glibc", Version: "2.36"}},
		{"musl", on(
			embeddedbase.File{Path: lib + "/.wh.libc.so.6"}, embeddedbase.File{Path: "var/lib/dpkg/.wh.status"},
			embeddedbase.File{Path: "lib/ld-musl-aarch64.so.1", Data: "x"},
			embeddedbase.File{Path: "lib/apk/db/installed", Data: "P:musl\nV:1.2.5-r0\nA:aarch64\no:musl\n\nP:libz\nV:1\no:zlib\n"},
		), base.Libc{Family: "musl", Version: "1.2.5"}},
		{"none", on(embeddedbase.File{Path: lib + "/.wh.libc.so.6"}, embeddedbase.File{Path: "var/lib/dpkg/.wh.status"}), base.Libc{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := read(t, tt.opt).Libc; got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
