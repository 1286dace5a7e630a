package trust

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/sign"
)

// artifact pushes what claims to be a bundle for the image.
func (l *lab) artifact(t *testing.T, blobs ...[]byte) v1.Hash {
	t.Helper()
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), sign.BundleMediaType)
	for _, b := range blobs {
		img = must(mutate.AppendLayers(img, static.NewLayer(b, sign.BundleMediaType)))
	}
	img = mutate.Subject(img, l.subject).(v1.Image)
	if _, err := l.client().PushReferrer(t.Context(), l.at.Context(), img); err != nil {
		t.Fatal(err)
	}
	return must(img.Digest())
}

// TestVerifyCannotBeBlocked is issue 10, item 1.5: whoever may push puts
// something unreadable beside a good signature, which must be found all the same.
func TestVerifyCannotBeBlocked(t *testing.T) {
	answer := func(part string, f http.HandlerFunc) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, part) {
				return false
			}
			f(w, r)
			return true
		}
	}
	code := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	large := bytes.Repeat([]byte(" "), maxSignature+1)
	for _, tt := range []struct {
		name   string
		legacy bool // the good signature is at the .sig tag
		api    bool
		spoil  func(t *testing.T, l *lab)
		alone  string // what verify says where the good one is missing
	}{
		{name: "not JSON", spoil: func(t *testing.T, l *lab) { l.artifact(t, []byte("x")) }, alone: "reading a sigstore bundle"},
		{name: "no blob", spoil: func(t *testing.T, l *lab) { l.artifact(t) }, alone: "not signed"},
		{name: "oversized", spoil: func(t *testing.T, l *lab) { l.artifact(t, large) }, alone: "more than"},
		{name: "oversized, API", api: true, spoil: func(t *testing.T, l *lab) { l.artifact(t, large) }, alone: "more than"},
		{name: "dangling manifest", spoil: func(t *testing.T, l *lab) {
			l.delete(t, l.at.Context().Digest(l.artifact(t, []byte("x")).String()))
		}, alone: "not found"},
		{name: "dangling blob", spoil: func(t *testing.T, l *lab) {
			h := l.artifact(t, []byte("x"))
			l.hideBlob(h.String())
		}, alone: "not found"},
		{name: "manifest that the registry can't read", spoil: func(t *testing.T, l *lab) {
			h := l.artifact(t, []byte("x"))
			l.script(answer(h.String(), code(http.StatusInternalServerError)))
		}, alone: "HTTP 500"},
		{name: "manifest that is denied", spoil: func(t *testing.T, l *lab) {
			h := l.artifact(t, []byte("x"))
			l.script(answer(h.String(), code(http.StatusForbidden)))
		}, alone: "denied"},
		{name: "other bytes than the digest says", spoil: func(t *testing.T, l *lab) {
			h := l.artifact(t, []byte("x"))
			l.script(answer(h.String(), func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") }))
		}, alone: "wrong content"},
		{name: "index in the place of a bundle", spoil: func(t *testing.T, l *lab) { l.indexReferrer(t) }, alone: "not an image"},
		{name: "fallback tag that is an image", legacy: true, spoil: func(t *testing.T, l *lab) {
			if err := remote.Write(l.fallback(), empty.Image); err != nil {
				t.Fatal(err)
			}
		}, alone: "not an index"},
		{name: "legacy tag that is an index", spoil: func(t *testing.T, l *lab) {
			if err := remote.WriteIndex(l.legacy(), empty.Index); err != nil {
				t.Fatal(err)
			}
		}, alone: "not an image"},
		{name: "oversized legacy payload", spoil: func(t *testing.T, l *lab) { l.spoilLegacy(t, large) }, alone: "more than"},
		{name: "oversized legacy payload before a good one", legacy: true, spoil: func(t *testing.T, l *lab) {
			l.spoilLegacy(t, bytes.Repeat([]byte(" "), sign.MaxBundle))
		}, alone: "more than"},
		{name: "many legacy payloads before a good one", legacy: true, spoil: func(t *testing.T, l *lab) {
			many := make([][]byte, 100)
			for i := range many {
				many[i] = fmt.Append(nil, i)
			}
			l.spoilLegacy(t, many...)
		}, alone: "does not match"},
		{name: "legacy signature that is no base64", spoil: func(t *testing.T, l *lab) { l.spoilLegacy(t, []byte("x")) }, alone: "verifying"},
		{name: "referrers API that fails beside a good legacy one", legacy: true, spoil: func(_ *testing.T, l *lab) {
			l.script(answer("/referrers/", code(http.StatusInternalServerError)))
		}, alone: "HTTP 500"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t, tt.api)
			_, public := l.key(t, "ours")
			tt.spoil(t, l)
			if _, err := l.verify(t, public); err == nil || !strings.Contains(err.Error(), tt.alone) {
				t.Errorf("without a good signature: %v, want %q", err, tt.alone)
			}
			l = newLab(t, tt.api)
			key, public := l.key(t, "ours")
			if !tt.legacy {
				l.attach(t, key, false)
			}
			tt.spoil(t, l)
			if tt.legacy {
				l.attach(t, key, true)
			}
			v, err := l.verify(t, public)
			if err != nil || len(v.Signatures) != 1 {
				t.Errorf("got %v, %v", v, err)
			}
		})
	}
}

// indexReferrer pushes an index that refers to the image as a bundle would.
func (l *lab) indexReferrer(t *testing.T) {
	t.Helper()
	idx := mutate.Subject(mutate.IndexMediaType(empty.Index, types.OCIImageIndex), l.subject).(v1.ImageIndex)
	digest := must(idx.Digest())
	if err := remote.WriteIndex(l.at.Context().Digest(digest.String()), idx); err != nil {
		t.Fatal(err)
	}
	l.list(t, v1.Descriptor{
		MediaType: types.OCIImageIndex, ArtifactType: sign.BundleMediaType, Digest: digest, Size: must(idx.Size()),
	})
}

// list enters descriptors at the fallback tag.
func (l *lab) list(t *testing.T, entries ...v1.Descriptor) {
	t.Helper()
	idx := must(must(remote.Referrers(l.at)).IndexManifest()).DeepCopy()
	idx.Manifests = append(entries, idx.Manifests...)
	idx.MediaType = types.OCIImageIndex
	if err := remote.Put(l.fallback(), rawIndex(must(json.Marshal(idx)))); err != nil {
		t.Fatal(err)
	}
}

// rawIndex is an index as it stands.
type rawIndex []byte

func (r rawIndex) RawManifest() ([]byte, error)        { return r, nil }
func (r rawIndex) MediaType() (types.MediaType, error) { return types.OCIImageIndex, nil }

// spoilLegacy puts payloads with bad signatures at the .sig tag.
func (l *lab) spoilLegacy(t *testing.T, payloads ...[]byte) {
	t.Helper()
	img := sign.EmptyLegacy()
	for i, p := range payloads {
		img = must(mutate.Append(img, mutate.Addendum{
			Layer:       static.NewLayer(p, "application/vnd.dev.cosign.simplesigning.v1+json"),
			Annotations: map[string]string{sign.LegacyAnnotation: base64.StdEncoding.EncodeToString(fmt.Append(nil, i))},
		}))
	}
	if err := remote.Write(l.legacy(), img); err != nil {
		t.Fatal(err)
	}
}

// TestVerifyAmongMany looks past more bad bundles than the old limit.
func TestVerifyAmongMany(t *testing.T) {
	l := newLab(t, false)
	key, public := l.key(t, "ours")
	l.attach(t, key, false)
	var many []v1.Descriptor
	for i := range 300 { // most of them are not even there
		many = append(many, v1.Descriptor{
			MediaType: types.OCIManifestSchema1, ArtifactType: sign.BundleMediaType, Size: 100,
			Digest: v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%064x", i)},
		})
	}
	idx := must(must(remote.Referrers(l.at)).IndexManifest()).DeepCopy()
	idx.Manifests = append(many, idx.Manifests...)
	raw := must(json.Marshal(idx))
	l.script(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/manifests/"+l.fallback().TagStr()) {
			return false
		}
		w.Header().Set("Content-Type", string(types.OCIImageIndex))
		_, err := w.Write(raw)
		return err == nil
	})
	if v, err := l.verify(t, public); err != nil || len(v.Signatures) != 1 {
		t.Errorf("among %d: %v, %v", len(many), v, err)
	}
}

// TestVerifyEnds cancels while an artifact hangs.
func TestVerifyEnds(t *testing.T) {
	l := newLab(t, false)
	_, public := l.key(t, "ours")
	h := l.artifact(t, []byte("x"))
	l.script(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, h.String()) {
			<-r.Context().Done()
			return true
		}
		return false
	})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := Verify(ctx, l.client(), l.at.Name(), public); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// TestVerifyAnyOfSeveralKeys is issue 10, item 4.12: keys are rotated, and the
// result says which of them signed.
func TestVerifyAnyOfSeveralKeys(t *testing.T) {
	for _, legacy := range []bool{false, true} {
		l := newLab(t, false)
		old, oldPub := l.key(t, "old")
		_, newPub := l.key(t, "new")
		_, other := l.key(t, "other")
		l.attach(t, old, legacy)
		for _, keys := range [][]PublicKey{{oldPub, newPub}, {newPub, oldPub}} {
			v, err := l.verify(t, keys...)
			if err != nil || len(v.Signatures) != 1 || v.Signatures[0].Key != "old.pub" {
				t.Errorf("legacy=%t: %+v, %v", legacy, v, err)
			}
		}
		if _, err := l.verify(t, newPub, other); !errors.Is(err, ErrNoMatch) || !errors.Is(err, sign.ErrSignature) {
			t.Errorf("legacy=%t: %v", legacy, err)
		}
	}
}

// TestFailureToListIsNoVerdict tells a registry that fails from an image
// without signatures.
func TestFailureToListIsNoVerdict(t *testing.T) {
	l := newLab(t, false)
	_, public := l.key(t, "ours")
	l.script(func(w http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "/referrers/") {
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}
		return false
	})
	_, err := l.verify(t, public)
	var e *registry.Error
	if !errors.As(err, &e) || errors.Is(err, ErrUnsigned) || errors.Is(err, ErrNoMatch) {
		t.Errorf("got %v", err)
	}
}
