package supply

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/resolve"
	"github.com/assemble-image/assemble/internal/wheeltest"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// inWheelhouse returns the options of resolving in a wheelhouse, for arm64 and Python 3.10.
func inWheelhouse(t *testing.T, dir string) (*wheelhouse, []string, resolve.Options) {
	t.Helper()
	to := tags.Target{Python: "3.10.19", Machine: "aarch64", Glibc: "2.36"}
	supported, err := tags.Supported(to)
	if err != nil {
		t.Fatal(err)
	}
	h := newWheelhouse(wheelhouseOptions{Fits: tags.NewIndex(supported)})
	junk, err := h.add(dir)
	if err != nil {
		t.Fatal(err)
	}
	return h, junk, resolve.Options{Provider: h, Env: to.Environment(), Ladder: supported}
}

func requirement(t *testing.T, text string) requirements.Requirement {
	t.Helper()
	r, err := pep508.ParseRequirement(text)
	if err != nil {
		t.Fatal(err)
	}
	return requirements.Requirement{Requirement: r, File: "reqs.txt", Line: 1}
}

// house is a wheelhouse with two versions of app and one of lib.
func house(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	wheeltest.Wheel{Name: "app", Version: "1.0"}.Write(t, dir)
	wheeltest.Wheel{Name: "app", Version: "2.0", Metadata: "Requires-Dist: lib>=1\nRequires-Dist: fast; extra == \"f\"\nProvides-Extra: f\nRequires-Python: >=3.8\n"}.Write(t, dir)
	wheeltest.Wheel{Name: "lib", Version: "1.5", Tag: "cp310-cp310-manylinux_2_17_aarch64"}.Write(t, dir)
	wheeltest.Wheel{Name: "lib", Version: "1.6", Tag: "cp310-cp310-win_amd64"}.Write(t, dir)
	wheeltest.WriteFile(t, dir, "junk.whl", []byte("x"))
	return dir
}

func TestWheelhouse(t *testing.T) {
	_, junk, opt := inWheelhouse(t, house(t))
	if len(junk) != 1 {
		t.Fatal(junk)
	}
	s, err := resolve.Resolve(t.Context(), []requirements.Requirement{requirement(t, "app>=1")}, opt)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Pins) != 2 || s.Pins[0].Version.String() != "2.0" || s.Pins[1].Version.String() != "1.5" || s.Pins[0].RequiresPython != ">=3.8" {
		t.Errorf("pins %+v", s.Pins)
	}
	var b bytes.Buffer
	if err := s.WriteRequirements(&b, resolve.WriteOptions{Header: []string{"made by a test"}}); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("# made by a test\napp==2.0 \\\n    --hash=sha256:%s\n    # via -r reqs.txt\nlib==1.5 \\\n    --hash=sha256:%s\n    # via app\n",
		s.Pins[0].Wheels[0].SHA256, s.Pins[1].Wheels[0].SHA256)
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A wheel that lies about its name, or that is swapped after it was hashed, is
// an error that names it, for a lock as for a build: with one version less,
// another would be chosen without a word.
func TestWheelhouseDistrusts(t *testing.T) {
	dir := t.TempDir()
	const file = "app-2.0-py3-none-any.whl"
	wheeltest.WriteFile(t, dir, file, wheeltest.Wheel{Name: "other", Version: "2.0"}.Bytes())
	wheeltest.Wheel{Name: "app", Version: "1.0"}.Write(t, dir)
	h, _, opt := inWheelhouse(t, dir)
	_, err := resolve.Resolve(t.Context(), []requirements.Requirement{requirement(t, "app")}, opt)
	if err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("another project's wheel: %v", err)
	}
	files, err := h.Files(t.Context(), "app")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name != file {
			continue
		}
		if err := os.WriteFile(f.Path, wheeltest.Wheel{Name: "app", Version: "2.0"}.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Metadata(t.Context(), f); !errors.Is(err, layers.ErrSourceChanged) {
			t.Errorf("a swapped wheel: %v", err)
		}
	}
}

func TestDirectPath(t *testing.T) {
	dir := house(t)
	_, _, opt := inWheelhouse(t, dir)
	r := requirement(t, "app")
	r.Path = filepath.Join(dir, "app-1.0-py3-none-any.whl")
	s, err := resolve.Resolve(t.Context(), []requirements.Requirement{r}, opt)
	if err != nil {
		t.Fatal(err)
	}
	pins := s.Requirements(resolve.WriteOptions{})
	if len(pins) != 1 || pins[0].Path != r.Path || pins[0].Version.String() != "1.0" || len(pins[0].Hashes) != 1 {
		t.Errorf("%+v", pins)
	}
	r.Path = filepath.Join(dir, "gone-1.0-py3-none-any.whl")
	if _, err := resolve.Resolve(t.Context(), []requirements.Requirement{r}, opt); err == nil || !strings.HasPrefix(err.Error(), "reqs.txt:1: ") {
		t.Errorf("a path to nothing: %v", err)
	}
}
