package contents

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/app"
	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/embeddedbase"
)

// appOf makes an app's directory of files, links as "NAME -> TARGET".
func appOf(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		name, target, isLink := strings.Cut(f, " -> ")
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if isLink {
			err = os.Symlink(target, p)
		} else {
			err = os.WriteFile(p, []byte("x"), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestReplacing(t *testing.T) {
	on := ground(t, embeddedbase.File{Path: "usr/bin/sh"}, embeddedbase.File{Path: "usr/bin/tar"}, embeddedbase.File{Path: "usr/bin/env"},
		embeddedbase.File{Path: "usr/lib/libc.so.6"}, embeddedbase.File{Path: "usr/lib/libz.so.1"}, embeddedbase.File{Path: "var/lib/dpkg/status"})
	tests := []struct {
		name, to  string
		files     []string
		allow     []string
		err, note string
	}{
		{name: "nothing", to: "/app", files: []string{"passwd", "etc/passwd", "bin/sh"}},
		{name: "accounts", to: "/etc", files: []string{"passwd", "shadow", "motd"}, err: `"/etc/passwd", "/etc/shadow"`},
		{name: "a link", to: "/etc", files: []string{"passwd -> motd", "motd"}, err: `"/etc/passwd"`},
		{name: "allowed", to: "/etc", files: []string{"passwd", "shadow"}, allow: []string{"/etc/passwd", "/etc/shadow"}, note: `"/etc/passwd", "/etc/shadow"`},
		{name: "allowed, a directory", to: "/etc", files: []string{"passwd", "shadow"}, allow: []string{"/etc/"}, note: `"/etc/passwd", "/etc/shadow"`},
		{name: "another is allowed", to: "/etc", files: []string{"passwd", "shadow"}, allow: []string{"/etc/pass"}, err: `"/etc/passwd", "/etc/shadow"`},
		{name: "the interpreter", to: "/usr/local/bin", files: []string{"python3.10", "mine"}, err: `"/usr/local/bin/python3.10"`},
		{name: "by a link of the base", to: "/bin", files: []string{"sh"}, err: `"/usr/bin/sh"`},
		{name: "allowed by a link of the base", to: "/bin", files: []string{"sh"}, allow: []string{"/bin/sh"}, note: `"/usr/bin/sh"`},
		{name: "programs", to: "/usr/bin", files: []string{"tar", "env", "mine"}, err: `"/usr/bin/env"`},
		{name: "a program", to: "/usr/bin", files: []string{"tar", "mine"}, note: `"/usr/bin/tar"`},
		{name: "libraries", to: "/usr/lib", files: []string{"libc.so.6", "libz.so.1"}, err: `"/usr/lib/libc.so.6"`},
		{name: "packages", to: "/var/lib/dpkg", files: []string{"status", "x"}, err: `"/var/lib/dpkg/status"`},
		{name: "the standard library", to: "/usr/local/lib/python3.10", files: []string{"os.py", "site-packages/mine.py"}, note: `"/usr/local/lib/python3.10/os.py"`},
		{name: "a distribution", to: "/" + site + "pip-23.0.1.dist-info", files: []string{"METADATA"}, note: "METADATA"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var notes []string
			a := App{
				From: appOf(t, tt.files...), To: tt.to, Replace: tt.allow, Options: app.Options{Name: "src"},
				Opened: func(tree *app.Tree) { t.Cleanup(func() { _ = tree.Close() }) },
				Note:   func(text string) { notes = append(notes, text) },
			}
			_, err := a.Plan(t.Context(), on)
			if (tt.err == "") != (err == nil) || err != nil && (!errors.Is(err, ErrReplaces) || !strings.HasSuffix(err.Error(), "to work: "+tt.err)) {
				t.Errorf("error %v", err)
			}
			if err == nil && (len(notes) > 0) != (tt.note != "") || tt.note != "" && !strings.Contains(strings.Join(notes, " "), tt.note) {
				t.Errorf("notes %q", notes)
			}
		})
	}
}

// Accounts that the image's user was added to aren't replaced either.
func TestReplacingAccounts(t *testing.T) {
	on := ground(t, embeddedbase.File{Path: "etc/.wh.passwd"}, embeddedbase.File{Path: "etc/.wh.group"})
	passwd := func(on *Ground) error {
		a := App{From: appOf(t, "passwd"), To: "/etc", Options: app.Options{Name: "src"}, Opened: func(tree *app.Tree) { t.Cleanup(func() { _ = tree.Close() }) }}
		_, _, err := Plan(t.Context(), on, a)
		return err
	}
	_, with, err := Plan(t.Context(), on, Accounts{User: base.UserSpec{Name: "app", UID: 1000, GID: 1000, Home: "/home/app"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := passwd(with); !errors.Is(err, ErrReplaces) {
		t.Error(err)
	}
}
