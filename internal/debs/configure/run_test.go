package configure_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/debs/configure"
	"github.com/assemble-image/assemble/internal/debs/control"
	"github.com/assemble-image/assemble/internal/debs/packages"
	"github.com/assemble-image/assemble/internal/debs/root"
	"github.com/assemble-image/assemble/internal/debs/shell"
)

const baseStatus = `Package: base-files
Status: install ok installed
Maintainer: Nobody <nobody@example.org>
Architecture: all
Version: 12
Description: files

Package: libc-bin
Status: install ok installed
Maintainer: Nobody <nobody@example.org>
Architecture: arm64
Version: 2.36-9
Description: programs

`

// newBase is a base with dpkg's database, and a package that ldconfig's
// trigger belongs to.
func newBase(t *testing.T) *root.Root {
	t.Helper()
	r := root.New(root.Options{MaxBytes: 64 << 20})
	dir := func(path string) root.File { return root.File{Path: path, Mode: fs.ModeDir | 0o755} }
	file := func(path, text string) root.File { return root.File{Path: path, Mode: 0o644, Data: []byte(text)} }
	for _, f := range []root.File{
		dir("/etc/alternatives"), dir("/usr/bin"), dir("/usr/lib"), dir("/var/lib/dpkg/info"), dir("/tmp"),
		dir("/var/lib/dpkg/triggers"), dir("/var/lib/dpkg/alternatives"), dir("/usr/lib/aarch64-linux-gnu"),
		{Path: "/bin", Mode: fs.ModeSymlink | 0o777, Link: "usr/bin"},
		{Path: "/lib", Mode: fs.ModeSymlink | 0o777, Link: "usr/lib"},
		file("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"), file("/etc/group", "root:x:0:\n"),
		file("/etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n"),
		file("/etc/ld.so.conf.d/a.conf", "# one\n/lib/aarch64-linux-gnu\n/usr/lib/aarch64-linux-gnu\n"),
		file("/var/lib/dpkg/status", baseStatus), file("/var/lib/dpkg/available", ""),
		file("/var/lib/dpkg/info/base-files.list", "/.\n"), file("/var/lib/dpkg/info/libc-bin.list", "/.\n"),
		file("/var/lib/dpkg/info/base-files.md5sums", ""), file("/var/lib/dpkg/info/libc-bin.md5sums", ""),
		file("/var/lib/dpkg/triggers/ldconfig", "libc-bin\n"), file("/var/lib/dpkg/triggers/File", "/usr/share/x base-files/noawait\n"),
		file("/var/lib/dpkg/info/libc-bin.postinst", "#!/bin/sh\nset -e\n[ \"$1\" = triggered ] && ldconfig\n"),
	} {
		if err := r.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// pack makes a package of fields and files; names without a slash are control
// files.
func pack(t *testing.T, fields string, files ...string) configure.Package {
	t.Helper()
	c, err := control.ParseOne([]byte(fields), control.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := configure.Package{Name: c.Get("Package"), Version: c.Get("Version"), Arch: c.Get("Architecture"), Control: c, Paths: []string{"/."}}
	p.Files = append(p.Files, configure.ControlFile{Name: "md5sums"})
	for i := 0; i+1 < len(files); i += 2 {
		if !strings.HasPrefix(files[i], "/") {
			p.Files = append(p.Files, configure.ControlFile{Name: files[i], Data: []byte(files[i+1])})
			continue
		}
		p.Paths = append(p.Paths, files[i])
		f := root.File{Path: files[i], Mode: 0o755, Data: []byte(files[i+1])}
		if strings.Contains(files[i], ".so") {
			f.Library = &root.Library{Soname: files[i+1], Machine: 183, Class: 2}
		}
		p.Entries = append(p.Entries, f)
	}
	p.Info = infoFiles(&p)
	return p
}

// infoFiles are dpkg's files about a package.
func infoFiles(p *configure.Package) []root.File {
	prefix := "/var/lib/dpkg/info/" + packages.InfoName(p.Name, p.Arch, p.Control.Get("Multi-Arch") == "same") + "."
	list := []root.File{{Path: prefix + "list", Mode: 0o644, Data: []byte(strings.Join(p.Paths, "\n") + "\n")}}
	for _, f := range p.Files {
		mode := fs.FileMode(0o644)
		if slices.Contains([]string{"preinst", "postinst", "prerm", "postrm", "config"}, f.Name) {
			mode = 0o755
		}
		list = append(list, root.File{Path: prefix + f.Name, Mode: mode, Data: f.Data})
	}
	return list
}

func fields(name, version string, more ...string) string {
	return fmt.Sprintf("Package: %s\nVersion: %s\nArchitecture: arm64\nMaintainer: Nobody <nobody@example.org>\n%sDescription: a package\n more of it\n",
		name, version, strings.Join(more, ""))
}

func run(t *testing.T, r *root.Root, packages ...configure.Package) *configure.Result {
	t.Helper()
	result, err := configure.Run(t.Context(), r, packages, configure.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func read(t *testing.T, r *root.Root, path string) string {
	t.Helper()
	data, err := r.ReadFile(path, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestRun(t *testing.T) {
	r := newBase(t)
	zlib := pack(t, fields("libz", "1.2", "Multi-Arch: same\n"), "triggers", "activate-noawait ldconfig\n", "/lib/aarch64-linux-gnu/libz.so.1.2", "libz.so.1")
	app := pack(t, fields("app", "2-1", "Depends: libz (>= 1), daemon\n", "Homepage: https://example.org\n"),
		"preinst", "#!/bin/sh\necho \"$*\" >/etc/preinst\n[ -e /usr/bin/app ] && echo early >>/etc/preinst\ntrue\n",
		"postinst", "#!/bin/sh -e\nupdate-alternatives --install /usr/bin/edit edit /usr/bin/app 40 --slave /usr/bin/edit2 edit2 /usr/bin/app2 --slave /usr/share/man/man1/edit.1 edit.1 /usr/share/man/man1/app.1\necho \"$# $1 [$2] $DPKG_MAINTSCRIPT_PACKAGE $DPKG_MAINTSCRIPT_NAME $(dpkg --print-architecture)\" >/etc/postinst\ndpkg-trigger /usr/share/x || exit 5\ndpkg -s libz | grep -q Version:\n",
		"conffiles", "/etc/app.conf\n", "/usr/bin/app", "A", "/usr/bin/app2", "B", "/etc/app.conf", "C")
	app.Conffiles = []configure.Conffile{{Path: "/etc/app.conf", MD5: "0d61f8370cad1d412f80b84d143e1257"}}
	daemon := pack(t, fields("daemon", "1"), "postinst", "#!/bin/sh\nset -e\nadduser --system --group --no-create-home daemon\ninstall -d -o daemon -g daemon -m 750 /var/lib/daemon\ndeb-systemd-helper enable x\n", "/usr/bin/deb-systemd-helper", "#!/usr/bin/perl\n", "/usr/lib/systemd/system/x", "[Install]\n")
	result := run(t, r, app, zlib, daemon)
	if len(result.Warnings) > 0 || result.Failed > 0 {
		t.Error(result.Warnings)
	}
	if got := strings.Join(result.Configured, " "); got != "libz daemon app" && got != "daemon libz app" {
		t.Error(got)
	}
	for path, want := range map[string]string{
		"/etc/preinst":                       "install\n",
		"/etc/postinst":                      "2 configure [] app postinst arm64\n",
		"/var/lib/dpkg/alternatives/edit":    "auto\n/usr/bin/edit\nedit.1\n/usr/share/man/man1/edit.1\nedit2\n/usr/bin/edit2\n\n/usr/bin/app\n40\n/usr/share/man/man1/app.1\n/usr/bin/app2\n\n",
		"/usr/bin/edit2":                     "B",
		"/var/lib/dpkg/info/libz:arm64.list": "/.\n/lib/aarch64-linux-gnu/libz.so.1.2\n",
		"/var/lib/dpkg/info/app.conffiles":   "/etc/app.conf\n",
		"/etc/passwd":                        "root:x:0:0:root:/root:/bin/sh\ndaemon:x:100:100::/nonexistent:/usr/sbin/nologin\n",
		"/var/lib/dpkg/triggers/File":        "/usr/share/x base-files/noawait\n",
	} {
		if diff := cmp.Diff(want, read(t, r, path)); diff != "" {
			t.Error(path, diff)
		}
	}
	if link, _ := r.Readlink("/usr/lib/aarch64-linux-gnu/libz.so.1"); link != "libz.so.1.2" {
		t.Error(link)
	}
	if link, _ := r.Readlink("/usr/bin/edit"); link != "/etc/alternatives/edit" {
		t.Error(link)
	}
	if i, err := r.Stat("/var/lib/daemon"); err != nil || i.UID != 100 || i.Mode.Perm() != 0o750 {
		t.Error(i, err)
	}
	status := read(t, r, "/var/lib/dpkg/status")
	want := "Package: app\nStatus: install ok installed\nMaintainer: Nobody <nobody@example.org>\nArchitecture: arm64\nVersion: 2-1\nDepends: libz (>= 1), daemon\nConffiles:\n /etc/app.conf 0d61f8370cad1d412f80b84d143e1257\nDescription: a package\n more of it\nHomepage: https://example.org\n\nPackage: base-files\nStatus:"
	if !strings.HasPrefix(status, want) || !strings.Contains(status, strings.TrimSuffix(baseStatus, "\n\n")[strings.Index(baseStatus, "Package: libc-bin"):]) {
		t.Error(status)
	}
	if !strings.Contains(read(t, r, "/etc/ld.so.cache"), "/lib/aarch64-linux-gnu/libz.so.1\x00") {
		t.Error("libz.so.1 is not in ld.so.cache")
	}
	changes, err := r.Changes()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		if strings.HasPrefix(c.Path, "/var/lib/dpkg/info/") && c.Path != "/var/lib/dpkg/info/format" || c.Path == "/usr/bin/app" {
			t.Errorf("%s is a package's own file, but listed as a change", c.Path)
		}
	}
	judgeByDpkg(t, r)
}

// judgeByDpkg holds the database against the real dpkg, where there is one.
func judgeByDpkg(t *testing.T, r *root.Root) {
	t.Helper()
	if _, err := exec.LookPath("dpkg"); err != nil {
		t.Log("skipped: no dpkg")
		return
	}
	dir := t.TempDir()
	write(t, r, dir, "/")
	if err := os.WriteFile(dir+"/var/lib/dpkg/arch", []byte("amd64\narm64\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--audit"}, {"-V"}, {"-l"}} {
		cmd := exec.CommandContext(t.Context(), "dpkg", append([]string{"--root=" + dir}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil || args[0] != "-l" && args[0] != "-V" && len(out) > 0 || strings.Contains(string(out), "warning") {
			t.Errorf("dpkg %v: %v: %s", args, err, out)
		}
	}
	apt, err := exec.LookPath("apt-get")
	if err != nil {
		return
	}
	cmd := exec.CommandContext(t.Context(), apt, "check", "-o", "Dir="+dir, "-o", "Dir::State::status="+dir+"/var/lib/dpkg/status", "-o", "APT::Architecture=arm64", "-o", "Debug::NoLocking=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("apt-get check: %v: %s", err, out)
	}
}

func write(t *testing.T, r *root.Root, dir, path string) {
	t.Helper()
	list, err := r.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		at := filepath.Join(path, i.Name)
		switch {
		case i.Mode.IsDir():
			err = os.MkdirAll(dir+at, 0o755)
			write(t, r, dir, at)
		case i.Mode&fs.ModeSymlink != 0:
			err = errors.Join(os.MkdirAll(filepath.Dir(dir+at), 0o755), os.Symlink(i.Link, dir+at))
		default:
			err = errors.Join(os.MkdirAll(filepath.Dir(dir+at), 0o755), os.WriteFile(dir+at, []byte(read(t, r, at)), 0o644))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestUpgrade(t *testing.T) {
	r := newBase(t)
	old := pack(t, fields("app", "1"), "prerm", "#!/bin/sh\necho \"prerm $*\" >>/etc/log\n", "postrm", "#!/bin/sh\necho \"postrm $*\" >>/etc/log\n", "/usr/bin/old", "x", "/usr/bin/app", "1")
	run(t, r, old)
	app := pack(t, fields("app", "2"), "preinst", "#!/bin/sh\necho \"preinst $*\" >>/etc/log\n", "postinst", "#!/bin/sh\necho \"postinst $*\" >>/etc/log\ndpkg --compare-versions \"$2\" lt-nl 2 && echo older >>/etc/log\n", "/usr/bin/app", "2")
	app.Dropped = []string{"/usr/bin/old"}
	run(t, r, app)
	want := "prerm upgrade 2\npreinst upgrade 1 2\npostrm upgrade 2\npostinst configure 1\nolder\n"
	if diff := cmp.Diff(want, read(t, r, "/etc/log")); diff != "" {
		t.Error(diff)
	}
	if r.Exists("/usr/bin/old") || r.Exists("/var/lib/dpkg/info/app.prerm") || read(t, r, "/usr/bin/app") != "2" {
		t.Error("the older version is still there")
	}
	if s := read(t, r, "/var/lib/dpkg/status"); strings.Count(s, "Package: app\n") != 1 || !strings.Contains(s, "Version: 2\n") {
		t.Error(s)
	}
}

func TestPreDepends(t *testing.T) {
	log := "#!/bin/sh\necho \"$DPKG_MAINTSCRIPT_PACKAGE $DPKG_MAINTSCRIPT_NAME\" >>/etc/log\n"
	r := newBase(t)
	run(t, r,
		pack(t, fields("first", "1", "Depends: second\n"), "postinst", log),
		pack(t, fields("second", "1"), "postinst", log),
		pack(t, fields("third", "1", "Pre-Depends: first\n"), "preinst", log),
		pack(t, fields("a", "1", "Depends: b\n"), "postinst", log),
		pack(t, fields("b", "1", "Depends: a\n"), "postinst", log))
	if got := read(t, r, "/etc/log"); !strings.HasPrefix(got, "second postinst\nfirst postinst\nthird preinst\n") || strings.Count(got, "\n") != 5 {
		t.Error(got)
	}
}

func TestTriggers(t *testing.T) {
	r := newBase(t)
	owner := pack(t, fields("owner", "1"), "triggers", "interest-noawait /usr/share/fonts\ninterest named\n", "postinst", "#!/bin/sh\necho \"$*\" >>/etc/log\n")
	run(t, r, owner)
	run(t, r,
		pack(t, fields("fonts", "1"), "/usr/share/fonts/a/b.ttf", "x", "postinst", "#!/bin/sh\ndpkg-trigger --no-await named; dpkg-trigger named\n"),
		pack(t, fields("other", "1"), "/usr/share/fontsx", "x"))
	if got := read(t, r, "/etc/log"); got != "configure \ntriggered /usr/share/fonts named\n" {
		t.Error(got)
	}
	if got := read(t, r, "/var/lib/dpkg/triggers/named"); got != "owner\n" {
		t.Error(got)
	}
	if got := read(t, r, "/var/lib/dpkg/triggers/File"); got != "/usr/share/x base-files/noawait\n/usr/share/fonts owner/noawait\n" {
		t.Error(got)
	}
	loop := pack(t, fields("loop", "1"), "triggers", "interest-noawait round\n", "postinst", "#!/bin/sh\ndpkg-trigger round\n")
	run(t, r, loop)
	again := run(t, r, pack(t, fields("starter", "1"), "triggers", "activate-noawait round\n"))
	if len(again.Warnings) != 1 || !strings.Contains(again.Warnings[0].String(), "activate each other") {
		t.Error(again.Warnings)
	}
}

func TestDebconf(t *testing.T) {
	templates := "Template: x/choice\nType: select\nChoices: ${all}\nDefault: two\nDescription: which?\n\nTemplate: x/flag\nType: boolean\nDefault: true\nDescription: flag?\n"
	script := `#!/bin/sh
set -e
. /usr/share/debconf/confmodule
db_version 2.0
db_get x/choice; echo "$RET" >/etc/out
db_get x/flag; echo "$RET" >>/etc/out
db_get x/none || echo "$? $RET" >>/etc/out
db_subst x/choice all "one, two"; db_metaget x/choice choices; echo "$RET" >>/etc/out
db_fget x/choice seen; echo "$RET" >>/etc/out; db_fset x/choice seen true; db_fget x/choice seen; echo "$RET" >>/etc/out
db_input high x/choice || echo "$?" >>/etc/out
db_go || true
db_reset x/choice; db_get x/choice; echo "$RET" >>/etc/out
db_stop
`
	r := newBase(t)
	run(t, r, pack(t, fields("x", "1"), "templates", templates, "postinst", script, "config", "#!/bin/sh\n. /usr/share/debconf/confmodule\ndb_set x/choice one\n"))
	want := "one\ntrue\n10 x/none doesn't exist\none, two\nfalse\ntrue\n30\ntwo\n"
	if diff := cmp.Diff(want, read(t, r, "/etc/out")); diff != "" {
		t.Error(diff)
	}
}

func TestWarnings(t *testing.T) {
	elf := "\x7fELF"
	cases := []struct{ name, script, want string }{
		{"a program", "#!/bin/sh\nset -e\n/usr/bin/tool a\n/usr/bin/tool b\necho on >/etc/on\n", "x (postinst): /usr/bin/tool: it is a program, and not run: what it would do is left undone"},
		{"known", "#!/bin/sh\nlocaledef -i de_DE\n", "x (postinst): localedef: the locale that it would make is missing: use LANG=C.UTF-8, or the package locales-all"},
		{"nowhere", "#!/bin/sh\nset -e\nnowhere\n", `x (postinst): it ended with status 127, and what it would have done after that is left undone ("/var/lib/dpkg/info/x.postinst: nowhere: not found")`},
		{"nowhere, and no matter", "#!/bin/sh\nnowhere || true\n", ""},
		{"Perl", "#!/usr/bin/perl\nprint 1;\n", `x (postinst): a script for "perl": it is not interpreted, and what the script does from there on is left undone`},
		{"failing", "#!/bin/sh\necho why >&2\nexit 3\n", `x (postinst): it ended with status 3, and what it would have done after that is left undone ("why")`},
		{"this machine", "#!/bin/sh\nset -e\n[ ! -e /etc/shadow ] && [ ! -e /proc/self ] && [ ! -e /sys ] && [ ! -d /home ]\n! cat /etc/shadow\n! cat /proc/self/environ\n[ -z \"$USER$SHELL$GOPATH\" ]\n", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newBase(t)
			result := run(t, r, pack(t, fields("x", "1"), "postinst", c.script, "/usr/bin/tool", elf, "/usr/bin/localedef", elf))
			var got []string
			for _, w := range result.Warnings {
				got = append(got, w.String())
			}
			if strings.Join(got, "\n") != c.want {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestHostile(t *testing.T) {
	for name, script := range map[string]string{
		"loop":         "#!/bin/sh\nwhile :; do :; done\n",
		"fork bomb":    "#!/bin/sh\n:(){ :|:& };:\n",
		"output":       "#!/bin/sh\nwhile echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; do :; done\n",
		"files":        "#!/bin/sh\nwhile :; do i=$((i+1)); echo $i >/tmp/$i; done\n",
		"alternatives": "#!/bin/sh\nwhile :; do i=$((i+1)); update-alternatives --install /usr/bin/x$i x$i /usr/bin/tool 1; done\n",
		"accounts":     "#!/bin/sh\nwhile :; do i=$((i+1)); adduser --system u$i; done\n",
		"diversions":   "#!/bin/sh\nwhile :; do i=$((i+1)); dpkg-divert --add /usr/bin/x$i; done\n",
		"search":       "#!/bin/sh\nwhile :; do dpkg -S /usr/bin/tool; done >/dev/null\n",
	} {
		t.Run(name, func(t *testing.T) {
			r := newBase(t)
			p := pack(t, fields("x", "1"), "postinst", script, "/usr/bin/tool", "x")
			_, err := configure.Run(t.Context(), r, []configure.Package{p}, configure.Options{Limits: shell.Limits{Steps: 20_000_000}})
			if _, ok := errors.AsType[*configure.ScriptError](err); !ok || !strings.Contains(err.Error(), `interpreting the postinst of "x"`) {
				t.Error(err)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := pack(t, fields("x", "1"), "postinst", "#!/bin/sh\nwhile :; do :; done\n")
	if _, err := configure.Run(ctx, newBase(t), []configure.Package{p}, configure.Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestDeterministic(t *testing.T) {
	var first string
	for range 3 {
		r := newBase(t)
		run(t, r, pack(t, fields("x", "1"), "postinst", "#!/bin/sh\nt=$(mktemp); echo $t $$ $(date) >/etc/x; update-alternatives --install /usr/bin/e e /usr/bin/x 1\n", "/usr/bin/x", "x"))
		entries, err := r.Entries("x")
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, e := range entries {
			got += fmt.Sprintf("%s %v %s %s\n", e.Path, e.Mode, e.Link, e.Data)
		}
		if first == "" {
			first = got
		}
		if got != first {
			t.Error(cmp.Diff(first, got))
		}
	}
}

func TestNoDatabase(t *testing.T) {
	if _, err := configure.Run(t.Context(), root.New(root.Options{}), nil, configure.Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestNobodyHeardLdconfig: a base without dpkg's triggers, but with a cache.
func TestNobodyHeardLdconfig(t *testing.T) {
	for _, cache := range []bool{true, false} {
		r := newBase(t)
		if err := r.Drop("/var/lib/dpkg/triggers/ldconfig"); err != nil {
			t.Fatal(err)
		}
		if cache {
			if err := r.Add(root.File{Path: "/etc/ld.so.cache", Mode: 0o644, Data: []byte("x")}); err != nil {
				t.Fatal(err)
			}
		}
		run(t, r, pack(t, fields("libz", "1.2", "Multi-Arch: same\n"), "triggers", "activate-noawait ldconfig\n", "/lib/aarch64-linux-gnu/libz.so.1.2", "libz.so.1"))
		if got := r.Exists("/etc/ld.so.cache"); got != cache {
			t.Errorf("with a cache %t, there is one afterwards: %t", cache, got)
		}
		if cache && !strings.Contains(read(t, r, "/etc/ld.so.cache"), "libz.so.1") {
			t.Error("the library isn't in the cache")
		}
	}
}
