package pipeline_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/assemble-image/assemble/internal/cache"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/internal/pipeline"
	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/internal/serve"
	"github.com/assemble-image/assemble/internal/trust"
	"github.com/assemble-image/assemble/internal/wheeltest"
	"github.com/assemble-image/assemble/manifest"
	"github.com/assemble-image/assemble/sign"
)

// flow is a project as a user has it, with the registries that it needs.
type flow struct {
	dir         string
	home, other string            // addresses of registries
	bases       map[string]string // by kind: the reference in the config
	key         *sign.Verifier
}

// startRegistry serves a real registry until the test ends.
func startRegistry(t *testing.T) string {
	t.Helper()
	s, err := serve.Start(t.Context(), serve.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s.Addr
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// writeKey writes a signing key without a password, which opens at once: there
// are dozens of pushes.
func writeKey(t *testing.T, path string) *sign.Verifier {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	must(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	der, err = x509.MarshalPKIXPublicKey(key.Public())
	must(t, err)
	verifier, err := sign.LoadVerifier(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	must(t, err)
	return verifier
}

func newFlow(t *testing.T) *flow {
	t.Helper()
	f := &flow{dir: t.TempDir(), home: startRegistry(t), other: startRegistry(t)}
	img, err := embeddedbase.Open()
	must(t, err)
	baseRef := f.home + "/library/python:3.10"
	ref, err := name.ParseReference(baseRef)
	must(t, err)
	must(t, remote.Write(ref, img))
	layout, archive := filepath.Join(f.dir, "layout"), filepath.Join(f.dir, "base.tar")
	must(t, manifest.WriteLayout(t.Context(), layout, img, manifest.LayoutOptions{Tag: "1"}))
	must(t, manifest.WriteOCIArchive(t.Context(), archive, img, manifest.LayoutOptions{Tag: "1"}))
	f.bases = map[string]string{
		"registry": baseRef, "layout": "oci:layout:1", "archive": "oci-archive:base.tar:1", "embedded": "embedded:",
	}
	wheel := wheeltest.Wheel{Name: "one", Version: "1.0", Files: []wheeltest.File{{Name: "one.py", Data: []byte("print(1)\n")}}}
	must(t, os.Mkdir(filepath.Join(f.dir, "wheelhouse"), 0o755))
	wheel.Write(t, filepath.Join(f.dir, "wheelhouse"))
	wheeltest.WriteFile(t, f.dir, "requirements.txt", []byte("one\n"))
	must(t, os.Mkdir(filepath.Join(f.dir, "src"), 0o755))
	wheeltest.WriteFile(t, filepath.Join(f.dir, "src"), "main.py", []byte("import one\n"))
	f.key = writeKey(t, filepath.Join(f.dir, "cosign.key"))
	return f
}

// config is a whole one: wheels, app, user, entrypoint, a smoke test and,
// where wanted, a signature.
func (f *flow) config(t *testing.T, base string, signed bool) *config.Config {
	t.Helper()
	text := fmt.Sprintf(`
base: %q
platform: linux/arm64
lock: requirements.txt
app: [{from: src, to: /app}]
user: {name: app, uid: 1000}
entrypoint: [python3, /app/main.py]
smoke: {http: {path: /, port: 8000}}
`, base)
	if signed {
		text += "sign: {key: cosign.key}\n"
	}
	path := filepath.Join(f.dir, "assemble.yaml")
	wheeltest.WriteFile(t, f.dir, "assemble.yaml", []byte(text))
	cfg, err := config.Load(path)
	must(t, err)
	must(t, cfg.Validate())
	return cfg
}

// push runs the whole of a push as the program does, and returns the digest.
func (f *flow) push(ctx context.Context, t *testing.T, cfg *config.Config, cacheDir, target string, mode pipeline.SmokeMode) string {
	t.Helper()
	c, err := cache.Open(cacheDir, cache.Options{})
	must(t, err)
	p := pipeline.New(cfg, pipeline.Options{Cache: c})
	defer p.Close()
	ref, err := name.ParseReference(target)
	must(t, err)
	result, err := p.Push(ctx, ref, pipeline.PushOptions{
		Smoke: pipeline.SmokeOptions{Mode: mode, Containerd: filepath.Join(f.dir, "no.sock")},
	})
	if err != nil {
		t.Errorf("push: %v", err)
		return ""
	}
	if result.Smoke.Status != pipeline.SmokeSkipped {
		t.Errorf("smoke: %+v", result.Smoke)
	}
	got, err := remote.Image(ref)
	must(t, err)
	if err := validate.Image(got); err != nil {
		t.Errorf("what was tagged: %v", err)
	}
	digest, err := got.Digest()
	must(t, err)
	if digest.String() != result.Digest || result.Tag != ref.Name() {
		t.Errorf("tagged %s, the result says %s and %s", digest, result.Digest, result.Tag)
	}
	return result.Digest
}

// verify holds the target against the key; without a signature it fails.
func (f *flow) verify(ctx context.Context, target string) error {
	_, err := trust.Verify(ctx, registry.New(registry.Options{}), target, trust.PublicKey{Verifier: f.key})
	return err
}

// TestFlow is the headline flow as users meet it, for each kind of base,
// signed or not, tested or not, into the base's registry and another, with an
// empty cache and again: each ends with a tag on the same valid image, and a
// signature where there is a key.
//
// A signed push of a registry's base once failed for everybody, though each
// part had tests: the base was opened in a phase whose context had ended when
// its layers were read.
func TestFlow(t *testing.T) {
	f := newFlow(t)
	for kind, base := range f.bases {
		for _, signed := range []bool{true, false} {
			for _, mode := range []pipeline.SmokeMode{pipeline.SmokeAuto, pipeline.SmokeOff} {
				for where, host := range map[string]string{"same registry": f.home, "another": f.other} {
					title := strings.Join([]string{kind, fmt.Sprintf("signed=%t", signed), string(mode), where}, ", ")
					t.Run(title, func(t *testing.T) {
						// Repositories of its own, so that nothing is there before.
						target := fmt.Sprintf("%s/%s-%t-%s/app:1", host, kind, signed, mode)
						cfg, dir := f.config(t, base, signed), t.TempDir()
						cold := f.push(t.Context(), t, cfg, dir, target, mode)
						warm := f.push(t.Context(), t, cfg, dir, target, mode)
						if cold != warm {
							t.Errorf("cold %s, warm %s", cold, warm)
						}
						if err := f.verify(t.Context(), target); (err == nil) != signed {
							t.Errorf("verify: %v", err)
						}
					})
				}
			}
		}
	}
}
