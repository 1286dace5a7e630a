package osfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// claim is what WriteNew does where there are no links.
func TestClaim(t *testing.T) {
	for _, taken := range []bool{false, true} {
		dir := t.TempDir()
		path := filepath.Join(dir, "f")
		want := "new"
		if taken {
			want = "old"
			if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		err := writeTemp(path, Bytes([]byte("new")), Options{Mode: 0o640}, func(t *temp) error { return t.claim(path) })
		if taken != errors.Is(err, fs.ErrExist) || !taken && err != nil {
			t.Errorf("taken %v: got %v", taken, err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("taken %v: it holds %q, %v", taken, got, err)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
			t.Errorf("taken %v: there are %v, %v", taken, entries, err)
		}
	}
}
