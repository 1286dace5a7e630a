package fetch

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// What would be fetched is told without being fetched, as far as page and lock
// tell; a size that neither has is asked for.
func TestDescribeFetchesNothing(t *testing.T) {
	s := newServer(t)
	for _, name := range []string{pure, native, "bare-1.0-py3-none-any.whl", "gone-1.0-py3-none-any.whl"} {
		s.files[name] = noise(name, 3000)
	}
	other := noise("other", 10)
	s.page("demo", pure, native)
	s.page("bare", `bare-1.0-py3-none-any.whl|,"hashes":{}`)
	s.page("gone", `gone-1.0-py3-none-any.whl|,"hashes":{}`)
	demo := pin(t, "demo", "1.0", s.files[pure], s.files[native])
	one := pin(t, "bare", "1.0", s.files["bare-1.0-py3-none-any.whl"])
	two := pin(t, "bare", "1.0", s.files["bare-1.0-py3-none-any.whl"], other)
	gone := pin(t, "gone", "1.0", s.files["gone-1.0-py3-none-any.whl"])
	delete(s.files, "gone-1.0-py3-none-any.whl")

	r := newRun(t, index.Options{}, s)
	got, err := Describe(t.Context(), []requirements.Pin{demo, one, two, gone}, r.opt)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []Found{
		{got[0].Filename, digestOf(s.files[native]), 3000, got[0].URL},
		{got[1].Filename, digestOf(s.files["bare-1.0-py3-none-any.whl"]), 3000, got[1].URL},
		{got[2].Filename, "", 3000, got[2].URL},
		{got[3].Filename, gone.Hashes[0][len("sha256:"):], -1, got[3].URL},
	} {
		if got[i].SHA256 != want.SHA256 || got[i].Size != want.Size || !strings.HasSuffix(got[i].URL, "/"+want.Filename.String()) {
			t.Errorf("%d: %+v, want %+v", i, got[i], want)
		}
	}
	if got[0].Filename.String() != native {
		t.Errorf("chose %s", got[0].Filename)
	}
	if _, err := os.Stat(r.opt.Dir); !os.IsNotExist(err) {
		t.Errorf("the wheelhouse was made: %v", err)
	}
	var missing *wheels.MissingError
	if _, err := Describe(t.Context(), []requirements.Pin{pin(t, "nobody", "1.0", other)}, r.opt); !errors.As(err, &missing) {
		t.Errorf("a project that nobody has: %v", err)
	}
}
