package base_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/embeddedbase"
)

// rhel are the files of a base of that family, with a C library.
func rhel(libc string, more ...embeddedbase.File) files {
	return usr("3.9", append(files{
		{Path: "usr/lib/os-release", Data: "NAME=\"Red Hat Enterprise Linux\"\nID=\"rhel\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"9.4\"\nPRETTY_NAME=\"Red Hat Enterprise Linux 9.4 (Plow)\"\n"},
		{Path: "usr/lib64/python3.9/os.py"},
		{Path: "lib64", Link: "usr/lib64"},
		{Path: "usr/lib/aarch64-linux-gnu/.wh.libc.so.6"},
		{Path: "usr/lib64/libc.so.6", Data: libc},
	}, more...)...)
}

// TestRPM holds what is told of a base whose packages RPM lists: the C library
// by its own file, and that the list wasn't read.
func TestRPM(t *testing.T) {
	const banner = "\x7fELF\x00GNU C Library (GNU libc) stable release version 2.34.\n\x00"
	for file, format := range map[string]string{
		"var/lib/rpm/rpmdb.sqlite": "rpm", "usr/lib/sysimage/rpm/rpmdb.sqlite": "rpm",
		"var/lib/rpm/Packages": "rpm", "var/lib/rpm/Packages.db": "rpm", "usr/lib/sysimage/rpm/Packages.db": "rpm",
	} {
		f := read(t, bare("/usr/bin", rhel(banner, embeddedbase.File{Path: file, Data: "x"})...))
		if want := (base.Libc{Family: "glibc", Version: "2.34"}); f.Libc != want || f.OS.ID != "rhel" || f.OS.VersionID != "9.4" {
			t.Errorf("%s: %v, %v", file, f.Libc, f.OS)
		}
		if diff := cmp.Diff([]string{"/" + file}, f.UnreadLists); diff != "" || len(f.Packages) != 0 || format != "rpm" {
			t.Errorf("%s: %v %s", file, f.Packages, diff)
		}
	}
	if f := read(t, embeddedbase.Options{}); f.UnreadLists != nil {
		t.Errorf("a base with dpkg: %v", f.UnreadLists)
	}
	f := read(t, bare("/usr/bin", rhel("no banner", embeddedbase.File{Path: "var/lib/rpm/rpmdb.sqlite", Data: "x"})...))
	if f.Libc.Family != "" {
		t.Errorf("libc %v", f.Libc)
	}
	if why := f.WithoutLibc(); !strings.Contains(why, "its libc.so.6 doesn't tell") || !strings.Contains(why, "/var/lib/rpm/rpmdb.sqlite isn't read") {
		t.Errorf("got %q", why)
	}
	if why := read(t, bare("/usr/bin", usr("3.9", embeddedbase.File{Path: "usr/lib/aarch64-linux-gnu/.wh.libc.so.6"}, embeddedbase.File{Path: "usr/lib/python3.9/os.py"})...)).WithoutLibc(); !strings.Contains(why, "there is no libc.so.6") {
		t.Errorf("got %q", why)
	}
}
