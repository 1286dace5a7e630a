//go:build unix

package manifest_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/manifest"
)

// Pipes are neither waited for nor replaced.
func TestPipesInPlaceOfFiles(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	must(t, syscall.Mkfifo(pipe, 0o600))
	lay := filepath.Join(dir, "layout")
	img := embeddedbase.Image(embeddedbase.Options{})
	must(t, manifest.WriteLayout(t.Context(), lay, img, tagged("a")))
	must(t, os.Remove(filepath.Join(lay, "index.json")))
	must(t, os.Symlink(pipe, filepath.Join(lay, "index.json")))
	for name, f := range map[string]func() error{
		"reading an archive": func() error { _, err := manifest.ReadOCIArchive(pipe, "", arm64); return err },
		"writing an archive": func() error { return manifest.WriteOCIArchive(t.Context(), pipe, img, tagged("a")) },
		"reading a layout":   func() error { _, err := manifest.ReadLayout(lay, "a", arm64); return err },
		"writing a layout":   func() error { return manifest.WriteLayout(t.Context(), lay, img, tagged("a")) },
	} {
		result := make(chan error, 1)
		go func() { result <- f() }()
		select {
		case err := <-result:
			if err == nil || !strings.Contains(err.Error(), "it is not a regular file, but a pipe") {
				t.Errorf("%s: got %v", name, err)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: it waits", name)
		}
	}
	if fi, err := os.Lstat(pipe); err != nil || fi.Mode()&fs.ModeNamedPipe == 0 {
		t.Errorf("the pipe is gone: %v", err)
	}
}
