package trust

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// TestLostSignatureIsAttachedAgain is issue 10, item 1.3: the cache knows of a
// signature that the registry has lost, one way or another. It must be there
// again afterwards, in the place where a verifier looks for it.
func TestLostSignatureIsAttachedAgain(t *testing.T) {
	emptyIndex := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, tt := range []struct {
		name         string
		legacy, api  bool
		lose         func(t *testing.T, l *lab, manifest string)
		stillExisted bool
	}{
		{name: "nothing is lost", lose: func(*testing.T, *lab, string) {}, stillExisted: true},
		{name: "nothing is lost, API", api: true, lose: func(*testing.T, *lab, string) {}, stillExisted: true},
		{name: "nothing is lost, legacy", legacy: true, lose: func(*testing.T, *lab, string) {}, stillExisted: true},
		{name: "fallback tag", lose: func(t *testing.T, l *lab, _ string) { l.delete(t, l.fallback()) }},
		{name: "entry of the fallback tag", lose: func(t *testing.T, l *lab, _ string) {
			if err := remote.WriteIndex(l.fallback(), emptyIndex); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "manifest behind the fallback tag", lose: func(t *testing.T, l *lab, m string) { l.delete(t, l.at.Context().Digest(m)) }},
		{name: "manifest, API", api: true, lose: func(t *testing.T, l *lab, m string) { l.delete(t, l.at.Context().Digest(m)) }},
		{name: "blob", lose: func(_ *testing.T, l *lab, m string) { l.hideBlob(m) }},
		{name: "blob, API", api: true, lose: func(_ *testing.T, l *lab, m string) { l.hideBlob(m) }},
		{name: "legacy tag", legacy: true, lose: func(t *testing.T, l *lab, _ string) { l.delete(t, l.legacy()) }},
		{name: "legacy blob", legacy: true, lose: func(_ *testing.T, l *lab, m string) { l.hideBlob(m) }},
		{name: "legacy tag that holds another's signature", legacy: true, lose: func(t *testing.T, l *lab, _ string) {
			l.delete(t, l.legacy())
			other, _ := l.key(t, "other")
			l.attach(t, other, true)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t, tt.api)
			key, public := l.key(t, "ours")
			first := l.attach(t, key, tt.legacy)
			tt.lose(t, l, first[0].Manifest)
			if _, err := l.verify(t, public); (err == nil) != tt.stillExisted {
				t.Fatalf("before it is attached again, verify says %v", err)
			}
			again := l.attach(t, key, tt.legacy)
			if again[0].Existed != tt.stillExisted {
				t.Errorf("existed: %t", again[0].Existed)
			}
			if _, err := l.verify(t, public); err != nil {
				t.Errorf("verify: %v", err)
			}
		})
	}
}

// hideBlob loses the blobs of a manifest until they are uploaded again.
func (l *lab) hideBlob(manifest string) {
	img := must(remote.Image(l.at.Context().Digest(manifest)))
	lost := map[string]bool{}
	for _, d := range must(img.Manifest()).Layers {
		lost[d.Digest.String()] = true
	}
	l.script(func(w http.ResponseWriter, r *http.Request) bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		if r.Method == http.MethodPut {
			delete(lost, r.URL.Query().Get("digest"))
			return false
		}
		_, digest, ok := strings.Cut(r.URL.Path, "/blobs/")
		if ok && lost[digest] {
			w.WriteHeader(http.StatusNotFound)
			return true
		}
		return false
	})
}
