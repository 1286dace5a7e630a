package wheels_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/wheeltest"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/tags"
)

// open writes the wheels and opens them.
func open(t *testing.T, list ...wheeltest.Wheel) []*wheels.Wheel {
	t.Helper()
	dir := t.TempDir()
	ws := make([]*wheels.Wheel, len(list))
	for i, w := range list {
		var err error
		if ws[i], err = wheels.Open(w.Write(t, dir), wheels.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	return ws
}

// setOf is the set of the wheels.
func setOf(t *testing.T, ws ...*wheels.Wheel) *wheels.Set {
	t.Helper()
	s := wheels.NewSet(image)
	for _, w := range ws {
		if err := s.Add(w); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestConflicts(t *testing.T) {
	script := "[console_scripts]\nrun = cv2:main\n"
	ws := open(t,
		wheeltest.Wheel{Name: "a", Version: "1", EntryPoints: script, Files: []file{{Name: "cv2/same", Data: []byte("x")}, {Name: "cv2/other", Data: []byte("a")}, {Name: "cv2/a"}}},
		wheeltest.Wheel{Name: "b", Version: "1", EntryPoints: script, Files: []file{{Name: "cv2/same", Data: []byte("x")}, {Name: "cv2/other", Data: []byte("b")}, {Name: "cv2/b"}}},
		wheeltest.Wheel{Name: "c", Version: "1", Files: []file{{Name: "cv2/same", Data: []byte("x")}, {Name: "c-1.data/scripts/run", Data: []byte("#!python\n")}}},
	)
	got, err := setOf(t, ws...).Conflicts()
	if err != nil {
		t.Fatal(err)
	}
	want := []wheels.Conflict{
		{Path: "usr/local/bin/run", Wheels: []int{0, 1, 2}},
		{Path: site + "cv2/other", Wheels: []int{0, 1}},
		{Path: site + "cv2/same", Wheels: []int{0, 1, 2}, Same: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	owners := make(map[string]string)
	for i, w := range ws {
		entries, err := w.Entries(image)
		if err != nil {
			t.Fatal(err)
		}
		before := len(entries)
		for _, e := range wheels.Lost(got, i).Drop(entries) {
			if owners[e.Path] != "" {
				t.Errorf("%s is left to %s and %s", e.Path, owners[e.Path], e.Owner)
			}
			owners[e.Path] = e.Owner
		}
		if len(entries) != before {
			t.Error("Drop altered its argument")
		}
	}
	if got := owners["usr/local/bin/run"]; got != ws[2].Name() {
		t.Errorf("the script is that of %s", got)
	}
	if got := owners[site+"cv2/other"]; got != ws[1].Name() {
		t.Errorf("cv2/other is that of %s", got)
	}
}

func TestConflictOfFileAndDirectory(t *testing.T) {
	ws := open(t, wheeltest.Wheel{Name: "a", Version: "1", Files: []file{{Name: "x"}}}, wheeltest.Wheel{Name: "b", Version: "1", Files: []file{{Name: "x/y"}}})
	for range 2 {
		if _, err := setOf(t, ws...).Conflicts(); err == nil || !strings.Contains(err.Error(), `is a file of "a-1-py3-none-any.whl" and a directory of "b-1-py3-none-any.whl"`) {
			t.Errorf("got %v", err)
		}
		slices.Reverse(ws)
	}
}

func TestCheck(t *testing.T) {
	env := tags.Target{Python: "3.10.19", Machine: "aarch64", Glibc: "2.36"}.Environment()
	ws := open(t,
		wheeltest.Wheel{Name: "app", Version: "1", Metadata: "Requires-Python: >=3.10\nRequires-Dist: Lib[fast] (>=2)\nRequires-Dist: winonly; sys_platform == 'win32'\n" +
			"Requires-Dist: extra-only; extra == 'unused'\nProvides-Extra: unused\n"},
		wheeltest.Wheel{Name: "lib", Version: "3", Metadata: "Requires-Python: <3.10\nRequires-Dist: speed>1; extra == 'Fast'\nRequires-Dist: back; extra == 'more'\nProvides-Extra: fast\nProvides-Extra: more\n"},
		wheeltest.Wheel{Name: "speed", Version: "1", Metadata: "Requires-Dist: lib[more]\nRequires-Dist: lib[none]\nRequires-Dist: ???\nRequires-Dist: absent~=1.2\n"},
		wheeltest.Wheel{Name: "pre", Version: "2rc1", Metadata: "Requires-Dist: lib>=3rc1\nRequires-Python: what\n"},
		wheeltest.Wheel{Name: "user", Version: "1", Metadata: "Requires-Dist: pre>=2rc0\nRequires-Dist: app; extra == 'a'\nRequires-Dist: nothing; extra == 'b'\nProvides-Extra: a\nProvides-Extra: b\n"},
	)
	var got []string
	for _, p := range setOf(t, ws...).Check(env, map[string][]string{"user": {"A", "c"}}) {
		got = append(got, string(p.Kind)+" "+strings.ReplaceAll(p.String(), "-py3-none-any.whl", ""))
	}
	want := []string{
		`requires-python wheel "lib-3" requires Python <3.10: the target has 3.10.19`,
		`missing wheel "lib-3" requires back; extra == "more": the lock has no back`,
		`version wheel "lib-3" requires speed>1; extra == "fast": the lock has speed 1`,
		`metadata wheel "speed-1" requires ???: `,
		`extra wheel "speed-1" requires lib[none]: lib-3 has no extra "none"`,
		`missing wheel "speed-1" requires absent~=1.2: the lock has no absent`,
		`requires-python wheel "pre-2rc1" requires Python what: `,
		`extra wheel "user-1" requires user[c]: user-1 has no extra "c"`,
	}
	slices.Sort(got)
	slices.Sort(want)
	if len(got) != len(want) {
		t.Fatalf("got:\n%s", strings.Join(got, "\n"))
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("got  %s\nwant %s", got[i], want[i])
		}
	}
}

func TestInfo(t *testing.T) {
	w := open(t, wheeltest.Wheel{Name: "demo", Version: "1", EntryPoints: "[console_scripts]\nrun = demo:main\n", Files: []file{
		{Name: "demo/_c.cpython-310.so", Data: []byte("x"), Unix: 0o100755}, {Name: "demo.libs/liba.so.1.2", Data: []byte("xy")}, {Name: "demo.pth", Data: []byte("import demo\n")},
	}})[0]
	info, err := w.Info(image)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{site + "demo.libs/liba.so.1.2", site + "demo/_c.cpython-310.so"}, info.Libraries); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{site + "demo.pth"}, info.StartupFiles); diff != "" {
		t.Error(diff)
	}
	entries, err := w.Entries(image)
	if err != nil {
		t.Fatal(err)
	}
	if len(info.Files) != len(entries) {
		t.Fatalf("%d files and %d entries", len(info.Files), len(entries))
	}
	for i, e := range entries {
		f := info.Files[i]
		if f.Path != e.Path || f.Executable != (e.Mode&0o111 != 0) || !f.Generated && f.Size != e.Size {
			t.Errorf("%+v is not %s %v %d", f, e.Path, e.Mode, e.Size)
		}
	}
}

// TestKeyParts holds that each field of the scheme, and each option that
// alters what is installed, alters the key.
func TestKeyParts(t *testing.T) {
	key := func(skipRecord bool, alter func(s *wheels.Scheme)) string {
		s := image
		alter(&s)
		return strings.Join(wheels.KeyParts(s, skipRecord), "\x00")
	}
	same := func(*wheels.Scheme) {}
	seen := map[string]string{key(false, same): "nothing"}
	for name, k := range map[string]string{
		"record":      key(true, same),
		"purelib":     key(false, func(s *wheels.Scheme) { s.Purelib = "x" }),
		"platlib":     key(false, func(s *wheels.Scheme) { s.Platlib = "x" }),
		"scripts":     key(false, func(s *wheels.Scheme) { s.Scripts = "x" }),
		"headers":     key(false, func(s *wheels.Scheme) { s.Headers = "x" }),
		"data":        key(false, func(s *wheels.Scheme) { s.Data = "x" }),
		"interpreter": key(false, func(s *wheels.Scheme) { s.Interpreter = "/x" }),
		"uid":         key(false, func(s *wheels.Scheme) { s.UID = 1 }),
		"gid":         key(false, func(s *wheels.Scheme) { s.GID = 1 }),
	} {
		if other, taken := seen[k]; taken {
			t.Errorf("%s and %s have one key", name, other)
		}
		seen[k] = name
	}
}
