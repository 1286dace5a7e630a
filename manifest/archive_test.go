package manifest_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/manifest"
)

type archiveWriter func(context.Context, string, v1.Image, manifest.LayoutOptions) error

func writers() map[string]archiveWriter {
	return map[string]archiveWriter{"oci": manifest.WriteOCIArchive, "docker": manifest.WriteDockerArchive}
}

func TestOCIArchiveRoundTrip(t *testing.T) {
	for _, docker := range []bool{false, true} {
		file := filepath.Join(t.TempDir(), "image.tar")
		img := assemble(t, embeddedbase.Image(embeddedbase.Options{Docker: docker}))
		must(t, manifest.WriteOCIArchive(t.Context(), file, img, tagged("v1")))
		for _, ref := range []string{"", "v1", digestOf(t, img).String()} {
			got, err := manifest.ReadOCIArchive(file, ref, arm64)
			must(t, err)
			if digestOf(t, got) != digestOf(t, img) {
				t.Errorf("%q is %s", ref, digestOf(t, got))
			}
			must(t, validate.Image(got))
		}
		if _, err := manifest.ReadOCIArchive(file, "v2", arm64); err == nil || !strings.Contains(err.Error(), `available: "v1"`) {
			t.Errorf("for an unknown tag the error is %v", err)
		}
		var perr *manifest.PlatformError
		if _, err := manifest.ReadOCIArchive(file, "", v1.Platform{OS: "linux", Architecture: "amd64"}); !errors.As(err, &perr) {
			t.Errorf("for another platform the error is %v", err)
		}
	}
}

func TestDockerArchiveRoundTrip(t *testing.T) {
	for _, docker := range []bool{false, true} {
		file := filepath.Join(t.TempDir(), "image.tar")
		img := assemble(t, embeddedbase.Image(embeddedbase.Options{Docker: docker}))
		must(t, manifest.WriteDockerArchive(t.Context(), file, img, tagged("python:3.10")))
		for _, ref := range []string{"", "python:3.10", "docker.io/library/python:3.10"} {
			got, err := manifest.ReadDockerArchive(t.Context(), file, ref, arm64)
			must(t, err)
			must(t, validate.Image(got))
			if a, b := mustHash(t, got.ConfigName), mustHash(t, img.ConfigName); a != b {
				t.Errorf("the configuration is %s, not %s", a, b)
			}
			// A Docker image comes back as it was, but for the annotations.
			if diff := cmp.Diff(manifestOf(t, img).Layers, manifestOf(t, got).Layers); docker && diff != "" {
				t.Errorf("-written +read:\n%s", diff)
			}
		}
		tag, err := name.NewTag("python:3.10")
		must(t, err)
		theirs, err := tarball.ImageFromPath(file, &tag)
		must(t, err)
		must(t, validate.Image(theirs))
		for ref, want := range map[string]string{"python:3.11": `available: "index.docker.io/library/python:3.10"`, "Not A Tag": "tag"} {
			if _, err := manifest.ReadDockerArchive(t.Context(), file, ref, arm64); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("for %q the error is %v", ref, err)
			}
		}
		if _, err := manifest.ReadDockerArchive(t.Context(), file, "", v1.Platform{OS: "linux", Architecture: "amd64"}); err == nil {
			t.Error("it opens for another platform")
		}
	}
}

func mustHash(t *testing.T, f func() (v1.Hash, error)) v1.Hash {
	t.Helper()
	h, err := f()
	must(t, err)
	return h
}

func TestArchivesAreDeterministic(t *testing.T) {
	for kind, write := range writers() {
		dir := t.TempDir()
		var got [2][]byte
		for i := range got {
			file := filepath.Join(dir, fmt.Sprint(i))
			must(t, write(t.Context(), file, assemble(t, embeddedbase.Image(embeddedbase.Options{})), tagged("example.com/x:1")))
			got[i] = readFile(t, file)
		}
		if !bytes.Equal(got[0], got[1]) {
			t.Errorf("%s archives of one image differ", kind)
		}
		tr := tar.NewReader(bytes.NewReader(got[0]))
		for {
			hdr, err := tr.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			must(t, err)
			if hdr.Format != tar.FormatUSTAR || hdr.Mode != 0o644 || hdr.ModTime.Unix() != 0 || hdr.Uname+hdr.Gname != "" || hdr.Uid+hdr.Gid != 0 {
				t.Errorf("%s: %q has header %+v", kind, hdr.Name, hdr)
			}
		}
	}
}

func TestArchivesAppearWholeOrNotAtAll(t *testing.T) {
	img := assemble(t, embeddedbase.Image(embeddedbase.Options{}))
	for kind, write := range writers() {
		for fault, open := range faulty(t, img) {
			t.Run(kind+" "+fault, func(t *testing.T) {
				dir := t.TempDir()
				file := filepath.Join(dir, "image.tar")
				must(t, os.WriteFile(file, []byte("old"), 0o644))
				err := write(t.Context(), file, withLayer(t, img, open), tagged("x:1"))
				if !errors.Is(err, manifest.ErrCorrupt) && !errors.Is(err, errBroken) && !errors.Is(err, tar.ErrWriteTooLong) {
					t.Errorf("the error is %v", err)
				}
				if got := readFile(t, file); string(got) != "old" {
					t.Error("the old file is gone")
				}
				checkNoTemp(t, dir)
			})
		}
	}
	for kind, write := range writers() {
		if err := write(t.Context(), filepath.Join(t.TempDir(), "no", "x.tar"), img, tagged("")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: without a directory the error is %v", kind, err)
		}
		if err := write(t.Context(), filepath.Join(t.TempDir(), "x.tar"), img, tagged("Not A Tag")); err == nil {
			t.Errorf("%s: a wrong tag is taken", kind)
		}
	}
}
