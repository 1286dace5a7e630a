package configure_test

import (
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/debs/configure"
	"github.com/assemble-image/assemble/internal/debs/root"
)

// TestAuto notes for apt which packages nobody asked for. The order of the new
// ones is that of apt 2.6 for these names.
func TestAuto(t *testing.T) {
	r := newBase(t)
	const kept = "Package: gone\nArchitecture: arm64\nAuto-Installed: 1\n\n"
	put(t, r, "/var/lib/apt/extended_states", kept+"Package: tool\nArchitecture: arm64\nAuto-Installed: 1\n\n")
	auto := func(p configure.Package) configure.Package { p.Auto = true; return p }
	all := auto(pack(t, fields("libsm6", "1")))
	all.Arch = "all"
	run(t, r, pack(t, fields("tool", "2")), auto(pack(t, fields("libxxf86vm1", "1"))), auto(pack(t, fields("libglx-mesa0", "1"))),
		auto(pack(t, fields("libxcb-present0", "1"))), all, auto(pack(t, fields("libc-bin", "3"))))
	want := kept
	for _, name := range []string{"libxcb-present0", "libxxf86vm1", "libglx-mesa0", "libsm6"} {
		want += "Package: " + name + "\nArchitecture: arm64\nAuto-Installed: 1\n\n"
	}
	if got := read(t, r, "/var/lib/apt/extended_states"); got != want {
		t.Errorf("%s", got)
	}
}

// TestNobodyAsked leaves apt's record alone where nothing is known of that.
func TestNobodyAsked(t *testing.T) {
	r := newBase(t)
	run(t, r, pack(t, fields("tool", "2")))
	if r.Exists("/var/lib/apt/extended_states") {
		t.Error("it is there")
	}
}

// TestStatusKeepsBlanks has dpkg's rule on blanks at the ends of lines.
func TestStatusKeepsBlanks(t *testing.T) {
	r := newBase(t)
	p := pack(t, fields("tool", "2"))
	p.Files = append(p.Files, configure.ControlFile{Name: "control", Data: []byte("Package: tool\nVersion: 2\nArchitecture:   arm64  \nMaintainer: Nobody <nobody@example.org>\nDescription: a tool \n of use \n .  \n more \n")})
	run(t, r, p)
	if text := read(t, r, "/var/lib/dpkg/status"); !strings.Contains(text, "\nArchitecture: arm64\nVersion: 2\nDescription: a tool \n of use \n .  \n more\n\n") {
		t.Errorf("%q", text)
	}
}

// TestAvailableStays leaves dpkg's list of available packages alone, as apt does.
func TestAvailableStays(t *testing.T) {
	r := newBase(t)
	run(t, r, pack(t, fields("tool", "2")))
	if text := read(t, r, "/var/lib/dpkg/available"); text != "" {
		t.Errorf("%q", text)
	}
}

// put adds a file to what the base has.
func put(t *testing.T, r *root.Root, path, text string) {
	t.Helper()
	if err := r.Add(root.File{Path: path, Mode: 0o644, Data: []byte(text)}); err != nil {
		t.Fatal(err)
	}
}
