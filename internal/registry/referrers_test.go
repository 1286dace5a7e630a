package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const artifactType = "application/x-test"

// referrer makes an artifact that refers to an image; its config's media type
// stands for the artifact type.
func referrer(t *testing.T, subject v1.Image, text string) v1.Image {
	t.Helper()
	desc, err := partial.Descriptor(subject)
	if err != nil {
		t.Fatal(err)
	}
	img := mutate.ConfigMediaType(mutate.MediaType(testImage(t, 1, 0), types.OCIManifestSchema1), artifactType)
	img, err = mutate.AppendLayers(img, static.NewLayer([]byte(text), "text/plain"))
	if err != nil {
		t.Fatal(err)
	}
	sub, ok := mutate.Subject(img, *desc).(v1.Image)
	if !ok {
		t.Fatal("not an image")
	}
	return sub
}

// TestReferrers is row 18: with the API, and without.
func TestReferrers(t *testing.T) {
	for _, api := range []bool{true, false} {
		t.Run(fmt.Sprintf("API=%t", api), func(t *testing.T) {
			f := newFaulty(t, registry.WithReferrersSupport(api))
			c := quick(Options{})
			repo := f.repo(t, "app")
			img := testImage(t, 100, 1)
			d, err := push(t.Context(), c, repo, img)
			if err != nil {
				t.Fatal(err)
			}
			if list, err := c.Referrers(t.Context(), d, ""); err != nil || len(list) != 0 {
				t.Errorf("got %v, %v", list, err)
			}
			// Someone else's entry, written by another program.
			if err := remote.Write(repo.Tag("x"), referrer(t, img, "theirs")); err != nil {
				t.Fatal(err)
			}
			ours := referrer(t, img, "ours")
			for range 2 { // the second time changes nothing
				if _, err := c.PushReferrer(t.Context(), repo, ours); err != nil {
					t.Fatal(err)
				}
			}
			list, err := c.Referrers(t.Context(), d, artifactType)
			if err != nil || len(list) != 2 {
				t.Fatalf("got %v, %v", list, err)
			}
			if list, err := c.Referrers(t.Context(), d, "application/other"); err != nil || len(list) != 0 {
				t.Errorf("got %v, %v", list, err)
			}
			if _, err := remote.Head(repo.Tag(fallbackTag(d))); (err == nil) == api {
				t.Errorf("fallback tag: %v", err)
			}
			h, _ := ours.Digest()
			blobs, err := c.Artifact(t.Context(), repo.Digest(h.String()), 100)
			if err != nil || len(blobs) != 1 || string(blobs[0].Data) != "ours" {
				t.Errorf("got %v, %v", blobs, err)
			}
			if blobs, err := c.Artifact(t.Context(), repo.Digest(h.String()), 3); err != nil || !errors.Is(blobs[0].Err, ErrContent) {
				t.Errorf("over the limit: %v, %v", blobs, err)
			}
		})
	}
}

// TestReferrersRace is row 19: several clients sign one image at once.
func TestReferrersRace(t *testing.T) {
	f := newFaulty(t)
	img := testImage(t, 100, 1)
	d, err := push(t.Context(), quick(Options{}), f.repo(t, "app"), img)
	if err != nil {
		t.Fatal(err)
	}
	const signers, each = 4, 3
	var wg sync.WaitGroup
	for s := range signers {
		c := quick(Options{}) // a process of its own, as it were
		for n := range each {
			r := referrer(t, img, fmt.Sprint(s, n))
			wg.Go(func() {
				if _, err := c.PushReferrer(context.Background(), f.repo(t, "app"), r); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	list, err := quick(Options{}).Referrers(t.Context(), d, "")
	if err != nil || len(list) != signers*each {
		t.Errorf("%d of %d entries are left, %v", len(list), signers*each, err)
	}
}

// TestOverwritten adds what another writer has swept away, his own included.
func TestOverwritten(t *testing.T) {
	f := newFaulty(t)
	c := quick(Options{})
	repo := f.repo(t, "app")
	img := testImage(t, 100, 1)
	d, err := push(t.Context(), c, repo, img)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := c.PushReferrer(t.Context(), repo, referrer(t, img, "theirs"))
	if err != nil {
		t.Fatal(err)
	}
	// Between our write and our second look, someone who has read no entry at
	// all writes an empty index.
	looks := 0
	f.script(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/manifests/sha256-") {
			return false
		}
		if looks++; looks == 2 {
			if err := remote.Put(repo.Tag(fallbackTag(d)), mutate.IndexMediaType(empty.Index, types.OCIImageIndex)); err != nil {
				t.Error(err)
			}
		}
		return false
	})
	ours, err := c.PushReferrer(t.Context(), repo, referrer(t, img, "ours"))
	if err != nil {
		t.Fatal(err)
	}
	list, err := c.Referrers(t.Context(), d, "")
	if err != nil || len(list) != 2 {
		t.Fatalf("%v, %v; want %s and %s", list, err, theirs, ours)
	}
}

func TestReferrersPages(t *testing.T) {
	f := newFaulty(t)
	page := func(n int, link string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", string(types.OCIImageIndex))
			if link != "" {
				w.Header().Set("Link", "<"+link+`>; rel="next"`)
			}
			fmt.Fprintf(w, `{"schemaVersion":2,"manifests":[{"mediaType":"x","size":1,"digest":"sha256:%064d"}]}`, n)
		}
	}
	d := f.repo(t, "app").Digest("sha256:" + strings.Repeat("a", 64))
	c := quick(Options{})
	f.script(times(1, "GET", "/referrers/", page(1, "/v2/app/referrers/next?n=1")), times(1, "GET", "/referrers/next", page(2, "http://example.com/evil")))
	if list, err := c.Referrers(t.Context(), d, ""); err != nil || len(list) != 2 {
		t.Errorf("got %v, %v", list, err)
	}
	f.script(times(always, "GET", "/referrers/", page(1, "/v2/app/referrers/again")))
	if _, err := c.Referrers(t.Context(), d, ""); !errors.Is(err, ErrContent) {
		t.Errorf("endless pages: %v", err)
	}
}

func TestLegacy(t *testing.T) {
	f := newFaulty(t)
	c := quick(Options{})
	repo := f.repo(t, "app")
	d, err := push(t.Context(), c, repo, testImage(t, 100, 1))
	if err != nil {
		t.Fatal(err)
	}
	if blobs, err := c.LegacySignatures(t.Context(), d, 1000); err != nil || blobs != nil {
		t.Errorf("got %v, %v", blobs, err)
	}
	if img, err := c.LegacyImage(t.Context(), d); err != nil || img != nil {
		t.Errorf("got %v, %v", img, err)
	}
	img, err := mutate.Append(testImage(t, 1, 0), mutate.Addendum{
		Layer:       static.NewLayer([]byte("payload"), "text/plain"),
		Annotations: map[string]string{"a": "b"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.PushLegacy(t.Context(), d, img); err != nil {
		t.Fatal(err)
	}
	blobs, err := c.LegacySignatures(t.Context(), d, 1000)
	if err != nil || len(blobs) != 1 || !bytes.Equal(blobs[0].Data, []byte("payload")) || blobs[0].Descriptor.Annotations["a"] != "b" {
		t.Errorf("got %v, %v", blobs, err)
	}
	prev, err := c.LegacyImage(t.Context(), d)
	if err != nil || prev == nil {
		t.Fatalf("got %v, %v", prev, err)
	}
}
