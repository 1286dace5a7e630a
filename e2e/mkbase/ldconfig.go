package main

import (
	"archive/tar"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// ldconfig makes the loader's cache with the image's own ldconfig, run on a
// copy of the libraries: the host's would not know foreign ones.
func ldconfig(ctx context.Context, t *tree, emulator string) error {
	root, err := os.MkdirTemp("", "mkbase-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(root) }()
	if err := extract(t, root, func(name string) bool {
		return strings.HasPrefix(name, "etc/ld.so.conf") || strings.Contains(filepath.Base(name), ".so") ||
			name == "bin" || name == "lib" || name == "sbin" || name == "usr/sbin/ldconfig"
	}); err != nil {
		return err
	}
	args := []string{filepath.Join(root, "usr/sbin/ldconfig"), "-X", "-r", root}
	if emulator != "" {
		args = append([]string{emulator}, args...)
	}
	if err := os.MkdirAll(filepath.Join(root, "var/cache/ldconfig"), 0o700); err != nil {
		return err
	}
	if out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("running ldconfig: %w: %s", err, out)
	}
	cache, err := os.ReadFile(filepath.Join(root, "etc/ld.so.cache"))
	if err != nil {
		return err
	}
	t.write("etc/ld.so.cache", 0o644, cache)
	return nil
}

func extract(t *tree, root string, want func(name string) bool) error {
	for name, n := range t.nodes {
		if !want(name) {
			continue
		}
		to := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		var err error
		switch {
		case n.hdr.Typeflag == tar.TypeSymlink:
			err = os.Symlink(n.hdr.Linkname, to)
		case n.file != nil:
			err = os.WriteFile(to, n.file.data, 0o755)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
