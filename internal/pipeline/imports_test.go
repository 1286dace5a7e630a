package pipeline_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/assemble-image/assemble/"

// mayImport lists what the packages of each room may import of the others;
// imports point from the verbs to the layers, and never back.
var mayImport = table(`
layers: internal/inflate internal/uncompress
wheels: internal/toml layers
manifest: internal/uncompress layers
sign:
internal/adopt: internal/config internal/credential internal/toml
internal/app: internal/credential layers
internal/base: internal/wire layers manifest
internal/cache:
internal/certs:
internal/config:
internal/contents: internal/app internal/base internal/certs internal/debs internal/report internal/supply internal/target layers manifest wheels
internal/credential:
internal/debs: internal/base internal/certs internal/inflate internal/wire internal/xz layers internal/vectors
internal/download: internal/cache internal/index internal/wire
internal/doctor: internal/base internal/contents internal/inflate internal/report internal/supply internal/target layers wheels
internal/embeddedbase: manifest
internal/git:
internal/images: internal/base internal/record internal/registry layers manifest sign
internal/fetch: internal/index internal/wire layers wheels
internal/index: internal/wire wheels
internal/inflate:
internal/mirrors: internal/registry internal/toml internal/wire
internal/modelpack: layers
internal/pipconf: internal/toml internal/wire
internal/provide: internal/cache internal/config internal/debs internal/index internal/report internal/supply internal/wire wheels
internal/record: internal/registry internal/trust layers manifest sign
internal/registry: internal/wire layers manifest
internal/report:
internal/resolve: internal/index wheels
internal/serve:
internal/smoke: layers manifest
internal/unarchive: internal/inflate internal/xz
internal/uncompress: internal/inflate
internal/supply: internal/cache internal/config internal/fetch internal/index internal/pipconf internal/report internal/resolve internal/target internal/wire layers wheels
internal/target: internal/base internal/embeddedbase internal/report wheels
internal/toml:
internal/trust: internal/cache internal/modelpack internal/registry sign
internal/wheeltest:
internal/wire:
internal/xz:
`)

func table(text string) map[string][]string {
	rooms := map[string][]string{}
	for line := range strings.Lines(strings.TrimSpace(text)) {
		room, imports, _ := strings.Cut(line, ":")
		rooms[room] = strings.Fields(imports)
	}
	return rooms
}

// everywhere lists rooms that all may import, and that import none of ours.
var everywhere = []string{"internal/osfile", "internal/lazyregexp"}

// onlyIn names the one room that may import a heavy library.
var onlyIn = map[string]string{
	"github.com/containerd/containerd":     "internal/smoke",
	"github.com/distribution/distribution": "internal/serve",
	"github.com/urfave/cli":                "cmd/assemble",
}

func TestImports(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("skipped: no go command")
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		pkg := strings.TrimPrefix(fields[0], module)
		for _, imported := range fields[1:] {
			seen++
			checkImport(t, pkg, imported)
		}
	}
	if seen == 0 {
		t.Fatal("go list named no imports")
	}
}

func checkImport(t *testing.T, pkg, imported string) {
	t.Helper()
	for library, owner := range onlyIn {
		if strings.HasPrefix(imported, library) && room(pkg) != owner && !strings.HasPrefix(pkg, "bench") {
			t.Errorf("%s imports %s, which belongs to %s", pkg, imported, owner)
		}
	}
	target, ours := strings.CutPrefix(imported, module)
	allowed, restricted := mayImport[room(pkg)]
	if ours && slices.Contains(everywhere, room(pkg)) {
		t.Errorf("%s imports %s, but must import nothing of ours", pkg, target)
	}
	if !ours || !restricted || room(target) == room(pkg) || slices.Contains(everywhere, room(target)) {
		return
	}
	if !slices.Contains(allowed, room(target)) {
		t.Errorf("%s imports %s: %s may import only %q", pkg, target, room(pkg), allowed)
	}
}

// room is the part of a package's path that names its room.
func room(pkg string) string {
	parts := strings.SplitN(pkg, "/", 3)
	if (parts[0] == "internal" || parts[0] == "cmd") && len(parts) > 1 {
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}
