package configure

import (
	"bytes"
	"context"
	"encoding/pem"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/certs"
	"github.com/assemble-image/assemble/internal/debs/root"
)

// hashed is a certificate whose subject has letters beyond ASCII and blanks to
// fold; OpenSSL says that its hash is 20d72695.
const hashed = `-----BEGIN CERTIFICATE-----
MIIBozCCAVWgAwIBAgIUSfK2Ma5OpvllEFIQK7ggpd0lcEUwBQYDK2VwMEYxCzAJ
BgNVBAYTAkVTMRowGAYDVQQKDBFFeGFtcGxlICBTb2NpZWRhZDEbMBkGA1UEAwwS
R3LDtsOfZSBSb290IENBIDEgMCAXDTI2MTEyODA3MzI1M1oYDzIwODEwODMxMDcz
MjUzWjBGMQswCQYDVQQGEwJFUzEaMBgGA1UECgwRRXhhbXBsZSAgU29jaWVkYWQx
GzAZBgNVBAMMEkdyw7bDn2UgUm9vdCBDQSAxIDAqMAUGAytlcAMhAD00It2PvtPP
RMb9m241FL/+8Nhan+yunTVIox5pb+3co1MwUTAdBgNVHQ4EFgQU1Qso/NT3jsEY
rmuQYuSsofDuA0YwHwYDVR0jBBgwFoAU1Qso/NT3jsEYrmuQYuSsofDuA0YwDwYD
VR0TAQH/BAUwAwEB/zAFBgMrZXADQQDPqx0QpA6ir0msSMeyPiQi0ZxYBgvfwQwz
2nrKMJ7+D/JJxJRXxu3zW/E6KzzXNu2KI5NPTVdjHreRDSM510cF
-----END CERTIFICATE-----
`

func TestSubjectHash(t *testing.T) {
	block, _ := pem.Decode([]byte(hashed))
	if got, err := certs.SubjectHash(block.Bytes); err != nil || got != "20d72695" {
		t.Error(got, err)
	}
	if _, err := certs.SubjectHash([]byte("no certificate")); err == nil {
		t.Error("no error")
	}
}

func file(path, text string) root.File { return root.File{Path: path, Mode: 0o755, Data: []byte(text)} }

// scripted runs a postinst over files.
func scripted(t *testing.T, script string, files ...root.File) (*root.Root, *Result) {
	t.Helper()
	r := root.New(root.Options{})
	for _, f := range append(files, file(statusFile, "Package: libgvc6\nStatus: install ok installed\nVersion: 2.42.2-7\n\nPackage: libgtk-3-0\nStatus: install ok installed\nVersion: 3.24.38-2~deb12u3\n\nPackage: libgdk-pixbuf-2.0-0\nStatus: install ok installed\nVersion: 2.42.10+dfsg-1\n\n"), file("/tmp/x", "")) {
		if err := r.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	p := Package{Name: "x", Version: "1", Arch: "arm64", Files: []ControlFile{{Name: "postinst", Data: []byte("#!/bin/sh -e\n" + script)}}}
	p.Control.Set("Package", "x")
	p.Control.Set("Version", "1")
	result, err := Run(context.Background(), r, []Package{p}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if result.Failed > 0 {
		t.Fatal(result.Warnings)
	}
	return r, result
}

func TestCertificates(t *testing.T) {
	r, _ := scripted(t, "update-ca-certificates --fresh\n",
		file("/etc/ca-certificates.conf", "# comment\nx/One Root (1).crt\n!x/Off.crt\nx/Gone.crt\n"),
		file("/usr/share/ca-certificates/x/One Root (1).crt", hashed), file("/usr/share/ca-certificates/x/Off.crt", hashed),
		file("/usr/local/share/ca-certificates/mine.crt", strings.TrimSpace(hashed)),
		file("/etc/ca-certificates/update.d/hook", "#!/bin/sh\ncat >/tmp/hook\n"))
	for path, want := range map[string]string{
		"/etc/ssl/certs/One_Root_=1=.pem": "/usr/share/ca-certificates/x/One Root (1).crt",
		"/etc/ssl/certs/mine.pem":         "/usr/local/share/ca-certificates/mine.crt",
		"/etc/ssl/certs/20d72695.0":       "One_Root_=1=.pem",
		"/etc/ssl/certs/Off.pem":          "",
		"/etc/ssl/certs/20d72695.1":       "", // the same certificate again
	} {
		if got, _ := r.Readlink(path); got != want {
			t.Errorf("%s: %q", path, got)
		}
	}
	bundle, err := r.ReadFile("/etc/ssl/certs/ca-certificates.crt", 1<<20)
	if err != nil || string(bundle) != hashed+hashed {
		t.Error(string(bundle), err)
	}
	if hook, _ := r.ReadFile("/tmp/hook", 1<<20); string(hook) != "+/etc/ssl/certs/One_Root_=1=.pem\n+/etc/ssl/certs/mine.pem\n" {
		t.Error(string(hook))
	}
}

func TestKeystore(t *testing.T) {
	r, result := scripted(t, "printf '+/c/One.crt\\n+/c/two.crt\\n' | java -Xmx64m -jar /x/other.jar\n"+
		"printf '+/c/One.crt\\n+/c/two.crt\\n' | java -Xmx64m -jar /x/ca-certificates-java.jar -storepass changeit\nprintf -- '-/c/two.crt\\n' | java -jar /x/ca-certificates-java.jar\n",
		file("/c/One.crt", hashed), file("/c/two.crt", hashed), file("/usr/bin/java", "\x7fELF"))
	data, err := r.ReadFile(javaCerts, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(hashed))
	certs, err := parseKeystore(data)
	if diff := cmp.Diff(map[string][]byte{"debian:one.crt": block.Bytes}, certs); err != nil || diff != "" {
		t.Error(diff, err)
	}
	if len(result.Warnings) != 1 || result.Warnings[0].Command != "java" {
		t.Error(result.Warnings)
	}
	if keytool, err := exec.LookPath("keytool"); err == nil {
		path := t.TempDir() + "/cacerts"
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), keytool, "-list", "-keystore", path, "-storepass", "changeit").CombinedOutput()
		if err != nil || !strings.Contains(string(out), "debian:one.crt") {
			t.Errorf("keytool: %v: %s", err, out)
		}
	}
}

func library1(path, name string) root.File {
	f := file(path, path)
	f.Library = &root.Library{Soname: name, Machine: 183, Class: 2}
	return f
}

func TestLdconfig(t *testing.T) {
	old := encodeCache([]library{{key: "libbase.so.3", path: "/opt/base/libbase.so.3", flags: 0xa03}, {key: "libgone.so", path: "/opt/base/libgone.so", flags: 0xa03}}, "")
	other := file("/usr/lib/libother.so.1", "")
	other.Library = &root.Library{Soname: "libother.so.1", Machine: 62, Class: 2}
	link := func(path, to string) root.File { return root.File{Path: path, Mode: 0o777 | os.ModeSymlink, Link: to} }
	r, _ := scripted(t, "ldconfig -r / || ldconfig --verbose\n",
		root.File{Path: "/usr/lib", Mode: os.ModeDir | 0o755}, link("/lib", "usr/lib"),
		file("/etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\ninclude /etc/ld.so.conf\n"), file("/etc/ld.so.conf.d/b.conf", "/lib/multi # x\n"),
		file("/etc/ld.so.conf.d/a.conf", "/usr/local/lib\n"), file("/etc/ld.so.cache", string(old)), file("/opt/base/libbase.so.3", "x"),
		library1("/usr/lib/multi/libz.so.1.2.9", "libz.so.1"), library1("/usr/lib/multi/libz.so.1.2.13", "libz.so.1"),
		link("/usr/lib/multi/libz.so", "libz.so.1.2.13"), link("/usr/lib/multi/libalias.so.9", "libz.so.1.2.9"), link("/usr/lib/multi/libdangling.so", "none"),
		library1("/usr/local/lib/libp.so.1.0", "libp.so.1.0"), library1("/usr/local/lib/libnone.so.2", ""), other, file("/usr/lib/multi/libtext.so", "INPUT(x)"))
	data, err := r.ReadFile(cacheFile, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	list, _ := (&session{root: r}).readCache()
	for _, l := range list {
		got = append(got, l.key+" "+l.path)
	}
	want := []string{
		"libz.so.1 /lib/multi/libz.so.1", "libz.so /lib/multi/libz.so", "libp.so.1.0 /usr/local/lib/libp.so.1.0",
		"libnone.so.2 /usr/local/lib/libnone.so.2", "libbase.so.3 /opt/base/libbase.so.3",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if to, _ := r.Readlink("/usr/lib/multi/libz.so.1"); to != "libz.so.1.2.13" {
		t.Error(to)
	}
	ldconfig, err := exec.LookPath("ldconfig")
	if err != nil {
		t.Skip("skipped: no ldconfig to read it")
	}
	path := t.TempDir() + "/cache"
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), ldconfig, "-p", "-C", path).CombinedOutput()
	for _, line := range want {
		key, to, _ := strings.Cut(line, " ")
		if !strings.Contains(string(out), "\t"+key+" (libc6,AArch64) => "+to+"\n") {
			t.Errorf("%s: %v: %s", line, err, out)
		}
	}
}

func TestPlugins(t *testing.T) {
	dir := "/usr/lib/aarch64-linux-gnu/"
	r, result := scripted(t, "libgvc6-config-update -c\n"+dir+"gdk-pixbuf-2.0/gdk-pixbuf-query-loaders "+dir+"gdk-pixbuf-2.0/2.10.0/loaders/libpixbufloader-svg.so /x/own.so >/tmp/cache\n",
		file("/usr/sbin/libgvc6-config-update", "\x7fELF"), file(dir+"gdk-pixbuf-2.0/gdk-pixbuf-query-loaders", "\x7fELF"),
		file(dir+"graphviz/libgvplugin_core.so.6", ""), file(dir+"graphviz/libgvplugin_gd.so.6", ""))
	config, err := r.ReadFile(dir+"graphviz/config6a", 1<<20)
	if err != nil || !bytes.Contains(config, []byte("\nlibgvplugin_core.so.6 core {\n")) || !bytes.Contains(config, []byte("\nlibgvplugin_gd.so.6 gd {\n")) || bytes.Contains(config, []byte("pango")) {
		t.Error(string(config), err)
	}
	cache, _ := r.ReadFile("/tmp/cache", 1<<20)
	want := "# GdkPixbuf Image Loader Modules file\n# Automatically generated file, do not edit\n# Created by gdk-pixbuf-query-loaders from gdk-pixbuf-2.42.10\n#\n\"" + dir + "gdk-pixbuf-2.0/2.10.0/loaders/libpixbufloader-svg.so\"\n\"svg\""
	if !strings.HasPrefix(string(cache), want) {
		t.Error(string(cache))
	}
	if len(result.Warnings) != 1 || !strings.Contains(result.Warnings[0].Consequence, "/x/own.so") {
		t.Error(result.Warnings)
	}
}

func TestAlternatives(t *testing.T) {
	script := `exec >/tmp/out
u=update-alternatives
$u --install /usr/bin/e e /bin/a 10; $u --install /usr/bin/e e /bin/b 20 --slave /usr/bin/v v /bin/bv --slave /none/m m /bin/bv
readlink /etc/alternatives/e
$u --set e /bin/a; readlink /etc/alternatives/e; [ ! -e /usr/bin/v ] && echo gone
$u --install /usr/bin/e e /bin/c 30; readlink /etc/alternatives/e
$u --query e
$u --auto e; readlink /etc/alternatives/e; $u --remove e /bin/c; readlink /etc/alternatives/e; $u --list e
$u --install /usr/bin/taken taken /bin/a 1; readlink /usr/bin/taken || echo file
$u --install /usr/bin/x x /bin/none 1 || echo "$?"
$u --set e /bin/none || echo "$?"
$u --remove-all e; ls /etc/alternatives; [ -L /usr/bin/e ] || echo gone
`
	r, _ := scripted(t, script, file("/bin/a", ""), file("/bin/b", ""), file("/bin/c", ""), file("/bin/bv", ""), file("/usr/bin/taken", "x"))
	out, err := r.ReadFile("/tmp/out", 1<<20)
	want := `/bin/b
/bin/a
gone
/bin/a
Name: e
Link: /usr/bin/e
Slaves:
 m /none/m
 v /usr/bin/v
Status: manual
Best: /bin/c
Value: /bin/a

Alternative: /bin/a
Priority: 10

Alternative: /bin/b
Priority: 20
Slaves:
 m /bin/bv
 v /bin/bv

Alternative: /bin/c
Priority: 30
/bin/c
/bin/b
/bin/a
/bin/b
file
2
2
taken
gone
`
	if diff := cmp.Diff(want, string(out)); err != nil || diff != "" {
		t.Error(diff, err)
	}
}

func FuzzDatabases(f *testing.F) {
	f.Add([]byte("auto\n/usr/bin/e\nv\n/usr/bin/v\n\n/bin/b\n20\n/bin/bv\n\n"))
	f.Add(encodeCache([]library{{key: "a.so", path: "/lib/a.so", flags: 3}}, "note"))
	f.Add(encodeKeystore(map[string][]byte{"a": {1}}, "x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if a, err := parseAlternative("x", data); err == nil {
			text := a.text()
			again, err := parseAlternative("x", []byte(text))
			if err == nil && again.text() != text && !strings.Contains(text, "\n\n\n") {
				t.Errorf("%q, and then %q", text, again.text())
			}
		}
		if certs, err := parseKeystore(data); err == nil {
			again, err := parseKeystore(encodeKeystore(certs, "p"))
			if diff := cmp.Diff(certs, again); err != nil || diff != "" {
				t.Error(diff, err)
			}
		}
		r := root.New(root.Options{})
		if err := r.Add(root.File{Path: cacheFile, Mode: 0o644, Data: data}); err != nil {
			t.Fatal(err)
		}
		(&session{root: r}).readCache()
	})
}

// TestSetcap has iputils-ping's script: capabilities instead of setuid. They go
// when the file gets another owner or content.
func TestSetcap(t *testing.T) {
	r, result := scripted(t, `
if command -v setcap >/dev/null && setcap cap_net_raw+ep /usr/bin/ping; then chmod u-s /usr/bin/ping; else chmod u+s /usr/bin/ping; fi
setcap cap_chown=p /usr/bin/owned && chown games /usr/bin/owned
setcap cap_chown=p /usr/bin/written && echo >>/usr/bin/written
setcap cap_chown=p /usr/bin/gone && setcap -r /usr/bin/gone
! setcap cap_nope+p /usr/bin/ping 2>/dev/null
`, file("/usr/sbin/setcap", "\x7fELF"), file("/usr/bin/ping", "x"), file("/usr/bin/owned", "x"), file("/usr/bin/written", "x"), file("/usr/bin/gone", "x"),
		file("/etc/passwd", "games:x:5:60:games:/usr/games:/usr/sbin/nologin\n"))
	if len(result.Warnings) > 0 {
		t.Error(result.Warnings)
	}
	changes, err := r.Changes()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, c := range changes {
		if strings.HasPrefix(c.Path, "/usr/bin/") {
			got[c.Path] = c.Capability
		}
	}
	if diff := cmp.Diff(map[string]string{"/usr/bin/ping": "\x01\x00\x00\x02\x00\x20\x00\x00" + strings.Repeat("\x00", 12), "/usr/bin/owned": "", "/usr/bin/written": ""}, got); diff != "" {
		t.Error(diff)
	}
}

// TestCacheAsGlibc reads a cache that ldconfig of Debian 12 wrote, and writes
// the same bytes; a newer libc-bin is named.
func TestCacheAsGlibc(t *testing.T) {
	data, err := os.ReadFile("testdata/ld.so.cache")
	if err != nil {
		t.Fatal(err)
	}
	r := root.New(root.Options{})
	if err := r.Add(file(cacheFile, string(data))); err != nil {
		t.Fatal(err)
	}
	s := &session{root: r, states: map[string]*state{}}
	list, note := s.readCache()
	if len(list) == 0 || !bytes.Equal(encodeCache(list, s.cacheNote(note)), data) {
		t.Errorf("%d entries, written otherwise", len(list))
	}
	s.states["libc-bin"] = &state{version: "2.37-1ubuntu2", pkg: &Package{}}
	if got := s.cacheNote(note); got != "ldconfig (Debian GLIBC 2.37-1ubuntu2) stable release version 2.37" {
		t.Error(got)
	}
}

// TestLangProgram is the awk of the package locales' config script.
func TestLangProgram(t *testing.T) {
	r, result := scripted(t, `printf 'A=1\nLANG="de_DE.UTF-8"\nLANG=x\n' | awk '/^LANG=/ {gsub("\"", ""); sub("LANG=", ""); lang=$0;} END {print lang}' >/tmp/out`, file("/usr/bin/mawk", "\x7fELF"), file("/usr/bin/awk", "\x7fELF"))
	if got, _ := r.ReadFile("/tmp/out", 100); string(got) != "x\n" || len(result.Warnings) > 0 {
		t.Errorf("%q, %v", got, result.Warnings)
	}
}
