package install_test

import (
	"archive/tar"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/debs/debtest"
)

// TestHostilePackages ends with an error that names the package, and gives no
// half of a layer.
func TestHostilePackages(t *testing.T) {
	script := func(text string) debtest.Deb {
		return debtest.Deb{Name: "evil", Control: map[string]string{"postinst": "#!/bin/sh\n" + text}}
	}
	files := func(list ...debtest.File) debtest.Deb { return debtest.Deb{Name: "evil", Files: list, NoMd5sums: true} }
	for name, d := range map[string]debtest.Deb{
		"a loop":            script("while :; do :; done"),
		"a fork bomb":       script("f() { f | f & }; f"),
		"endless output":    script("while echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; do :; done"),
		"endless memory":    script("x=xx; while :; do x=$x$x; done"),
		"endless recursion": script("f() { f; }; f"),
		"endless sourcing":  script(". \"$0\""),
		"a path out of it":  files(debtest.File{Path: "usr/../../x", Data: "x"}),
		"an absolute path":  files(debtest.File{Path: "/x", Data: "x"}),
		"a newline":         files(debtest.File{Path: "usr/a\nb", Data: "x"}),
		"a device":          files(debtest.File{Path: "dev/mem", Type: tar.TypeChar}),
		"through a link":    files(debtest.File{Path: "usr/l", Link: "/etc"}, debtest.File{Path: "usr/l/x", Data: "x"}),
		"a link out of it":  files(debtest.File{Path: "usr/l", Link: "../../../etc/shadow"}),
		"a hard link out":   files(debtest.File{Path: "usr/l", Hard: "/etc/shadow"}),
		"a whiteout":        files(debtest.File{Path: "usr/.wh.bin", Data: ""}),
		"dpkg's own files":  files(debtest.File{Path: "var/lib/dpkg/status", Data: ""}),
		"another's file":    files(debtest.File{Path: "usr/bin/tool", Data: "x"}),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("TMPDIR", dir)
			out, err := configure(t, d)
			if err == nil || out != nil || !strings.Contains(err.Error(), "evil") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, %v", out, err)
			}
			if left, _ := filepath.Glob(dir + "/assemble*"); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// TestNothingOfThisMachine has a script look around: at files, variables, the
// clock and processes.
func TestNothingOfThisMachine(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SECRET", "s3cret")
	c := configured(t, debtest.Deb{Name: "spy", Control: map[string]string{"postinst": `#!/bin/sh
exec >/spied 2>/dev/null
cat /etc/shadow ` + secret + ` /proc/self/environ /proc/1/cmdline /dev/../proc/mounts
cat ../../../../../../../../etc/passwd
echo "[$SECRET]"; env; printenv SECRET; hostname; whoami; id -u; date; uname -a; echo $$ $PPID; ls / /proc /sys /home ~
ln -s ` + secret + ` /link; cat /link; cp /link /copy
: </dev/tcp/127.0.0.1/22
`}})
	text := string(find(t, c, "spied").Data)
	for _, bad := range []string{"s3cret", dir, "SECRET", os.Args[0]} {
		if strings.Contains(text, bad) {
			t.Errorf("%q is in\n%s", bad, text)
		}
	}
	if !strings.Contains(text, "1970") || !strings.Contains(text, "[]\n") {
		t.Errorf("it didn't get far:\n%s", text)
	}
}
