package contents

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/assemble-image/assemble/internal/app"
	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/debs/debtest"
	"github.com/assemble-image/assemble/internal/debs/lockfile"
	"github.com/assemble-image/assemble/internal/debs/system"
	"github.com/assemble-image/assemble/layers"
)

// systemOn plans packages on a base; they are written to dir first.
func systemOn(t *testing.T, on *Ground, dir string, opt system.Options, debs ...debtest.Deb) System {
	t.Helper()
	lock := &lockfile.Lock{Architecture: "arm64"}
	for _, d := range debs {
		version := d.Version
		if version == "" {
			version = "1"
		}
		data := d.Bytes(t)
		if dir != "" {
			d.Write(t, dir)
		}
		lock.Packages = append(lock.Packages, lockfile.Package{Name: d.Name, Version: version, Architecture: "arm64", Size: int64(len(data)), SHA256: fmt.Sprintf("%x", sha256.Sum256(data)), Why: "requested"})
	}
	cf, err := on.Target.Image.Image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	from := system.Base{Config: cf, Digest: on.Target.Facts.Config, Links: PackageLinks(on.Target.Facts), Files: on.Target.Files}
	learnt, err := system.Learn(t.Context(), from, nil)
	if err != nil {
		t.Fatal(err)
	}
	opt.TempDir = t.TempDir()
	s, err := system.Open(t.Context(), from, learnt, lock, dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return System{From: s}
}

// daemon brings a user, a program and a library.
func daemon() debtest.Deb {
	return debtest.Deb{Name: "demod", Compression: "xz", Fields: "Pre-Depends: libdemo\n", Control: map[string]string{"postinst": "#!/bin/sh\nset -e\nadduser --system --group --quiet --home /var/lib/demo demo\nmkdir -p /var/lib/demo/spool\nchown demo /var/lib/demo/spool\nupdate-alternatives --install /usr/bin/run-demo run-demo /usr/sbin/demod 10\n"}, Files: []debtest.File{
		{Path: "usr/sbin/demod", Data: "ELF", Mode: 0o755}, {Path: "usr/share/demo/data", Data: "1"}, {Path: "etc/demo.conf", Data: "a=1\n"},
	}}
}

func libdemo() debtest.Deb {
	return debtest.Deb{Name: "libdemo", Files: []debtest.File{{Path: "lib/aarch64-linux-gnu/libdemo.so.1.2", Data: "so"}, {Path: "lib/aarch64-linux-gnu/libdemo.so.1", Link: "libdemo.so.1.2"}}}
}

// TestSystem sees the base with the packages above their layers.
func TestSystem(t *testing.T) {
	on := ground(t)
	list, above, err := Plan(t.Context(), on, systemOn(t, on, t.TempDir(), system.Options{}, daemon(), libdemo()))
	if err != nil {
		t.Fatal(err)
	}
	last := list[len(list)-1]
	if last.Kind != KindConfigured || last.Name != "2 packages, configured" || last.Key == "" || last.Size == 0 {
		t.Errorf("the last layer is %+v", last)
	}
	f := above.Target.Facts
	if !slices.ContainsFunc(f.Users, func(u base.User) bool { return u.Name == "demo" && u.Home == "/var/lib/demo" }) {
		t.Errorf("users %+v", f.Users)
	}
	for _, dir := range []string{"var/lib/demo/spool", "usr/share/demo", "lib/aarch64-linux-gnu"} {
		if !above.HasDir(dir) {
			t.Errorf("there is no %s", dir)
		}
	}
	if has, known := f.HasProgram("/usr/bin", "run-demo"); !has || !known || !slices.Contains(f.Libraries, "libdemo.so.1") {
		t.Error("programs and libraries aren't known")
	}
	if on.HasDir("usr/share/demo") || len(on.Target.Facts.Users) == len(f.Users) {
		t.Error("the ground below has changed")
	}
	if above.Target.RootsID() != on.Target.RootsID() {
		t.Error("wheels get other keys")
	}
	for _, history := range []string{"assemble: demod 1, libdemo 1", "assemble: demod 1", "assemble: libdemo 1"} {
		if slices.ContainsFunc(list, func(l Layer) bool { return l.Spec.CreatedBy == history }) {
			return
		}
	}
	t.Errorf("the history names no package: %+v", list)
}

// TestSystemAbove holds what comes above packages against the rules for what a
// base has.
func TestSystemAbove(t *testing.T) {
	on := ground(t)
	_, above, err := Plan(t.Context(), on, systemOn(t, on, t.TempDir(), system.Options{}, daemon(), libdemo()))
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		to          string
		files       []string
		err, noting string
	}{
		"a program":               {"/usr/sbin", []string{"demod"}, "", `"/usr/sbin/demod"`},
		"data":                    {"/usr/share/demo", []string{"data", "mine"}, "", `"/usr/share/demo/data"`},
		"through the base's link": {"/lib/aarch64-linux-gnu", []string{"libdemo.so.1.2"}, "", `"/usr/lib/aarch64-linux-gnu/libdemo.so.1.2"`},
		"accounts":                {"/etc", []string{"passwd"}, `"/etc/passwd"`, ""},
		"a directory":             {"/usr/share", []string{"demo"}, `"/usr/share/demo" is a directory`, ""},
		"below a file":            {"/etc/demo.conf/x", []string{"y"}, `"/etc/demo.conf" is a file`, ""},
		"nothing":                 {"/app", []string{"main.py"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var notes []string
			_, _, err := Plan(t.Context(), above, App{From: appOf(t, tt.files...), To: tt.to, Options: app.Options{Name: "src"}, Note: func(s string) { notes = append(notes, s) }})
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
			if got := strings.Join(notes, "\n"); tt.noting == "" && got != "" || !strings.Contains(got, tt.noting) {
				t.Errorf("notes %q, want %q", got, tt.noting)
			}
		})
	}
	accounts, _, err := Plan(t.Context(), above, Accounts{User: base.UserSpec{Name: "app", UID: 1000, GID: 1000, Home: "/home/app"}, Dirs: []Place{{Path: "/usr/share/demo/more", Mode: 0o755}}})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := accounts[0].Spec.Entries()
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, e := range entries {
		paths = append(paths, e.Path)
		if e.Path == "etc/passwd" && !strings.Contains(string(e.Data), "\ndemo:") {
			t.Errorf("the package's user is lost:\n%s", e.Data)
		}
	}
	if diff := cmp.Diff([]string{"etc/passwd", "etc/group", "home/app", "usr/share/demo/more"}, paths); diff != "" {
		t.Error(diff)
	}
}

// TestSystemMoves changes a package: its layer moves, and the small one.
func TestSystemMoves(t *testing.T) {
	on := ground(t)
	large := debtest.Deb{Name: "libllvm", Files: []debtest.File{{Path: "usr/lib/llvm.so", Data: strings.Repeat("large", 300_000)}}}
	one := systemOn(t, on, t.TempDir(), system.Options{}, daemon(), libdemo(), large)
	changed := daemon()
	changed.Version = "2"
	two := systemOn(t, on, t.TempDir(), system.Options{}, changed, libdemo(), large)
	before, _, err := Plan(t.Context(), on, one)
	if err != nil {
		t.Fatal(err)
	}
	after, _, err := Plan(t.Context(), on, two)
	if err != nil {
		t.Fatal(err)
	}
	var moved []string
	for i := range after {
		if after[i].Key != before[i].Key {
			moved = append(moved, after[i].Name)
		}
	}
	if len(before) != len(after) || len(moved) != 2 || !strings.Contains(moved[0], "demod 2") || moved[1] != "3 packages, configured" {
		t.Errorf("%d and %d layers, %q moved", len(before), len(after), moved)
	}
}

// TestSystemGolden freezes the layers of two packages: the clock, the number of
// cores, the umask and the machine don't matter.
func TestSystemGolden(t *testing.T) {
	want := []string{
		"sha256:bb2aab8ecd52c0fdd55ef6bb05ecc392495bb7aa07a2e074d0504faa04a1bdbd",
		"sha256:3d075095d5ac5030464ebebdb2edd427effd45b271d918077a2f879ee6a5eb57",
		"sha256:412f4b165737b8e9575de2a99d28572a4ab4e4bbc770288b6cc82e299ba40ea1",
	}
	for _, cores := range []int{1, 2} {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
		on := ground(t)
		list, _, err := Plan(t.Context(), on, systemOn(t, on, t.TempDir(), system.Options{}, daemon(), libdemo()))
		if err != nil {
			t.Fatal(err)
		}
		specs := make([]layers.Spec, len(list))
		for i := range list {
			specs[i] = list[i].Spec
		}
		built, err := layers.Build(t.Context(), specs, layers.Options{TempDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range built {
			if err := validate.Layer(l); err != nil {
				t.Error(err)
			}
			d, err := l.Digest()
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, d.String())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("with %d cores; if that is meant, install.Format must change (-want +got)\n%s", cores, diff)
		}
	}
}

// TestSystemDescribed plans packages that aren't here by the lock alone.
func TestSystemDescribed(t *testing.T) {
	on := ground(t)
	s := systemOn(t, on, "", system.Options{Describe: true}, daemon(), libdemo())
	var notes []string
	s.Note = func(text string) { notes = append(notes, text) }
	list, above, err := Plan(t.Context(), on, s)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range list {
		if l.Key != "" {
			t.Errorf("layer %q has a key", l.Name)
		}
	}
	if last := list[len(list)-1]; last.Kind != KindConfigured || above != on || len(notes) != 1 || !strings.Contains(notes[0], "2 of 2 packages aren't here") {
		t.Errorf("notes %q, the last layer is %+v", notes, last)
	}
	want := []string{"demod 1", "libdemo 1"}
	for i, p := range PackageList(s.From) {
		if p.Name+" "+p.Version != want[i] || p.File != strings.ReplaceAll(want[i], " ", "_")+"_arm64.deb" || p.Why != "requested" {
			t.Errorf("%+v", p)
		}
	}
}

// TestSystemStops names what configuring can't end.
func TestSystemStops(t *testing.T) {
	on := ground(t)
	endless := debtest.Deb{Name: "endless", Control: map[string]string{"postinst": "#!/bin/sh\nwhile :; do :; done\n"}}
	if _, _, err := Plan(t.Context(), on, systemOn(t, on, t.TempDir(), system.Options{}, endless)); err == nil || !strings.Contains(err.Error(), `the postinst of "endless"`) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Plan(ctx, on, systemOn(t, on, t.TempDir(), system.Options{}, libdemo())); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	failing := debtest.Deb{Name: "failing", Control: map[string]string{"postinst": "#!/bin/sh\nexit 3\n"}}
	s := systemOn(t, on, t.TempDir(), system.Options{}, failing)
	var notes []string
	s.Note = func(text string) { notes = append(notes, text) }
	if _, _, err := Plan(t.Context(), on, s); err != nil || len(notes) != 1 || !strings.Contains(notes[0], "failing (postinst)") {
		t.Errorf("error %v, notes %q", err, notes)
	}
}

func TestBoundedList(t *testing.T) {
	if got := boundedList([]string{"a 1", "b 2"}); got != "a 1, b 2" {
		t.Error(got)
	}
	if got := boundedList(slices.Repeat([]string{strings.Repeat("x", 99)}, 50)); len(got) > maxHistory+20 || !strings.HasSuffix(got, " and 31 more") {
		t.Errorf("%d bytes: %s", len(got), got[len(got)-40:])
	}
}
