package sign

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/manifest"
)

// cosign runs the real program on a registry of its own. The tests here need
// ASSEMBLE_COSIGN, the path of a cosign 3.
type cosign struct {
	path, dir string
	host      string
}

func newCosign(t *testing.T, referrersAPI bool) cosign {
	t.Helper()
	path := os.Getenv("ASSEMBLE_COSIGN")
	if path == "" {
		t.Skip("skipped: ASSEMBLE_COSIGN names no cosign")
	}
	quiet := log.New(io.Discard, "", 0)
	srv := httptest.NewServer(registry.New(registry.Logger(quiet), registry.WithReferrersSupport(referrersAPI)))
	t.Cleanup(srv.Close)
	return cosign{path: path, dir: t.TempDir(), host: strings.TrimPrefix(srv.URL, "http://")}
}

// run runs cosign with the password "secret" and returns what it printed.
func (c cosign) run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.path, args...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "COSIGN_PASSWORD=secret", "HOME="+c.dir)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (c cosign) must(t *testing.T, args ...string) {
	t.Helper()
	if out, err := c.run(t, args...); err != nil {
		t.Fatalf("cosign %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func (c cosign) mustFail(t *testing.T, args ...string) {
	t.Helper()
	if out, err := c.run(t, args...); err == nil {
		t.Fatalf("cosign %s passed:\n%s", strings.Join(args, " "), out)
	}
}

func (c cosign) file(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(c.dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (c cosign) write(t *testing.T, file string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(c.dir, file), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// push pushes a new image and returns its reference by digest.
func (c cosign) push(t *testing.T, repo string) (name.Digest, v1.Descriptor) {
	t.Helper()
	img := must(random.Image(256, 1))
	d := must(name.NewDigest(fmt.Sprintf("%s/%s@%s", c.host, repo, must(img.Digest()))))
	if err := remote.Write(d, img); err != nil {
		t.Fatal(err)
	}
	return d, *must(partial.Descriptor(img))
}

func (c cosign) attach(t *testing.T, d name.Digest, img v1.Image) {
	t.Helper()
	if err := remote.Write(d.Context().Digest(must(img.Digest()).String()), img); err != nil {
		t.Fatal(err)
	}
}

// bundles returns the bundles that a registry keeps for an image.
func (c cosign) bundles(t *testing.T, d name.Digest) [][]byte {
	t.Helper()
	var raws [][]byte
	idx := must(must(remote.Referrers(d)).IndexManifest())
	for _, desc := range idx.Manifests {
		raws = append(raws, layerBytes(t, must(remote.Image(d.Context().Digest(desc.Digest.String())))))
	}
	if len(raws) == 0 {
		t.Fatal("the image has no referrers")
	}
	return raws
}

// ownKeys makes two key pairs with this package: the signer's, and another.
func (c cosign) ownKeys(t *testing.T) *Signer {
	t.Helper()
	private, public, err := GenerateKey([]byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	c.write(t, "our.key", private)
	c.write(t, "our.pub", public)
	_, other, err := GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	c.write(t, "other.pub", other)
	return must(LoadSigner(private, []byte("secret")))
}

const offline = "--insecure-ignore-tlog=true"

func TestCosignTakesOurs(t *testing.T) {
	for _, api := range []bool{true, false} {
		t.Run(fmt.Sprintf("referrersAPI=%t", api), func(t *testing.T) {
			c := newCosign(t, api)
			s := c.ownKeys(t)
			d, desc := c.push(t, "ours")
			c.mustFail(t, "verify", "--key", "our.pub", offline, d.String())
			c.attach(t, d, must(Sign(s, desc, Options{Created: time.Now()})))
			c.must(t, "verify", "--key", "our.pub", offline, d.String())
			c.mustFail(t, "verify", "--key", "other.pub", offline, d.String())

			c.attach(t, d, must(Attest(s, desc, PredicateSPDX, map[string]string{"spdxVersion": "SPDX-2.3"}, Options{})))
			c.must(t, "verify-attestation", "--key", "our.pub", offline, "--type", "spdxjson", d.String())
			c.mustFail(t, "verify-attestation", "--key", "our.pub", offline, "--type", "cyclonedx", d.String())
		})
	}
}

// TestCosignRefusesMoved moves a good signature to another image, and breaks
// another one.
func TestCosignRefusesMoved(t *testing.T) {
	c := newCosign(t, true)
	s := c.ownKeys(t)
	_, first := c.push(t, "app")
	d, second := c.push(t, "app")
	raw := layerBytes(t, must(Sign(s, first, Options{})))
	annotations := Options{}.manifestAnnotations(PredicateSignature)
	c.attach(t, d, must(newArtifact(raw, second, annotations)))
	c.mustFail(t, "verify", "--key", "our.pub", offline, d.String())

	d, third := c.push(t, "app")
	good := layerBytes(t, must(Sign(s, third, Options{})))
	b := must(parseBundle(good))
	b.Envelope.Signatures[0].Sig[20] ^= 1
	c.attach(t, d, must(newArtifact(must(encode(b)), third, annotations)))
	c.mustFail(t, "verify", "--key", "our.pub", offline, d.String())
	if _, err := Verify(s.Verifier(), third.Digest, PredicateSignature, must(encode(b))); err == nil {
		t.Error("a broken signature verifies")
	}
}

func TestCosignTakesOurLegacy(t *testing.T) {
	c := newCosign(t, false)
	s := c.ownKeys(t)
	d, desc := c.push(t, "legacy")
	img := must(SignLegacy(s, desc.Digest, d.Context().Name(), nil, Options{Annotations: map[string]string{"by": "ci"}}))
	if err := remote.Write(d.Context().Tag(LegacyTag(desc.Digest)), img); err != nil {
		t.Fatal(err)
	}
	c.must(t, "verify", "--key", "our.pub", offline, "-a", "by=ci", d.String())
	c.mustFail(t, "verify", "--key", "other.pub", offline, d.String())
}

func TestOursTakesCosigns(t *testing.T) {
	c := newCosign(t, true)
	c.must(t, "generate-key-pair")
	c.write(t, "sc.json", []byte(`{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json","rekorTlogConfig":{},"tsaConfig":{}}`))
	s := must(LoadSigner(c.file(t, "cosign.key"), []byte("secret")))
	v := must(LoadVerifier(c.file(t, "cosign.pub")))
	if s.Verifier().Hint() != v.Hint() {
		t.Error("cosign's two keys don't belong together")
	}
	d, desc := c.push(t, "theirs")
	c.must(t, "sign", "--key", "cosign.key", "--signing-config", "sc.json", d.String())
	raw := c.bundles(t, d)[0]
	if _, err := Verify(v, desc.Digest, PredicateSignature, raw); err != nil {
		t.Errorf("%v\n%s", err, raw)
	}
	if b := must(parseBundle(raw)); b.Material.PublicKey.Hint != v.Hint() {
		t.Errorf("cosign's hint is %q, ours %q", b.Material.PublicKey.Hint, v.Hint())
	}

	d, desc = c.push(t, "attested")
	c.write(t, "sbom.json", []byte(`{"spdxVersion":"SPDX-2.3"}`))
	c.must(t, "attest", "--key", "cosign.key", "--signing-config", "sc.json", "--type", "spdxjson", "--predicate", "sbom.json", d.String())
	st, err := Verify(v, desc.Digest, PredicateSPDX, c.bundles(t, d)[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("cosign attests with %s", st.Type)

	d, desc = c.push(t, "old")
	c.must(t, "sign", "--key", "cosign.key", "--new-bundle-format=false", "--use-signing-config=false", "--tlog-upload=false", "-y", d.String())
	img := must(remote.Image(d.Context().Tag(LegacyTag(desc.Digest))))
	sig := must(img.Manifest()).Layers[0].Annotations[LegacyAnnotation]
	if _, err := VerifyLegacy(v, desc.Digest, layerBytes(t, img), sig); err != nil {
		t.Error(err)
	}
}

// TestCosignOpensOurKey signs with our key file by cosign, and verifies here.
func TestCosignOpensOurKey(t *testing.T) {
	c := newCosign(t, true)
	s := c.ownKeys(t)
	c.write(t, "sc.json", []byte(`{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json","rekorTlogConfig":{},"tsaConfig":{}}`))
	d, desc := c.push(t, "app")
	c.must(t, "sign", "--key", "our.key", "--signing-config", "sc.json", d.String())
	if _, err := Verify(s.Verifier(), desc.Digest, PredicateSignature, c.bundles(t, d)[0]); err != nil {
		t.Error(err)
	}
}

// TestOtherKeyTypes shows for keys other than P-256 that both sides agree.
func TestOtherKeyTypes(t *testing.T) {
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		key  any
	}{
		{"p384", must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))},
		{"p521", must(ecdsa.GenerateKey(elliptic.P521(), rand.Reader))},
		{"rsa2048", must(rsa.GenerateKey(rand.Reader, 2048))},
		{"rsa4096", must(rsa.GenerateKey(rand.Reader, 4096))},
		{"ed25519", ed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCosign(t, true)
			file := pem.EncodeToMemory(&pem.Block{Type: pemPKCS8, Bytes: must(x509.MarshalPKCS8PrivateKey(tt.key))})
			c.write(t, "plain.pem", file)
			c.must(t, "import-key-pair", "--key", "plain.pem", "--output-key-prefix", "imported", "-y")
			s := must(LoadSigner(c.file(t, "imported.key"), []byte("secret")))
			if plain := must(LoadSigner(file, nil)); plain.Verifier().Hint() != s.Verifier().Hint() {
				t.Error("the imported key is another")
			}
			d, desc := c.push(t, "app")
			c.attach(t, d, must(Sign(s, desc, Options{})))
			if out, err := c.run(t, "verify", "--key", "imported.pub", offline, d.String()); err != nil {
				t.Errorf("cosign refuses ours: %s", out)
			}
			c.write(t, "sc.json", []byte(`{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json","rekorTlogConfig":{},"tsaConfig":{}}`))
			d, desc = c.push(t, "app2")
			if out, err := c.run(t, "sign", "--key", "imported.key", "--signing-config", "sc.json", d.String()); err != nil {
				t.Fatalf("cosign can't sign with it: %s", out)
			}
			if _, err := Verify(s.Verifier(), desc.Digest, PredicateSignature, c.bundles(t, d)[0]); err != nil {
				t.Errorf("ours refuses cosign's: %v", err)
			}
		})
	}
}

// A signature that lies in a layout beside its image is found there.
func TestCosignTakesLayouts(t *testing.T) {
	c := newCosign(t, true)
	s := c.ownKeys(t)
	img := embeddedbase.Image(embeddedbase.Options{})
	desc := must(partial.Descriptor(img))
	opt := manifest.LayoutOptions{Tag: "v1", Referrers: []v1.Image{must(Attachment{}.Artifact(s, *desc))}}
	if err := manifest.WriteLayout(t.Context(), filepath.Join(c.dir, "layout"), img, opt); err != nil {
		t.Fatal(err)
	}
	c.must(t, "verify", "--local-image", "--key", "our.pub", offline, "layout")
	c.mustFail(t, "verify", "--local-image", "--key", "other.pub", offline, "layout")
}
