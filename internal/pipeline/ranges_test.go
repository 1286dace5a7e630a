package pipeline_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/cache"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/pipeline"
	"github.com/assemble-image/assemble/internal/resolve"
	"github.com/assemble-image/assemble/internal/supply"
	"github.com/assemble-image/assemble/internal/wheeltest"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// stockWheels are wheels by "name version [tag]", each with what it requires.
var stockWheels = map[string][]string{
	"app 1.0":    {"lib>=1", "extra-lib; extra == 'more'"},
	"app 2.0":    {"lib>=2"},
	"app 3.0rc1": nil,
	"lib 1.0":    nil,
	"lib 1.5":    nil,
	"lib 2.0":    nil,
	"native 1.0 cp310-cp310-manylinux_2_17_aarch64": nil,
	"native 1.0 cp310-cp310-manylinux_2_28_aarch64": nil,
	"native 1.0 py3-none-any":                       nil,
	"native 2.0 cp310-cp310-manylinux_2_17_x86_64":  nil,
	"built 1.0-1 py3-none-any":                      nil,
	"built 1.0-2 py3-none-any":                      nil,
	"orphan 1.0":                                    {"absent>=3", "lib<1"},
	"odd 1.01":                                      nil, // 1.1 in a lock
	"gpu 1.0":                                       {"nvidia-thing"},
	"nvidia_thing 1.0":                              nil,
}

// fill writes the wheels whose names start with one of prefixes, all for none.
func fill(t *testing.T, dir string, prefixes ...string) map[string]string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	digests := map[string]string{}
	for key, requires := range stockWheels {
		fields := append(strings.Fields(key), "py3-none-any")
		name, version, tag := fields[0], fields[1], fields[2]
		if len(prefixes) > 0 && !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) }) {
			continue
		}
		version, build, _ := strings.Cut(version, "-")
		var metadata strings.Builder
		metadata.WriteString("Provides-Extra: more\n")
		for _, r := range requires {
			metadata.WriteString("Requires-Dist: " + r + "\n")
		}
		w := wheeltest.Wheel{
			Name: name, Version: version, Tag: tag, Metadata: metadata.String(),
			Files: []wheeltest.File{{Name: name + ".py", Data: []byte("# " + key + "\n")}},
		}
		data := w.Bytes()
		file := w.Filename()
		if build != "" {
			file = strings.Replace(file, "-"+version+"-", "-"+version+"-"+build+"-", 1)
		}
		wheeltest.WriteFile(t, dir, file, data)
		digests[file] = fmt.Sprintf("%x", sha256.Sum256(data))
	}
	return digests
}

// plan plans an image of a requirements file and the wheelhouse in dir.
func plan(t *testing.T, dir, text string, change ...func(*config.Config, *pipeline.Options)) (*pipeline.Plan, error) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "requirements.txt"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	for field, value := range map[string]string{"base": "embedded:", "lock": "requirements.txt"} {
		if err := cfg.Set(field, dir, value); err != nil {
			t.Fatal(err)
		}
	}
	opt := pipeline.Options{}
	for _, f := range change {
		f(cfg, &opt)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	p := pipeline.New(cfg, opt)
	t.Cleanup(func() { _ = p.Close() })
	return p.Plan(t.Context())
}

// A requirements file with ranges gets the best wheels of the wheelhouse that
// fit together, and says which.
func TestSettle(t *testing.T) {
	dir := t.TempDir()
	fill(t, filepath.Join(dir, "wheelhouse"))
	fill(t, filepath.Join(dir, "more"), "lib 1.0") // known from the wheelhouse
	wheeltest.Wheel{Name: "only", Version: "1.0"}.Write(t, filepath.Join(dir, "more"))
	for _, test := range []struct {
		text string
		want string
		open int
	}{
		{"app\n", "app-2.0-py3-none-any.whl lib-2.0-py3-none-any.whl", 2},
		{"app>=1,<2\nlib<2\n", "app-1.0-py3-none-any.whl lib-1.5-py3-none-any.whl", 2},
		{"app<2\nlib==1.0\n", "app-1.0-py3-none-any.whl lib-1.0-py3-none-any.whl", 1},
		{"app\n-c limits.txt\n", "app-1.0-py3-none-any.whl lib-1.5-py3-none-any.whl", 2},
		{"--pre\napp\n", "app-3.0rc1-py3-none-any.whl", 1},
		{"app>=3.0rc1\n", "app-3.0rc1-py3-none-any.whl", 1},
		{"lib; python_version < '3'\napp<2 ; python_version >= '3'\n", "app-1.0-py3-none-any.whl lib-2.0-py3-none-any.whl", 2},
		{"native\n", "native-1.0-cp310-cp310-manylinux_2_28_aarch64.whl", 1},
		{"built\n", "built-1.0-2-py3-none-any.whl", 1},
		{"lib>1\nlib<2\n", "lib-1.5-py3-none-any.whl", 1},
		{"lib @ https://example.com/any/lib-1.0-py3-none-any.whl\napp\n", "app-1.0-py3-none-any.whl lib-1.0-py3-none-any.whl", 1},
		{"lib==1.0\n", "lib-1.0-py3-none-any.whl", 0},
		{"--no-index\n--find-links more\nonly\nlib<2\n", "lib-1.5-py3-none-any.whl only-1.0-py3-none-any.whl", 2},
	} {
		wheeltest.WriteFile(t, dir, "limits.txt", []byte("lib<2\n"))
		got, err := plan(t, dir, test.text)
		if err != nil {
			t.Errorf("%q: %v", test.text, err)
			continue
		}
		var files []string
		for _, w := range got.Choice.Wheels {
			files = append(files, w.Wheel)
		}
		if text := strings.Join(files, " "); text != test.want || got.Choice.Open != test.open {
			t.Errorf("%q: took %s, %d open; want %s, %d", test.text, text, got.Choice.Open, test.want, test.open)
		}
	}
}

// Where wheels lack or don't fit together, the message names all that lacks,
// with who asks for it.
func TestSettleExplains(t *testing.T) {
	dir := t.TempDir()
	fill(t, filepath.Join(dir, "wheelhouse"))
	for _, test := range []struct{ text, want string }{
		{"nothing\nmore-nothing>1\nlib\n", `
requirements.txt:1 wants nothing, but the wheelhouse has no wheel of nothing
requirements.txt:2 wants more-nothing>1, but the wheelhouse has no wheel of more-nothing`},
		{"lib>7\n", `
requirements.txt:1 wants lib>7, but the wheelhouse has lib 2.0, 1.5, 1.0`},
		{"orphan\n", `
requirements.txt:1 wants orphan
every orphan wants lib<1, but the wheelhouse has lib 2.0, 1.5, 1.0
every orphan wants absent>=3, but the wheelhouse has no wheel of absent`},
		{"native>=2\n", `
requirements.txt:1 wants native>=2
native 2.0 has no wheel for the target, only cp310-cp310-manylinux_2_17_x86_64`},
		{"app<2\n-c none.txt\n", `
requirements.txt:1 wants app<2
app 1.0 wants lib>=1
none.txt:1 allows only lib>=3, but the wheelhouse has lib 2.0, 1.5, 1.0`},
		{"app>=2\nlib<2\n", `
requirements.txt:1 wants app>=2
requirements.txt:2 wants lib<2
app 3.0rc1 is a pre-release
app 2.0 wants lib>=2`},
	} {
		wheeltest.WriteFile(t, dir, "none.txt", []byte("lib>=3\n"))
		_, err := plan(t, dir, test.text)
		var conflict *resolve.ConflictError
		if !errors.As(err, &conflict) {
			t.Errorf("%q: %v", test.text, err)
			continue
		}
		if diff := cmp.Diff(strings.TrimSpace(test.want), strings.Join(conflict.Reasons, "\n")); diff != "" {
			t.Errorf("%q: -want +got:\n%s", test.text, diff)
		}
	}
}

// Where hashes are required, a line means one wheel, and all that is
// installed is listed.
func TestSettleHashes(t *testing.T) {
	dir := t.TempDir()
	digests := fill(t, filepath.Join(dir, "wheelhouse"))
	hash := func(files ...string) string {
		var b strings.Builder
		for _, f := range files {
			b.WriteString(" --hash=sha256:" + digests[f])
		}
		return b.String()
	}
	lib1, lib2, app1 := "lib-1.0-py3-none-any.whl", "lib-2.0-py3-none-any.whl", "app-1.0-py3-none-any.whl"
	strict := func(cfg *config.Config, _ *pipeline.Options) { cfg.RequireHashes = true }
	for _, test := range []struct {
		name, text string
		strict     bool
		want       string // wheels, or what the error says
	}{
		{name: "one wheel", text: "lib>=1" + hash(lib1), want: lib1},
		{name: "two wheels", text: "lib>=1" + hash(lib1, lib2), want: "requirements.txt:1: \"lib>=1\": hashes are required, and several wheels in the wheelhouse match both the range and the hashes: lib-2.0-py3-none-any.whl, lib-1.0-py3-none-any.whl"},
		{name: "the range decides", text: "lib>=2" + hash(lib1, lib2), want: lib2},
		{name: "no hash fits", text: "lib>=2" + hash(lib1), want: "no compatible wheel has one of its hashes; the wheelhouse has lib-2.0"},
		{name: "one hash makes all required", text: "app<2" + hash(app1) + "\nlib\n", want: "requirements.txt:2: \"lib\": no --hash, but hashes are required; the wheelhouse has lib-2.0-py3-none-any.whl, lib-1.5-py3-none-any.whl, lib-1.0-py3-none-any.whl"},
		{name: "the file requires them", text: "--require-hashes\nlib>=2\n", want: "requirements.txt:2: \"lib>=2\": no --hash"},
		{name: "the config requires them", text: "lib>=2\n", strict: true, want: "requirements.txt:1: \"lib>=2\": no --hash"},
		{name: "unlisted", text: "app<2" + hash(app1), want: "requirements.txt:1: \"app<2\": requires lib (for app), which the file doesn't list"},
		{name: "listed", text: "app<2" + hash(app1) + "\nlib>1" + hash(lib2), want: app1 + " " + lib2},
		{name: "an exact version may have several", text: "built==1.0" + hash("built-1.0-1-py3-none-any.whl", "built-1.0-2-py3-none-any.whl") + "\nlib>1" + hash(lib2), want: "built-1.0-2-py3-none-any.whl " + lib2},
		{name: "a sha512 alone", text: "lib>=1 --hash=sha512:" + strings.Repeat("0", 128), want: "one of its hashes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var change []func(*config.Config, *pipeline.Options)
			if test.strict {
				change = append(change, strict)
			}
			got, err := plan(t, dir, test.text, change...)
			if err != nil {
				var hashes *supply.HashesError
				if !errors.As(err, &hashes) || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error %v, want %s", err, test.want)
				}
				return
			}
			var files []string
			for _, w := range got.Choice.Wheels {
				files = append(files, w.Wheel)
			}
			if text := strings.Join(files, " "); text != test.want {
				t.Errorf("took %s, want %s", text, test.want)
			}
		})
	}
}

// What can't be read, or lacks a wheelhouse, is told as such: ranges are no
// fault in a file without hashes.
func TestSettleRefuses(t *testing.T) {
	dir := t.TempDir()
	_, err := plan(t, dir, "lib\n-e .\n")
	if list := requirements.ListProblems(err); len(list) != 1 || list[0].Kind != requirements.KindEditable {
		t.Errorf("%v", err)
	}
	if _, err = plan(t, dir, "lib>1\n"); !errors.Is(err, supply.ErrUnpinned) || !strings.Contains(err.Error(), "wheelhouse") {
		t.Errorf("without a wheelhouse: %v", err)
	}
	house := filepath.Join(dir, "wheelhouse")
	fill(t, house, "lib")
	path := filepath.Join(house, "lib-2.0-py3-none-any.whl")
	if err := os.WriteFile(path, []byte("PK cut off"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err = plan(t, dir, "lib\n"); err == nil || !strings.Contains(err.Error(), "lib-2.0-py3-none-any.whl") {
		t.Errorf("a broken wheel that would be the best: %v", err)
	}
}

// Denied projects are refused with the chain that leads to them, by the line
// that brings them.
func TestSettleDenied(t *testing.T) {
	dir := t.TempDir()
	fill(t, filepath.Join(dir, "wheelhouse"), "gpu", "nvidia")
	_, err := plan(t, dir, "gpu\n", func(cfg *config.Config, _ *pipeline.Options) { cfg.Deny = []string{"NVIDIA.*", "nvidia-*"} })
	var denied *resolve.ConflictError
	if !errors.As(err, &denied) || !denied.Denied || !strings.Contains(err.Error(), "requirements.txt:1 wants gpu, every gpu wants nvidia-thing, which is denied (deny: NVIDIA.*)") {
		t.Errorf("%v", err)
	}
	got, err := plan(t, dir, "gpu\n")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(strings.Join(got.Notes, "\n"), "GPU"); n != 1 {
		t.Errorf("%d notes about a GPU in %q", n, got.Notes)
	}
}

// The same wheels make the same layers, whatever their times, the order of
// lines, and what the cache knows; and the same as with a lock.
func TestSettleRepeats(t *testing.T) {
	dir := t.TempDir()
	house := filepath.Join(dir, "wheelhouse")
	digests := fill(t, house)
	known, err := cache.Open(t.TempDir(), cache.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer known.Close()
	cached := func(_ *config.Config, opt *pipeline.Options) { opt.Cache = known }
	keys := func(p *pipeline.Plan, err error) []string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, l := range p.Layers {
			keys = append(keys, l.Key+" "+l.Name) // the name is in the image's history
		}
		return keys
	}
	first := keys(plan(t, dir, "app\nnative>=1\nodd\n"))
	lock := "app==2.0 --hash=sha256:" + digests["app-2.0-py3-none-any.whl"] +
		"\nlib==2.0 --hash=sha256:" + digests["lib-2.0-py3-none-any.whl"] +
		"\nnative==1.0 --hash=sha256:" + digests["native-1.0-cp310-cp310-manylinux_2_28_aarch64.whl"] +
		"\nodd==1.1 --hash=sha256:" + digests["odd-1.01-py3-none-any.whl"] + "\n"
	for file := range digests {
		old := time.Now().Add(-time.Duration(len(file)) * time.Hour)
		if err := os.Chtimes(filepath.Join(house, file), old, old); err != nil {
			t.Fatal(err)
		}
	}
	for name, again := range map[string][]string{
		"other order": keys(plan(t, dir, "odd\nnative>=1\napp\n", cached)),
		"warm cache":  keys(plan(t, dir, "odd\nnative>=1\napp\n", cached)),
		"a lock":      keys(plan(t, dir, lock)),
	} {
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("%s: -first +again:\n%s", name, diff)
		}
	}
}
