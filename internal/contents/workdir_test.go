package contents

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/assemble-image/assemble/internal/app"
	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/embeddedbase"
)

// TestWorkdir holds that the directory that the image starts in is made for its
// user where nothing else brings it, and left alone where something does.
func TestWorkdir(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "src", "pkg"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"main.py", "pkg/a.py"} {
		if err := os.WriteFile(filepath.Join(dir, "src", name), []byte("1\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	user := base.UserSpec{Name: "app", UID: 1000, GID: 1001, Home: "/home/app"}
	for _, tt := range []struct {
		workdir string
		dirs    []Place
		made    bool
	}{
		{"/data", nil, true},
		{"/srv/deep/er/", nil, true},
		{"", nil, false},
		{"/", nil, false},
		{"/usr/local", nil, false}, // the base's
		{"/lib", nil, false},       // a link of the base's
		{"/data", []Place{{Path: "/data", Mode: 0o755}}, false}, // dirs
		{"/data", []Place{{Path: "/data/logs", Mode: 0o755}}, false},
		{"/home/app", nil, false}, // the user's home
		{"/app", nil, false},      // around an app entry
		{"/app/src", nil, false},  // an app entry
		{"/app/src/pkg", nil, false},
		{"/app/src/other", nil, true},
		{"/app/sr", nil, true},
	} {
		on := ground(t)
		plan, _, err := Plan(t.Context(), on,
			Accounts{User: user, Dirs: tt.dirs},
			App{From: filepath.Join(dir, "src"), To: "/app/src", Workdir: tt.workdir, Options: app.Options{Name: "src", Dir: dir}},
			Workdir{Path: tt.workdir, User: user},
		)
		if err != nil {
			t.Fatalf("%s: %v", tt.workdir, err)
		}
		last := plan[len(plan)-1]
		if made := last.Kind == KindWorkdir; made != tt.made {
			t.Errorf("%s with %v is made: %v, want %v", tt.workdir, tt.dirs, made, tt.made)
		} else if made {
			entries, err := last.Spec.Entries()
			if err != nil || len(entries) != 1 || entries[0].UID != 1000 || entries[0].GID != 1001 {
				t.Errorf("%s: %+v, %v", tt.workdir, entries, err)
			}
		}
		if tt.workdir != "" && !built(t, on, plan).HasDir(tt.workdir) {
			t.Errorf("%s isn't there", tt.workdir)
		}
	}
	on := ground(t, embeddedbase.File{Path: "srv/file"})
	if _, _, err := Plan(t.Context(), on, Workdir{Path: "/etc/passwd/x"}); err == nil {
		t.Error("a directory was made in a file")
	}
}
