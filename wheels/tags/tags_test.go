package tags_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/tags"
)

// TestSupported spot-checks other targets: where tags begin and end, and how many
// there are.
func TestSupported(t *testing.T) {
	for _, c := range []struct {
		target tags.Target
		first  string
		has    []string
		lacks  []string
		rungs  int
	}{
		{
			tags.Target{Python: "3.12", Machine: "x86_64", Glibc: "2.17"},
			"cp312-cp312-manylinux_2_17_x86_64",
			[]string{"cp312-cp312-manylinux1_x86_64", "cp312-abi3-manylinux2010_x86_64", "cp32-abi3-manylinux_2_5_x86_64", "py3-none-any", "cp312-none-any", "py30-none-linux_x86_64"},
			[]string{"cp312-cp312-manylinux_2_4_x86_64", "cp31-abi3-linux_x86_64", "cp311-cp311-linux_x86_64", "cp312-cp312-any"},
			(3+10+14)*17 + 15,
		},
		{
			tags.Target{Python: "3.7.16", Machine: "aarch64", Glibc: "2.28-10"},
			"cp37-cp37m-manylinux_2_28_aarch64",
			[]string{"cp37-abi3-manylinux2014_aarch64"},
			[]string{"cp37-cp37-linux_aarch64", "cp37-cp37m-manylinux1_aarch64"},
			(3+5+9)*14 + 10,
		},
	} {
		supported, err := tags.Supported(c.target)
		if err != nil {
			t.Fatal(err)
		}
		list := texts(supported)
		if list[0] != c.first || len(list) != c.rungs {
			t.Errorf("%+v starts with %s and has %d rungs, want %s and %d", c.target, list[0], len(list), c.first, c.rungs)
		}
		for _, tag := range c.has {
			if !slices.Contains(list, tag) {
				t.Errorf("%+v lacks %s", c.target, tag)
			}
		}
		for _, tag := range c.lacks {
			if slices.Contains(list, tag) {
				t.Errorf("%+v has %s", c.target, tag)
			}
		}
	}
}

func TestSupportedRefuses(t *testing.T) {
	for _, target := range []tags.Target{
		{},
		{Python: "3.10", Machine: "arm64", Glibc: "2.36"},
		{Python: "2.7", Machine: "aarch64", Glibc: "2.36"},
		{Python: "3", Machine: "aarch64", Glibc: "2.36"},
		{Python: "3.10", Machine: "aarch64", Glibc: "musl"},
		{Python: "3.999999999", Machine: "aarch64", Glibc: "2.36"},
		{Python: "3.10", Machine: "aarch64", Glibc: "2.99999999999999999999"},
	} {
		if _, err := tags.Supported(target); err == nil {
			t.Errorf("%+v has supported tags", target)
		}
	}
}

func TestRank(t *testing.T) {
	supported := []tags.Tag{{Python: "a", ABI: "b", Platform: "c"}, {Python: "d", ABI: "e", Platform: "f"}, {Python: "a", ABI: "b", Platform: "c"}}
	index := tags.NewIndex(supported)
	for want, list := range map[int][]tags.Tag{0: {supported[1], supported[0]}, 1: {supported[1]}, tags.Unsupported: {{Python: "x"}}} {
		if got := index.Rank(list); got != want {
			t.Errorf("%v ranks %d, want %d", list, got, want)
		}
	}
}

func TestEnvironment(t *testing.T) {
	want := pep508.Environment{
		ImplementationName: "cpython", ImplementationVersion: "3.10.0", OSName: "posix", PlatformMachine: "aarch64",
		PlatformPythonImplementation: "CPython", PlatformSystem: "Linux", PythonFullVersion: "3.10.0", PythonVersion: "3.10",
		SysPlatform: "linux",
	}
	got := tags.Target{Python: "3.10", Machine: "aarch64", Glibc: "2.36"}.Environment()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
	if full := arm64.Environment(); full.PythonFullVersion != "3.10.19" || full.PythonVersion != "3.10" {
		t.Errorf("environment has %s, %s", full.PythonFullVersion, full.PythonVersion)
	}
}

func TestFilenameRefuses(t *testing.T) {
	for _, name := range []string{
		"", ".whl", "a-1-py3-none-any", "../a-1-py3-none-any.whl", "a-1-py3-none-any/../b.whl", "a-1-py3-none-a\\ny.whl",
		"a-1-py3-none-any\x00.whl", "a-1-py3-none-\x1b[31m.whl", "a-1-py3-none-any.\xff.whl", strings.Repeat("a", 250) + "-1-py3-none-any.whl",
		"a-1-" + strings.Repeat("p.", 40) + "p-" + strings.Repeat("a.", 40) + "a-any.whl",
	} {
		if f, err := tags.ParseFilename(name); err == nil {
			t.Errorf("ParseFilename(%q) = %+v", name, f)
		} else if strings.ContainsAny(err.Error(), "\x00\x1b") {
			t.Errorf("ParseFilename(%q) has raw control characters in its error", name)
		}
	}
}

func TestBuildOrder(t *testing.T) {
	var ordered []tags.Build
	for _, name := range []string{"a-1-py3-none-any.whl", "a-1-0-py3-none-any.whl", "a-1-2-py3-none-any.whl", "a-1-2a-py3-none-any.whl", "a-1-10-py3-none-any.whl"} {
		f, err := tags.ParseFilename(name)
		if err != nil {
			t.Fatal(err)
		}
		ordered = append(ordered, f.Build)
	}
	for i, a := range ordered {
		for j, b := range ordered {
			if got := a.Compare(b); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("Compare(%v, %v) = %d", a, b, got)
			}
		}
	}
}

func FuzzFilename(f *testing.F) {
	for _, name := range []string{"a-1-py3-none-any.whl", "A.b-1!2.0+x-1a-cp310.py3-abi3.none-linux_aarch64.any.whl", "a--py3-none-any.whl"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		parsed, err := tags.ParseFilename(name)
		if err != nil {
			if parsed.Name != "" || parsed.Tags != nil {
				t.Fatalf("%q returns %+v beside an error", name, parsed)
			}
			return
		}
		if parsed.String() != name {
			t.Fatalf("%q prints %q", name, parsed)
		}
		if len(parsed.Tags) == 0 || !slices.IsSortedFunc(parsed.Tags, func(a, b tags.Tag) int { return strings.Compare(a.String(), b.String()) }) {
			t.Fatalf("%q has tags %v", name, parsed.Tags)
		}
		if parsed.Build.IsZero() != (parsed.BuildText == "") {
			t.Fatalf("%q has build %+v", name, parsed.Build)
		}
	})
}

func FuzzTags(f *testing.F) {
	f.Add("py2.py3-none-any")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := tags.ParseTags(text)
		if err != nil {
			return
		}
		for _, tag := range list {
			again, err := tags.ParseTags(tag.String())
			if err != nil || len(again) != 1 || again[0] != tag {
				t.Fatalf("%q stands for %v, which reads as %v, %v", text, tag, again, err)
			}
		}
	})
}
