package smoke

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/assemble-image/assemble/manifest"
)

// TestLiveOpenImage holds that an image of containerd is read as it is. It wants
// ASSEMBLE_CONTAINERD, a containerd's socket.
func TestLiveOpenImage(t *testing.T) {
	address := os.Getenv("ASSEMBLE_CONTAINERD")
	if address == "" {
		t.Skip("skipped: ASSEMBLE_CONTAINERD names no containerd")
	}
	want, err := random.Image(100_000, 3)
	if err != nil {
		t.Fatal(err)
	}
	cf, err := want.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	cf.OS, cf.Architecture = "linux", "arm64"
	if want, err = mutate.ConfigFile(want, cf); err != nil {
		t.Fatal(err)
	}
	archive := filepath.Join(t.TempDir(), "image.tar")
	if err := manifest.WriteOCIArchive(t.Context(), archive, want, manifest.LayoutOptions{}); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c, err := client.New(address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	const name = "docker.io/library/assemble-test:1"
	ctx := namespaces.WithNamespace(t.Context(), liveNamespace)
	if _, err := c.Import(ctx, f, client.WithIndexName(name), client.WithAllPlatforms(true)); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.ImageService().Delete(ctx, name); err != nil {
			t.Error(err)
		}
	}()
	t.Setenv("CONTAINERD_ADDRESS", address)
	t.Setenv("CONTAINERD_NAMESPACE", liveNamespace)
	got, err := OpenImage(t.Context(), name, v1.Platform{OS: "linux", Architecture: "arm64"})
	if err != nil {
		t.Fatal(err)
	}
	a, _ := want.Digest()
	if b, _ := got.Digest(); a != b {
		t.Errorf("got %s, want %s", b, a)
	}
	if err := validate.Image(got); err != nil {
		t.Error(err)
	}
	if img, err := OpenImage(t.Context(), "docker.io/library/nothere:1", v1.Platform{}); err == nil {
		t.Errorf("got %v", img)
	}
}
