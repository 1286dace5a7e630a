package pipeline

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/smoke"
	"github.com/assemble-image/assemble/manifest"
)

// layoutFor writes a layout with an index of images for architectures.
func layoutFor(t *testing.T, architectures ...string) string {
	t.Helper()
	dir := t.TempDir()
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, arch := range architectures {
		img, err := mutate.ConfigFile(mutate.MediaType(empty.Image, types.OCIManifestSchema1), &v1.ConfigFile{OS: "linux", Architecture: arch, RootFS: v1.RootFS{Type: "layers"}})
		if err != nil {
			t.Fatal(err)
		}
		img = mutate.ConfigMediaType(img, types.OCIConfigJSON)
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}}})
	}
	if _, err := layout.Write(dir, index); err != nil {
		t.Fatal(err)
	}
	return "oci:" + dir
}

// TestSmokeOwnPlatform: outside of a project, an image is tested for the
// platform that it has. No containerd is needed to see which was opened.
func TestSmokeOwnPlatform(t *testing.T) {
	cfg, err := config.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cfg.Smoke.Command = []string{"true"}
	none := filepath.Join(t.TempDir(), "none.sock")
	for _, tt := range []struct {
		architectures []string
		own, opens    bool
	}{
		{[]string{"s390x"}, true, true},
		{[]string{"s390x"}, false, false},
		{[]string{"s390x", "arm64", "amd64"}, true, true},
		{[]string{"arm64"}, false, true},
	} {
		opt := SmokeOptions{Mode: SmokeRequire, Containerd: none, OwnPlatform: tt.own}
		_, err := New(cfg, Options{}).SmokeReference(t.Context(), layoutFor(t, tt.architectures...), opt)
		var other *manifest.PlatformError
		var unavailable *smoke.UnavailableError
		if tt.opens != errors.As(err, &unavailable) || tt.opens == errors.As(err, &other) {
			t.Errorf("%v, own %v: error %v", tt.architectures, tt.own, err)
		}
	}
}

// TestSmokeContradiction: what can't be tested as configured is an error before
// the image, or anything else, is read.
func TestSmokeContradiction(t *testing.T) {
	cfg, err := config.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cfg.Smoke.StaysUp, cfg.Smoke.Timeout = time.Minute, time.Second
	p, opt := New(cfg, Options{}), SmokeOptions{Mode: SmokeAuto}
	_, err = p.SmokeReference(t.Context(), "oci:nowhere", opt)
	for _, err := range []error{err, p.CheckSmoke(opt)} {
		if err == nil || !strings.Contains(err.Error(), "can't stay up for 1m0s in a test that may take 1s") {
			t.Errorf("error %v", err)
		}
	}
	if err := p.CheckSmoke(SmokeOptions{Mode: SmokeOff}); err != nil {
		t.Errorf("error %v for a test that is off", err)
	}
}
