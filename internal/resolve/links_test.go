package resolve

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/internal/wheeltest"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// TestWheelsThatAPageOnThisMachineLists holds a wheel to the digest that the
// page gives, and computes it where the page gives none.
func TestWheelsThatAPageOnThisMachineLists(t *testing.T) {
	w := wheeltest.Wheel{Name: "demo", Version: "1.0", Metadata: "Requires-Dist: other>=2\n"}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, w.Filename()), w.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	good := fmt.Sprintf("%x", sha256.Sum256(w.Bytes()))
	for fragment, fine := range map[string]bool{"": true, "#sha256=" + good: true, "#sha256=" + fmt.Sprintf("%064x", 1): false} {
		page := filepath.Join(dir, "links.html")
		if err := os.WriteFile(page, []byte(`<a href="`+w.Filename()+fragment+`">x</a>`), 0o600); err != nil {
			t.Fatal(err)
		}
		client, err := index.New(index.Options{FindLinks: []string{page}, Offline: true})
		if err != nil {
			t.Fatal(err)
		}
		p := Index(client, wheels.DigestCache{})
		files, err := p.Files(t.Context(), "demo")
		var mismatch *wheels.HashMismatchError
		if !fine {
			if !errors.As(err, &mismatch) {
				t.Errorf("%s: got %+v, %v", fragment, files, err)
			}
			continue
		}
		if err != nil || len(files) != 1 || files[0].SHA256 != good || files[0].Path == "" || files[0].URL != "" {
			t.Errorf("%s: got %+v, %v", fragment, files, err)
			continue
		}
		if m, err := p.Metadata(t.Context(), files[0]); err != nil || len(m.RequiresDist) != 1 {
			t.Errorf("%s: metadata %+v, %v", fragment, m, err)
		}
		if _, err := p.Files(t.Context(), "absent"); !errors.Is(err, ErrNoProject) {
			t.Errorf("absent: %v", err)
		}
	}
}

// TestRefusedFilesAreToldOf holds that a file that an index's page lists, and
// that is refused for what the page says of it, isn't passed over in silence.
func TestRefusedFilesAreToldOf(t *testing.T) {
	dir := t.TempDir()
	w := wheeltest.Wheel{Name: "demo", Version: "1.0"}
	wheeltest.WriteFile(t, dir, w.Filename(), w.Bytes())
	page := wheeltest.WriteFile(t, dir, "links.html", []byte(`<a href="demo-1.0-py3-none-any.whl">x</a>
<a href="demo-2.0-py3-none-any.whl">not there</a> <a href="ftp://example.com/demo-3.0-py3-none-any.whl">unsafe</a>
<a href="demo-4.0-cp310-cp310-win_amd64.whl">not there, and not for the target</a>`))
	client, err := index.New(index.Options{FindLinks: []string{page}, Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	env, ladder := testTarget(t)
	opt := Options{Provider: Index(client, wheels.DigestCache{}), Env: env, Ladder: ladder}
	s, err := Resolve(t.Context(), []requirements.Requirement{wish1(t, "demo")}, opt)
	if err != nil {
		t.Fatal(err)
	}
	var notes []string
	for _, w := range s.Warnings {
		notes = append(notes, w.Text)
	}
	want := []string{
		`demo 3.0 is passed over: "demo-3.0-py3-none-any.whl": its URL: scheme "ftp" is neither https nor http`,
		`demo 2.0 is passed over: "demo-2.0-py3-none-any.whl": no such file or directory`,
	}
	if diff := cmp.Diff(want, notes); diff != "" || s.Pins[0].Version.String() != "1.0" {
		t.Errorf("%v (-want +got):\n%s", s.Pins, diff)
	}
}
