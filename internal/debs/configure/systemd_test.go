package configure

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/debs/root"
)

// below lists what is below a directory: links with their targets, files.
func below(t *testing.T, r *root.Root, dir string) string {
	t.Helper()
	changes, err := r.Changes()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, c := range changes {
		path, ok := strings.CutPrefix(c.Path, dir+"/")
		switch {
		case !ok || c.Mode.IsDir():
		case c.Link != "":
			out.WriteString(path + " -> " + c.Link + "\n")
		default:
			out.WriteString(path + ": " + strings.ReplaceAll(string(c.Data), "\n", "|") + "\n")
		}
	}
	return out.String()
}

// TestUnitHelper has the lines that debhelper puts into postinst. What is wanted
// is what deb-systemd-helper 1.65 makes.
func TestUnitHelper(t *testing.T) {
	helper := file("/usr/bin/deb-systemd-helper", "#!/usr/bin/perl\n")
	unit := file("/lib/systemd/system/demo@.service", "[Install]\nWantedBy=multi-user.target other.target\nAlias=old@.service\nAlso=demo.socket demo@.service\nDefaultInstance=main\n")
	socket := file("/usr/lib/systemd/system/demo.socket", "[Install]\nRequiredBy=sockets.target\nWantedBy=../../x\n")
	user := file("/usr/lib/systemd/user/agent.socket", "[Install]\nWantedBy=sockets.target\n")
	script := `
unit=demo@.service
deb-systemd-helper unmask $unit >/dev/null || true
if deb-systemd-helper --quiet was-enabled $unit; then deb-systemd-helper enable $unit; else deb-systemd-helper update-state $unit; fi
deb-systemd-helper --user enable agent.socket
`
	r, _ := scripted(t, script, helper, unit, socket, user)
	want := `system/multi-user.target.wants/demo@main.service -> /lib/systemd/system/demo@.service
system/old@.service -> /lib/systemd/system/demo@.service
system/other.target.wants/demo@main.service -> /lib/systemd/system/demo@.service
system/sockets.target.requires/demo.socket -> /usr/lib/systemd/system/demo.socket
user/sockets.target.wants/agent.socket -> /usr/lib/systemd/user/agent.socket
`
	if diff := cmp.Diff(want, below(t, r, "/etc/systemd")); diff != "" {
		t.Error(diff)
	}
	want = `deb-systemd-helper-enabled/demo@.service.dsh-also: /etc/systemd/system/old@.service|/etc/systemd/system/sockets.target.requires/demo.socket|/etc/systemd/system/multi-user.target.wants/demo@main.service|/etc/systemd/system/other.target.wants/demo@main.service|
deb-systemd-helper-enabled/multi-user.target.wants/demo@main.service: 
deb-systemd-helper-enabled/old@.service: 
deb-systemd-helper-enabled/other.target.wants/demo@main.service: 
deb-systemd-helper-enabled/sockets.target.requires/demo.socket: 
deb-systemd-user-helper-enabled/agent.socket.dsh-also: /etc/systemd/user/sockets.target.wants/agent.socket|
deb-systemd-user-helper-enabled/sockets.target.wants/agent.socket: 
`
	if diff := cmp.Diff(want, below(t, r, "/var/lib/systemd")); diff != "" {
		t.Error(diff)
	}
}

// TestUnitHelperUndone disables and masks.
func TestUnitHelperUndone(t *testing.T) {
	r, _ := scripted(t, `
deb-systemd-helper enable demo.service; deb-systemd-helper disable demo.service; deb-systemd-helper mask demo.service
deb-systemd-helper mask other.service; deb-systemd-helper unmask other.service
! deb-systemd-helper was-enabled gone.service || deb-systemd-helper debian-installed demo.service
! deb-systemd-helper enable nowhere.service 2>/dev/null
`, file("/usr/bin/deb-systemd-helper", "#!/usr/bin/perl\n"), file("/lib/systemd/system/demo.service", "[Install]\nWantedBy=a.target\n"))
	if got := below(t, r, "/etc/systemd"); got != "system/demo.service -> /dev/null\n" {
		t.Error(got)
	}
}

// TestSystemctl enables by systemd itself, and by what it presets.
func TestSystemctl(t *testing.T) {
	r, _ := scripted(t, `
systemctl enable getty@tty1.service
deb-systemd-helper enable off.service
deb-systemd-helper enable on.service
! systemctl -q is-active on.service
systemctl daemon-reload
`, file("/usr/bin/systemctl", "\x7fELF"), file("/usr/bin/deb-systemd-helper", "#!/usr/bin/perl\n"),
		file("/lib/systemd/system/getty@.service", "[Install]\nWantedBy=getty.target\nDefaultInstance=tty1\n"),
		file("/lib/systemd/system/off.service", "[Install]\nWantedBy=multi-user.target\n"), file("/lib/systemd/system/on.service", "[Install]\nWantedBy=multi-user.target\n"),
		file("/usr/lib/systemd/system-preset/90-systemd.preset", "# x\ndisable o?f.service\nenable off.service\n"))
	want := `system/getty.target.wants/getty@tty1.service -> /lib/systemd/system/getty@.service
system/multi-user.target.wants/on.service -> /lib/systemd/system/on.service
`
	if diff := cmp.Diff(want, below(t, r, "/etc/systemd")); diff != "" {
		t.Error(diff)
	}
}
