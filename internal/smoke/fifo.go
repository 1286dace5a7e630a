package smoke

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// fifoRoot is the directory for the pipes of containers' output. containerd must
// see it under the same path.
func fifoRoot() string {
	if os.Geteuid() == 0 {
		return "/run/assemble-smoke"
	}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) && isDir(dir) {
		return filepath.Join(dir, "assemble-smoke")
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("assemble-smoke-%d", os.Geteuid()))
}

// fifoName is the directory of one run's pipes; it names the owner.
func fifoName(o owner, id string) string {
	return strings.ReplaceAll(o.String(), "/", "+") + "+" + id
}

func sweepFIFOs(me owner) {
	root := fifoRoot()
	if ours(root) != nil {
		return
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return
	}
	for _, entry := range entries {
		name, _ := cutLast(entry.Name(), "+")
		if abandoned(map[string]string{ownerLabel: strings.ReplaceAll(name, "+", "/")}, me, time.Time{}) {
			// Best effort: an empty directory in a tmpfs does no harm.
			_ = os.RemoveAll(filepath.Join(root, entry.Name()))
		}
	}
}

// makeFIFODir makes the directory of one run's pipes, dir, in fifoRoot. Whoever
// owns the directory above may replace what is in it, and would then read the
// container's output, or have it written elsewhere: so that must be ours, and
// nobody else's to write to. In /tmp, anyone could have made it first.
func makeFIFODir(dir string) error {
	root := filepath.Dir(dir)
	if err := os.Mkdir(root, 0o700); err != nil && !os.IsExist(err) {
		return fmt.Errorf("creating the directory for the container's pipes: %w", err)
	}
	if err := ours(root); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("creating the directory for the container's pipes: %w", err)
	}
	return nil
}

// ours returns why a directory isn't this user's alone, nil if it is.
func ours(dir string) error {
	fi, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("directory for the container's pipes: %w", err)
	}
	above, err := os.Stat(filepath.Dir(dir))
	if err != nil {
		return fmt.Errorf("directory for the container's pipes: %w", err)
	}
	me := os.Geteuid()
	switch {
	case !fi.IsDir():
		return fmt.Errorf("%q, for the container's pipes, is not a directory", dir)
	case uidOf(fi) != me:
		return fmt.Errorf("directory %q, for the container's pipes, belongs to another user (%d)", dir, uidOf(fi))
	case fi.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("directory %q, for the container's pipes, is writable by other users", dir)
	case uidOf(above) != me && uidOf(above) != 0 || above.Mode().Perm()&0o002 != 0 && above.Mode()&os.ModeSticky == 0:
		return fmt.Errorf("directory %q, for the container's pipes, can be replaced by other users", dir)
	}
	return nil
}

func isDir(name string) bool {
	fi, err := os.Stat(name)
	return err == nil && fi.IsDir()
}
