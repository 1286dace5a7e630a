package resolve

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/internal/wheeltest"
	"github.com/assemble-image/assemble/wheels"
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
