package manifest_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/manifest"
	"github.com/assemble-image/assemble/sign"
)

// testKey is a key without a password, since opening one with a password is
// slow on purpose.
var testKey = sync.OnceValue(func() *sign.Signer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	s, err := sign.LoadSigner(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil)
	if err != nil {
		panic(err)
	}
	return s
})

func signed(t *testing.T, subject partial.Describable) v1.Image {
	t.Helper()
	desc, err := partial.Descriptor(subject)
	must(t, err)
	artifact, err := sign.Attachment{}.Artifact(testKey(), *desc)
	must(t, err)
	return artifact
}

// checkSigned verifies the only signature among the referrers.
func checkSigned(t *testing.T, list []manifest.Referrer, subject v1.Hash) {
	t.Helper()
	if len(list) != 1 || list[0].Descriptor.ArtifactType != sign.BundleMediaType || list[0].Descriptor.Annotations["dev.sigstore.bundle.content"] == "" {
		t.Fatalf("the referrers of %s are %+v", subject, list)
	}
	layers, err := list[0].Artifact.Layers()
	must(t, err)
	rc, err := layers[0].Compressed()
	must(t, err)
	raw, err := io.ReadAll(rc)
	must(t, errors.Join(err, rc.Close()))
	_, err = sign.Verify(testKey().Verifier(), subject, sign.PredicateSignature, raw)
	must(t, err)
	got, err := list[0].Artifact.Digest()
	must(t, err)
	if got != list[0].Descriptor.Digest {
		t.Errorf("the artifact has digest %s, the list %s", got, list[0].Descriptor.Digest)
	}
}

func with(tag string, referrers ...v1.Image) manifest.LayoutOptions {
	return manifest.LayoutOptions{Tag: tag, Referrers: referrers}
}

func entriesOf(t *testing.T, dir string) []v1.Descriptor {
	t.Helper()
	idx, err := v1.ParseIndexManifest(bytes.NewReader(readFile(t, dir, "index.json")))
	must(t, err)
	return idx.Manifests
}

func TestReferrersAreCarried(t *testing.T) {
	img := embeddedbase.Image(embeddedbase.Options{})
	for _, tag := range []string{"v1", ""} {
		dir := t.TempDir()
		lay, archive := filepath.Join(dir, "layout"), filepath.Join(dir, "oci.tar")
		opt := with(tag, signed(t, img))
		must(t, manifest.WriteLayout(t.Context(), lay, img, opt))
		must(t, manifest.WriteOCIArchive(t.Context(), archive, img, opt))
		list, err := manifest.ReadLayoutReferrers(lay, digestOf(t, img))
		must(t, err)
		checkSigned(t, list, digestOf(t, img))
		list, err = manifest.ReadOCIArchiveReferrers(archive, digestOf(t, img))
		must(t, err)
		checkSigned(t, list, digestOf(t, img))
		// The image is still the only image there is.
		got, err := manifest.ReadLayout(lay, "", arm64)
		must(t, err)
		must(t, validate.Image(got))
		got, err = manifest.ReadOCIArchive(archive, "", v1.Platform{})
		must(t, err)
		must(t, validate.Image(got))
		if n := checkBlobs(t, lay); n != 4+3 {
			t.Errorf("there are %d blobs", n)
		}
		before := readFile(t, lay, "index.json")
		must(t, manifest.WriteLayout(t.Context(), lay, img, opt))
		if after := readFile(t, lay, "index.json"); !bytes.Equal(before, after) {
			t.Errorf("writing the same again changed the index:\n%s\n%s", before, after)
		}
	}
}

func TestReferrersOfAnIndexAndItsImages(t *testing.T) {
	arm := baseFor("arm64", false)
	idx := index2(t, arm, baseFor("amd64", false))
	dir := t.TempDir()
	must(t, manifest.WriteLayoutIndex(t.Context(), dir, idx, with("v1", signed(t, idx), signed(t, arm))))
	h, err := idx.Digest()
	must(t, err)
	for _, subject := range []v1.Hash{h, digestOf(t, arm)} {
		list, err := manifest.ReadLayoutReferrers(dir, subject)
		must(t, err)
		checkSigned(t, list, subject)
	}
	list, err := manifest.ReadLayoutReferrers(dir, digestOf(t, baseFor("amd64", false)))
	if err != nil || len(list) != 0 {
		t.Errorf("what isn't signed has %v, %v", list, err)
	}
}

// An image that was written without a signature gets one, and cosign's mark.
func TestSignedLater(t *testing.T) {
	for _, tag := range []string{"", "v1"} {
		dir := t.TempDir()
		img := embeddedbase.Image(embeddedbase.Options{})
		must(t, manifest.WriteLayout(t.Context(), dir, img, tagged("v1")))
		must(t, manifest.WriteLayout(t.Context(), dir, img, with(tag, signed(t, img))))
		entries := entriesOf(t, dir)
		if len(entries) != 2 || entries[0].Annotations["kind"] != "dev.cosignproject.cosign/image" || entries[0].Annotations["org.opencontainers.image.ref.name"] != "v1" {
			t.Errorf("the entries are %+v", entries)
		}
	}
}

// A tag that moves takes the signature of the old image out of the index, but
// not one of an image that is still there.
func TestOrphansAreDropped(t *testing.T) {
	dir := t.TempDir()
	var images []v1.Image
	for _, n := range []string{"0", "1", "2"} {
		images = append(images, embeddedbase.Image(embeddedbase.Options{Env: []string{"N=" + n}}))
	}
	must(t, manifest.WriteLayout(t.Context(), dir, images[0], with("kept", signed(t, images[0]))))
	must(t, manifest.WriteLayout(t.Context(), dir, images[0], with("moving")))
	must(t, manifest.WriteLayout(t.Context(), dir, images[1], with("moving", signed(t, images[1]))))
	must(t, manifest.WriteLayout(t.Context(), dir, images[2], with("moving", signed(t, images[2]))))
	var got []int
	for _, img := range images {
		list, err := manifest.ReadLayoutReferrers(dir, digestOf(t, img))
		must(t, err)
		got = append(got, len(list))
	}
	if diff := cmp.Diff([]int{1, 0, 1}, got); diff != "" || len(entriesOf(t, dir)) != 4 {
		t.Errorf("%s, %d entries", diff, len(entriesOf(t, dir)))
	}
}

func TestReferrersThatAreRefused(t *testing.T) {
	img, other := embeddedbase.Image(embeddedbase.Options{}), embeddedbase.Image(embeddedbase.Options{Arch: "amd64"})
	for want, r := range map[string]v1.Image{
		"no subject":                   other,
		"which is not written with it": signed(t, other),
		"is nil":                       nil,
	} {
		dir := t.TempDir()
		err := manifest.WriteLayout(t.Context(), dir, img, with("x", r))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, not about %q", err, want)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 0 {
			t.Errorf("something was written: %v", entries)
		}
	}
	err := manifest.WriteDockerArchive(t.Context(), filepath.Join(t.TempDir(), "x.tar"), img, with("", signed(t, img)))
	if err == nil || !strings.Contains(err.Error(), "can't hold referrers") {
		t.Errorf("a Docker archive with referrers gives %v", err)
	}
}

func TestDamagedReferrersAreTold(t *testing.T) {
	dir := t.TempDir()
	img := embeddedbase.Image(embeddedbase.Options{})
	artifact := signed(t, img)
	must(t, manifest.WriteLayout(t.Context(), dir, img, with("x", artifact)))
	m := manifestOf(t, artifact)
	path := filepath.Join(dir, "blobs", "sha256", m.Layers[0].Digest.Hex)
	b := readFile(t, path)
	b[10] ^= 1
	must(t, os.WriteFile(path, b, 0o644))
	list, err := manifest.ReadLayoutReferrers(dir, digestOf(t, img))
	must(t, err)
	layers, err := list[0].Artifact.Layers()
	must(t, err)
	if err := drain(layers[0].Compressed); !errors.Is(err, manifest.ErrCorrupt) {
		t.Errorf("the damaged blob gives %v", err)
	}
	must(t, os.Remove(filepath.Join(dir, "blobs", "sha256", digestOf(t, artifact).Hex)))
	if _, err := manifest.ReadLayoutReferrers(dir, digestOf(t, img)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing manifest gives %v", err)
	}
}

// Others list artifacts without saying that they are ones.
func TestArtifactsAreNoImages(t *testing.T) {
	dir := t.TempDir()
	img := embeddedbase.Image(embeddedbase.Options{})
	artifact := signed(t, img)
	must(t, manifest.WriteLayout(t.Context(), dir, img, with("x", artifact)))
	raw := bytes.Replace(readFile(t, dir, "index.json"), []byte(`"artifactType":`), []byte(`"x-type":`), 1)
	if !json.Valid(raw) || !bytes.Contains(raw, []byte("x-type")) {
		t.Fatalf("the index is %s", raw)
	}
	must(t, os.WriteFile(filepath.Join(dir, "index.json"), raw, 0o644))
	got, err := manifest.ReadLayout(dir, "", arm64)
	must(t, err)
	if digestOf(t, got) != digestOf(t, img) {
		t.Error("another image was found")
	}
	if _, err := manifest.ReadLayout(dir, digestOf(t, artifact).String(), arm64); err == nil || !strings.Contains(err.Error(), "it is an artifact, not an image") {
		t.Errorf("reading a signature as an image gives %v", err)
	}
}
