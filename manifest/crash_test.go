//go:build unix

package manifest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/manifest"
	"github.com/assemble-image/assemble/sign"
)

// The test binary runs itself as a writer that can be killed, or that runs
// against a limit, when this variable names the directory to write to.
const (
	writerDir   = "ASSEMBLE_TEST_WRITER_DIR"
	writerLimit = "ASSEMBLE_TEST_WRITER_LIMIT"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerDir); dir != "" {
		if err := writer(dir, os.Getenv(writerLimit)); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// writer adds image after image, or one against a limit for the size of
// files, which stands for a full disk.
func writer(dir, limit string) error {
	ctx := context.Background()
	if limit != "" {
		signal.Ignore(syscall.SIGXFSZ)
		var n uint64
		if _, err := fmt.Sscan(limit, &n); err != nil {
			return err
		}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
			return err
		}
		return errors.Join(
			manifest.WriteLayout(ctx, filepath.Join(dir, "layout"), embeddedbase.Image(embeddedbase.Options{}), tagged("big")),
			manifest.WriteOCIArchive(ctx, filepath.Join(dir, "oci.tar"), embeddedbase.Image(embeddedbase.Options{}), tagged("big")),
		)
	}
	key := testKey()
	for i := 0; ; i++ {
		img := embeddedbase.Image(embeddedbase.Options{Layers: [][]embeddedbase.File{{{Path: "n", Data: fmt.Sprint(i, os.Getpid())}}}})
		desc, err := partial.Descriptor(img)
		if err != nil {
			return err
		}
		signature, err := sign.Attachment{}.Artifact(key, *desc)
		if err != nil {
			return err
		}
		opt := manifest.LayoutOptions{Tag: fmt.Sprintf("t%d", i), Referrers: []v1.Image{signature}}
		if err := manifest.WriteLayout(ctx, dir, img, opt); err != nil {
			return err
		}
	}
}

func writerCommand(t *testing.T, dir, limit string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), writerDir+"="+dir, writerLimit+"="+limit)
	return cmd
}

func TestKilledWritersLeaveAWholeLayout(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "layout")
	found := 0
	for i := range 8 {
		cmd := writerCommand(t, dir, "")
		must(t, cmd.Start())
		time.Sleep(time.Duration(20+13*i) * time.Millisecond)
		must(t, cmd.Process.Kill())
		if err := cmd.Wait(); err == nil {
			t.Fatal("the writer ended by itself")
		}
		if _, err := os.Stat(filepath.Join(dir, "index.json")); errors.Is(err, os.ErrNotExist) {
			continue // killed before the first image
		}
		idx, err := v1.ParseIndexManifest(bytes.NewReader(readFile(t, dir, "index.json")))
		must(t, err)
		for _, d := range idx.Manifests {
			if d.ArtifactType != "" {
				continue
			}
			img, err := manifest.ReadLayout(dir, d.Digest.String(), arm64)
			must(t, err)
			must(t, validate.Image(img))
			list, err := manifest.ReadLayoutReferrers(dir, d.Digest)
			must(t, err)
			found++
			if len(list) != 1 {
				t.Errorf("%s has %d signatures", d.Digest, len(list))
			}
		}
	}
	if found == 0 {
		t.Fatal("all writers were killed before their first image")
	}
	must(t, manifest.WriteLayout(t.Context(), dir, embeddedbase.Image(embeddedbase.Options{}), tagged("after")))
	checkNoTemp(t, dir) // what the killed ones left is swept
	checkBlobs(t, dir)
}

func TestFullDiskLeavesTheOldState(t *testing.T) {
	dir := t.TempDir()
	lay, archive := filepath.Join(dir, "layout"), filepath.Join(dir, "oci.tar")
	old := embeddedbase.Image(embeddedbase.Options{Arch: "amd64"})
	must(t, manifest.WriteLayout(t.Context(), lay, old, tagged("old")))
	must(t, manifest.WriteOCIArchive(t.Context(), archive, old, tagged("old")))
	before := [2][]byte{readFile(t, lay, "index.json"), readFile(t, archive)}
	for _, limit := range []string{"100", "20000"} {
		out, err := writerCommand(t, dir, limit).Output()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 1 {
			t.Fatalf("the writer ended with %v: %s", err, out)
		}
		for _, want := range []string{lay, archive, "file too large"} {
			if !bytes.Contains(out, []byte(want)) {
				t.Errorf("the error doesn't say %q: %s", want, out)
			}
		}
		if !bytes.Equal(before[0], readFile(t, lay, "index.json")) || !bytes.Equal(before[1], readFile(t, archive)) {
			t.Error("the old state is gone")
		}
		checkNoTemp(t, dir)
		checkBlobs(t, lay)
	}
}

func TestModesDontDependOnTheUmask(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	dir := t.TempDir()
	must(t, manifest.WriteLayout(t.Context(), dir, embeddedbase.Image(embeddedbase.Options{}), tagged("x")))
	for _, name := range []string{"index.json", "oci-layout"} {
		fi, err := os.Stat(filepath.Join(dir, name))
		must(t, err)
		if fi.Mode().Perm() != 0o644 {
			t.Errorf("%s has mode %v", name, fi.Mode())
		}
	}
}
