package sign

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

var testSubject = v1.Descriptor{
	MediaType: types.OCIManifestSchema1,
	Size:      424,
	Digest:    v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("ab", 32)},
}

// testSigner makes a key without a file: scrypt is slow on purpose.
func testSigner(tb testing.TB) *Signer {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	v, err := newVerifier(key.Public())
	if err != nil {
		tb.Fatal(err)
	}
	return &Signer{key: key, verifier: v}
}

// layerBytes returns the bytes of an artifact's only layer.
func layerBytes(tb testing.TB, img v1.Image) []byte {
	tb.Helper()
	layers, err := img.Layers()
	if err != nil || len(layers) != 1 {
		tb.Fatalf("%d layers, %v", len(layers), err)
	}
	rc, err := layers[0].Compressed()
	if err != nil {
		tb.Fatal(err)
	}
	defer rc.Close()
	raw, err := io.ReadAll(rc)
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

func TestSignVerify(t *testing.T) {
	s := testSigner(t)
	img, err := Sign(s, testSubject, Options{Annotations: map[string]string{"by": "ci"}})
	if err != nil {
		t.Fatal(err)
	}
	raw := layerBytes(t, img)
	st, err := Verify(s.Verifier(), testSubject.Digest, PredicateSignature, raw)
	if err != nil {
		t.Fatal(err)
	}
	if got := st.Subject[0].Annotations["by"]; got != "ci" {
		t.Errorf("annotation: %v", got)
	}
	other := testSubject.Digest
	other.Hex = strings.Repeat("cd", 32)
	if _, err := Verify(s.Verifier(), other, PredicateSignature, raw); !errors.Is(err, ErrSubject) {
		t.Errorf("another image: %v", err)
	}
	if _, err := Verify(s.Verifier(), testSubject.Digest, PredicateSPDX, raw); !errors.Is(err, ErrPredicate) {
		t.Errorf("another predicate: %v", err)
	}
	if _, err := Verify(testSigner(t).Verifier(), testSubject.Digest, PredicateSignature, raw); !errors.Is(err, ErrSignature) {
		t.Errorf("another key: %v", err)
	}
}

// TestTampered changes every byte of a bundle in turn. What still verifies
// must carry the same statement.
func TestTampered(t *testing.T) {
	s := testSigner(t)
	img, err := Sign(s, testSubject, Options{})
	if err != nil {
		t.Fatal(err)
	}
	raw := layerBytes(t, img)
	want, err := Verify(s.Verifier(), testSubject.Digest, PredicateSignature, raw)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		bad := bytes.Clone(raw)
		bad[i] ^= 1
		got, err := Verify(s.Verifier(), testSubject.Digest, PredicateSignature, bad)
		if err == nil && !cmp.Equal(want, got) {
			t.Fatalf("byte %d changed, and the bundle verifies as %v", i, got)
		}
	}
}

func TestManifestOfBundle(t *testing.T) {
	s := testSigner(t)
	opt := Options{Created: time.Unix(1700000000, 0)}
	img, err := Sign(s, testSubject, opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(img, validate.Fast); err != nil {
		t.Error(err)
	}
	m, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	if m.ArtifactType != BundleMediaType || m.Config.MediaType != emptyMediaType ||
		m.Config.Digest.Hex != "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" {
		t.Errorf("manifest: %+v", m)
	}
	if diff := cmp.Diff(&testSubject, m.Subject); diff != "" {
		t.Error(diff)
	}
	wantAnnotations := map[string]string{
		"dev.sigstore.bundle.content":       "dsse-envelope",
		"dev.sigstore.bundle.predicateType": "https://sigstore.dev/cosign/sign/v1",
		"org.opencontainers.image.created":  "2023-11-14T22:13:20Z",
	}
	if diff := cmp.Diff(wantAnnotations, m.Annotations); diff != "" {
		t.Error(diff)
	}
	var b struct {
		DSSEEnvelope struct{ Payload []byte }
	}
	if err := json.Unmarshal(layerBytes(t, img), &b); err != nil {
		t.Fatal(err)
	}
	const payload = `{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"` +
		`abababababababababababababababababababababababababababababababab"},"annotations":{}}],` +
		`"predicateType":"https://sigstore.dev/cosign/sign/v1","predicate":{}}`
	if diff := cmp.Diff(payload, string(b.DSSEEnvelope.Payload)); diff != "" {
		t.Error(diff)
	}
	again, err := Sign(s, testSubject, opt)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := must(img.Digest()), must(again.Digest()); a != b {
		t.Error("signing again made another artifact")
	}
}

func TestAttest(t *testing.T) {
	s := testSigner(t)
	img, err := Attest(s, testSubject, PredicateSPDX, map[string]string{"name": "a<b"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	st, err := Verify(s.Verifier(), testSubject.Digest, PredicateSPDX, layerBytes(t, img))
	if err != nil {
		t.Fatal(err)
	}
	if string(st.Predicate) != `{"name":"a<b"}` {
		t.Errorf("predicate: %s", st.Predicate)
	}
	for _, typ := range []string{"", PredicateSignature} {
		if _, err := Attest(s, testSubject, typ, 1, Options{}); err == nil {
			t.Errorf("attested to %q", typ)
		}
	}
	if _, err := Attest(s, v1.Descriptor{}, PredicateSPDX, 1, Options{}); err == nil {
		t.Error("attested to nothing")
	}
}

func TestLegacy(t *testing.T) {
	s, other := testSigner(t), testSigner(t)
	img, err := SignLegacy(s, testSubject.Digest, "registry.example/app", nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	both, err := SignLegacy(other, testSubject.Digest, "registry.example/app", img, Options{})
	if err != nil {
		t.Fatal(err)
	}
	twice, err := SignLegacy(s, testSubject.Digest, "registry.example/app", both, Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := must(twice.Manifest())
	if len(m.Layers) != 2 {
		t.Fatalf("%d signatures, want 2", len(m.Layers))
	}
	if err := validate.Image(img, validate.Fast); err != nil {
		t.Error(err)
	}
	payload, sig := layerBytes(t, img), m.Layers[0].Annotations[LegacyAnnotation]
	const want = `{"critical":{"identity":{"docker-reference":"registry.example/app"},"image":{"docker-manifest-digest":` +
		`"sha256:abababababababababababababababababababababababababababababababab"},"type":"cosign container image signature"},"optional":null}`
	if string(payload) != want {
		t.Errorf("payload: %s", payload)
	}
	ref, err := VerifyLegacy(s.Verifier(), testSubject.Digest, payload, sig)
	if err != nil || ref != "registry.example/app" {
		t.Errorf("got %q, %v", ref, err)
	}
	if _, err := VerifyLegacy(other.Verifier(), testSubject.Digest, payload, sig); !errors.Is(err, ErrSignature) {
		t.Errorf("another key: %v", err)
	}
	if _, err := VerifyLegacy(s.Verifier(), v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("00", 32)}, payload, sig); !errors.Is(err, ErrSubject) {
		t.Errorf("another image: %v", err)
	}
	if got, want := LegacyTag(testSubject.Digest), "sha256-"+testSubject.Digest.Hex+".sig"; got != want {
		t.Errorf("tag %q, want %q", got, want)
	}
}
