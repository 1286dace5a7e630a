package smoke

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFIFODirIsOurs: a directory that someone else made, or could replace, is
// refused, and nothing is made or followed in it.
func TestFIFODirIsOurs(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		prepare    func(root string) error
	}{
		{"not there", "", func(string) error { return nil }},
		{"ours", "", func(root string) error { return os.Mkdir(root, 0o700) }},
		{"a link", "is not a directory", func(root string) error { return os.Symlink(t.TempDir(), root) }},
		{"a file", "is not a directory", func(root string) error { return os.WriteFile(root, nil, 0o600) }},
		{"writable by others", "is writable by other users", func(root string) error {
			if err := os.Mkdir(root, 0o700); err != nil {
				return err
			}
			return os.Chmod(root, 0o770) // whatever the umask
		}},
		{"replaceable by others", "can be replaced by other users", func(root string) error { return os.Chmod(filepath.Dir(root), 0o777) }},
		{"in a sticky directory", "", func(root string) error { return os.Chmod(filepath.Dir(root), os.ModeSticky|0o777) }},
		{"another user's", "belongs to another user (65534)", func(root string) error {
			if err := os.Mkdir(root, 0o700); err != nil {
				return err
			}
			return os.Chown(root, 65534, -1)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "pipes")
			if err := tt.prepare(root); os.IsPermission(err) {
				t.Skip(err)
			} else if err != nil {
				t.Fatal(err)
			}
			err := makeFIFODir(filepath.Join(root, "run"))
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			fi, statErr := os.Stat(filepath.Join(root, "run"))
			if (statErr == nil) != (err == nil) || statErr == nil && fi.Mode().Perm() != 0o700 {
				t.Errorf("directory of the run: %v, %v", fi, statErr)
			}
		})
	}
}
