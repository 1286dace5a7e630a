package doctor

import (
	"debug/elf"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/doctor/image"
	"github.com/assemble-image/assemble/internal/doctor/object"
	"github.com/assemble-image/assemble/internal/doctor/python"
	"github.com/assemble-image/assemble/internal/doctor/scan"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/pep508"
)

const site = "/usr/lib/python3.10/site-packages"

// usedImage has a wheel of cv2, whose library is missing, and others around it.
func usedImage(t *testing.T, app map[string]string) *Image {
	t.Helper()
	img := &Image{
		Tree: image.New(), Arch: "arm64", Owners: []Owner{{Kind: OwnerBase}},
		Target: &target.Target{
			Facts:   &base.Facts{Python: base.Python{Minor: "3.10", Prefix: "/usr", Executable: "/usr/bin/python3"}},
			Scheme:  wheels.Scheme{Purelib: site[1:], Platlib: site[1:]},
			Markers: pep508.Environment{SysPlatform: "linux", PythonVersion: "3.10", PythonFullVersion: "3.10.1"},
		},
	}
	put := func(p string, owner int, note *scan.Note) {
		img.Tree.Put(image.Node{Path: p, Mode: 0o755, Size: 1, Owner: owner, Note: note})
	}
	wheel := func(name string, requires []string, files ...string) {
		o := Owner{Kind: OwnerWheel, Name: name, Version: "1", Wheel: name + ".whl"}
		for _, text := range requires {
			r, err := pep508.ParseRequirement(text)
			if err != nil {
				t.Fatal(err)
			}
			o.Dists = append(o.Dists, r)
		}
		img.Owners = append(img.Owners, o)
		for _, f := range files {
			put(site+"/"+f, len(img.Owners)-1, nil)
		}
	}
	wheel("opencv", nil, "cv2/__init__.py")
	put(site+"/cv2/cv2.abi3.so", 1, &scan.Note{Object: &object.File{Machine: elf.EM_AARCH64, Class: elf.ELFCLASS64, Needed: []string{"libGL.so.1"}}})
	wheel("vision", []string{`OpenCV; python_version >= "3"`}, "company/vision/__init__.py")
	wheel("cloud", []string{"Vision[all]>0"}, "company/cloud/__init__.py")
	wheel("plain", []string{`opencv; extra == "all"`, `opencv; sys_platform == "win32"`}, "plain.py")
	wheel("full", []string{`opencv; extra == "all"`}, "full.py")
	wheel("asks", []string{"full[All]"}, "asks.py")
	put("/usr/bin/serve", 3, nil)
	img.Owners = append(img.Owners, Owner{Kind: OwnerApp, Name: "app → /app"})
	for p, text := range app {
		n := image.Node{Path: p, Mode: 0o644, Size: 1, Owner: len(img.Owners) - 1}
		if strings.HasSuffix(p, ".so") {
			n.Note = &scan.Note{Object: &object.File{Machine: elf.EM_AARCH64, Class: elf.ELFCLASS64}}
		}
		img.Tree.Put(n)
		if imports := python.Scan([]byte(text), 10); len(imports) > 0 {
			img.Sources = append(img.Sources, Source{Path: p, Root: "/app", Imports: imports})
		}
	}
	return img
}

// TestUsed: a missing library is an error where its wheel would be imported, or
// nothing is known of that.
func TestUsed(t *testing.T) {
	t.Parallel()
	main := func(text string) map[string]string { return map[string]string{"/app/main.py": text} }
	for _, c := range []struct {
		name    string
		app     map[string]string
		command string
		imports []string
		says    string // "" for an error
	}{
		{name: "imported", app: main("import cv2")},
		{name: "in a function", app: main("def f():\n  import cv2.dnn as d")},
		{name: "by no module that starts", app: map[string]string{"/app/main.py": "pass", "/app/other.py": "from cv2 import dnn"}},
		{name: "its namespace's other part", app: main("import company.nothing, plain"), says: "nothing in the app imports opencv"},
		{name: "in a namespace", app: main("from company import vision")},
		{name: "through two projects", app: main("import company.cloud as c")},
		{name: "an extra that nobody asks for", app: main("import plain"), says: "nothing in the app imports opencv"},
		{name: "an extra that a wheel asks for", app: main("import asks")},
		{name: "nothing", app: main("print(1)"), says: "nothing in the app imports opencv"},
		{name: "guarded", app: main("try:\n  import cv2\nexcept ImportError:\n  pass"), says: "the app imports opencv only in tests, or"},
		{name: "in the place of what is there", app: main("try:\n  import plain\nexcept ImportError:\n  import cv2"), says: "the app imports opencv only in tests, or"},
		{name: "in the place of what is not", app: main("try:\n  import ujson\nexcept ImportError:\n  import cv2")},
		{name: "for types", app: main("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n  import cv2"), says: "nothing in the app imports opencv"},
		{name: "tests", app: map[string]string{"/app/main.py": "pass", "/app/tests/x.py": "import cv2", "/app/test_y.py": "import cv2"}, says: "only in tests"},
		{name: "a test that is started", app: map[string]string{"/app/test_y.py": "import cv2"}, command: "python3 test_y.py"},
		{name: "a module of the app of that name", app: map[string]string{"/app/main.py": "import cv2", "/app/cv2.py": ""}, says: "nothing in the app imports opencv"},
		{name: "smoke.imports", app: main("pass"), imports: []string{"company.vision"}},
		{name: "smoke.imports of others", app: main("pass"), imports: []string{"plain"}, says: "nothing in the app imports opencv"},
		{name: "a console script", app: main("pass"), command: "serve --x"},
		{name: "python -m", app: main("pass"), command: "python3 -um cv2"},
		{name: "a script in a wheel", app: main("pass"), command: "python3 " + site + "/cv2/__init__.py"},
		{name: "python -c", app: main("pass"), command: "python3 -c import~cv2"},
		{name: "no app, no command"},
		{name: "no app, a command of others", command: "python3 -m plain", says: "nothing in the app imports opencv"},
		{name: "only data", app: map[string]string{"/app/model.json": ""}},
		{name: "code that can't be read", app: map[string]string{"/app/main.cpython-310-x.so": ""}, command: "python3 -m main"},
		{name: "some that can't", app: map[string]string{"/app/main.py": "pass", "/app/fast.pyc": ""}, says: "nothing in the app that can be read imports opencv"},
		{name: "compiled beside its source", app: map[string]string{"/app/main.py": "pass", "/app/__pycache__/main.cpython-310.pyc": ""}, says: "nothing in the app imports opencv"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			argv := strings.Fields(c.command)
			for i := range argv {
				argv[i] = strings.ReplaceAll(argv[i], "~", " ") // within a word
			}
			w := Wanted{Config: v1.Config{Cmd: argv, WorkingDir: "/app", Env: []string{"PATH=/usr/bin"}}, Command: len(argv) > 0, Imports: c.imports}
			found, err := usedImage(t, c.app).Examine(w)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(found, func(f Finding) bool { return f.ID == IDMissingLibrary })
			if i < 0 {
				t.Fatalf("nothing is missing: %+v", found)
			}
			want := Error
			if c.says != "" {
				want = Warning
			}
			if f := found[i]; f.Severity != want || !strings.Contains(f.Text, c.says) || c.says == "" && !strings.HasSuffix(f.Text, "needs") {
				t.Errorf("%s: %s", f.Severity, f.Text)
			}
		})
	}
}
