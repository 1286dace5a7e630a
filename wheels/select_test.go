package wheels_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/wheeltest"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

func pin(t *testing.T, name, version string) requirements.Pin {
	t.Helper()
	v, err := pep440.Parse(version)
	if err != nil {
		t.Fatal(err)
	}
	return requirements.Pin{Name: name, Normalized: pep508.NormalizeName(name), Version: v, VersionText: version, File: "lock.txt", Line: 7}
}

// house makes a wheelhouse of empty files.
func house(t *testing.T, names ...string) []wheels.Candidate {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		wheeltest.WriteFile(t, dir, name, nil)
	}
	list, _, err := wheels.ListWheelhouse(dir)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func supported(t *testing.T) []tags.Tag {
	t.Helper()
	l, err := tags.Supported(tags.Target{Python: "3.10.19", Machine: "aarch64", Glibc: "2.36"})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestHouse(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b-1-py3-none-any.whl", "a-1-py3-none-any.whl", "junk.whl", "a-1.tar.gz", "README"} {
		wheeltest.WriteFile(t, dir, name, nil)
	}
	if err := os.Mkdir(filepath.Join(dir, "c-1-py3-none-any.whl"), 0o755); err != nil {
		t.Fatal(err)
	}
	list, junk, err := wheels.ListWheelhouse(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a-1-py3-none-any.whl", "b-1-py3-none-any.whl"}, baseNames(list)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"junk.whl"}, junk); diff != "" {
		t.Error(diff)
	}
	if _, _, err := wheels.ListWheelhouse(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("a missing directory is no error")
	}
}

func baseNames(list []wheels.Candidate) []string {
	names := make([]string, len(list))
	for i, c := range list {
		names[i] = filepath.Base(c.Path)
	}
	return names
}

func TestSelect(t *testing.T) {
	const linux = "manylinux_2_17_aarch64.whl"
	for _, test := range []struct {
		name  string
		pin   requirements.Pin
		house []string
		want  string
	}{
		{"best tag", pin(t, "A.b", "1"), []string{"a_b-1-py3-none-any.whl", "a_b-1-cp310-cp310-" + linux, "a_b-1-cp39-abi3-" + linux}, "a_b-1-cp310-cp310-" + linux},
		{"stable ABI before pure", pin(t, "a", "1"), []string{"a-1-py3-none-any.whl", "a-1-cp39-abi3-" + linux}, "a-1-cp39-abi3-" + linux},
		{"other platforms passed over", pin(t, "a", "1"), []string{"a-1-cp310-cp310-manylinux_2_17_x86_64.whl", "a-1-cp310-cp310-manylinux_2_39_aarch64.whl", "a-1-py3-none-any.whl"}, "a-1-py3-none-any.whl"},
		{"higher build", pin(t, "a", "1"), []string{"a-1-2-py3-none-any.whl", "a-1-10-py3-none-any.whl", "a-1-py3-none-any.whl"}, "a-1-10-py3-none-any.whl"},
		{"higher build against the names' order", pin(t, "a", "1"), []string{"a-1-1-py3-none-any.whl", "a-1-2-py3-none-any.whl"}, "a-1-2-py3-none-any.whl"},
		{"tag before build", pin(t, "a", "1"), []string{"a-1-2-py3-none-any.whl", "a-1-cp310-cp310-" + linux}, "a-1-cp310-cp310-" + linux},
		{"versions compared by PEP 440", pin(t, "a", "1.0"), []string{"a-1-py3-none-any.whl", "a-1.0.1-py3-none-any.whl"}, "a-1-py3-none-any.whl"},
		{"epoch", pin(t, "a", "1!2"), []string{"a-2-py3-none-any.whl", "a-1!2-py3-none-any.whl"}, "a-1!2-py3-none-any.whl"},
		{"pre-release", pin(t, "a", "1rc1"), []string{"a-1rc1-py3-none-any.whl"}, "a-1rc1-py3-none-any.whl"},
		{"local build", pin(t, "a", "1"), []string{"a-1+cpu-py3-none-any.whl"}, "a-1+cpu-py3-none-any.whl"},
		{"local build named", pin(t, "a", "1+cpu"), []string{"a-1-py3-none-any.whl", "a-1+cpu-py3-none-any.whl"}, "a-1+cpu-py3-none-any.whl"},
		{"local build before what it was built from", pin(t, "a", "1"), []string{"a-1+cpu-py3-none-any.whl", "a-1-py3-none-any.whl"}, "a-1+cpu-py3-none-any.whl"},
		{"named file", func() requirements.Pin {
			p := pin(t, "a", "1")
			p.URL = "https://user:secret@host/a-1-py3-none-any.whl#sha256=00"
			return p
		}(), []string{"a-1-cp310-cp310-" + linux, "a-1-py3-none-any.whl"}, "a-1-py3-none-any.whl"},
		{"lock's files", func() requirements.Pin {
			p := pin(t, "a", "1")
			p.Wheels = []requirements.Wheel{{Name: "a-1-py3-none-any.whl"}}
			return p
		}(), []string{"a-1-cp310-cp310-" + linux, "a-1-py3-none-any.whl"}, "a-1-py3-none-any.whl"},
		{"path", func() requirements.Pin {
			p := pin(t, "a", "1")
			p.Path = "dist/a-1-py3-none-any.whl"
			return p
		}(), nil, "a-1-py3-none-any.whl"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := wheels.Select([]requirements.Pin{test.pin}, house(t, test.house...), supported(t), nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{test.want}, baseNames(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSelectByDigest holds that among several wheels that fit, the pin's digests
// choose, and that no file is looked at where they needn't.
func TestSelectByDigest(t *testing.T) {
	const native = "a-1-cp310-cp310-manylinux_2_17_aarch64.whl"
	const pure, local, win, broken = "a-1-py3-none-any.whl", "a-1+cpu-py3-none-any.whl", "a-1-cp310-cp310-win_amd64.whl", "a-1-9-py3-none-any.whl"
	failure := errors.New("the disk is broken")
	for _, test := range []struct {
		name, allowed, want string
		house               []string
		asked               int
	}{
		{"one fits", "", pure, []string{pure, win}, 0},
		{"worse tag", pure, pure, []string{native, pure}, 2},
		{"exact version", native, native, []string{native, pure, local}, 2},
		{"local version", local, local, []string{native, pure, local}, 1},
		{"best tag of several", native + " " + pure, native, []string{pure, native}, 1},
		{"none", "", local, []string{native, pure, local}, 3},
		{"not for this target", win, native, []string{native, pure, win}, 2},
		{"unreadable", pure, "", []string{broken, pure}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, asked := pin(t, "a", "1"), 0
			p.Hashes = []string{"sha256:" + strings.Repeat("0", 64)}
			allowed := func(_ requirements.Pin, c wheels.Candidate) (bool, error) {
				asked++
				if base := filepath.Base(c.Path); base != broken {
					return slices.Contains(strings.Fields(test.allowed), base), nil
				}
				return false, failure
			}
			got, err := wheels.Select([]requirements.Pin{p}, house(t, test.house...), supported(t), allowed)
			if test.want == "" {
				if !errors.Is(err, failure) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{test.want}, baseNames(got)); diff != "" || asked != test.asked {
				t.Errorf("asked %d times, want %d; %s", asked, test.asked, diff)
			}
			p.Hashes, asked = nil, 0
			if _, err := wheels.Select([]requirements.Pin{p}, house(t, test.house...), supported(t), allowed); err != nil || asked != 0 {
				t.Errorf("without digests: asked %d times, %v", asked, err)
			}
		})
	}
}

func TestSelectNamesAllThatIsMissing(t *testing.T) {
	h := house(t, "a-1-py3-none-any.whl", "b-2-py3-none-any.whl", "b-3-py3-none-any.whl", "c-1-cp310-cp310-win_amd64.whl")
	path := pin(t, "e", "1")
	path.Path = "dist/e-1.tar.gz"
	got, err := wheels.Select([]requirements.Pin{pin(t, "B", "1"), pin(t, "a", "1"), pin(t, "c", "1"), pin(t, "d", "1"), path}, h, supported(t), nil)
	if err == nil || got != nil {
		t.Fatalf("got %v, %v", got, err)
	}
	want := strings.Join([]string{
		"lock.txt:7: no wheel for B==1: the wheelhouse only has version 2, 3",
		"lock.txt:7: no wheel for c==1: the target can't install c-1-cp310-cp310-win_amd64.whl",
		"lock.txt:7: no wheel for d==1: the wheelhouse has no wheel of this project",
		`lock.txt:7: no wheel for e==1: "e-1.tar.gz" is not a valid wheel filename: does not end in .whl`,
	}, "\n")
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var missing *wheels.MissingError
	if !errors.As(err, &missing) || missing.Pin.Name != "B" {
		t.Errorf("no MissingError for B in %v", err)
	}
}
