package serve

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// attach makes an artifact that refers to an image.
func attach(t *testing.T, subject partial.Describable) v1.Image {
	t.Helper()
	desc, err := partial.Descriptor(subject)
	if err != nil {
		t.Fatal(err)
	}
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), "application/x-test")
	img, err = mutate.AppendLayers(img, static.NewLayer([]byte(desc.Digest.String()), "text/plain"))
	if err != nil {
		t.Fatal(err)
	}
	return mutate.Subject(img, *desc).(v1.Image)
}

func digestOf(t *testing.T, img v1.Image) string {
	t.Helper()
	h, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return h.String()
}

func write(t *testing.T, ref name.Reference, img v1.Image) {
	t.Helper()
	if err := remote.Write(ref, img); err != nil {
		t.Fatal(err)
	}
}

// age makes all that is in a directory older.
func age(t *testing.T, dir string, by time.Duration) {
	t.Helper()
	then := time.Now().Add(-by)
	err := filepath.Walk(dir, func(p string, _ os.FileInfo, err error) error {
		return errors.Join(err, os.Chtimes(p, then, then))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestReferrersAPI holds that what has a subject is listed by the API and at the
// fallback tag, and no more once it is deleted.
func TestReferrersAPI(t *testing.T) {
	s := start(t, Options{Dir: t.TempDir()})
	defer s.Close()
	at := tag(t, s, "team/app:v1")
	img := testImage(t)
	write(t, at, img)
	artifact := attach(t, img)
	d := at.Context().Digest(digestOf(t, artifact))
	write(t, d, artifact)
	list := func(query string) string {
		resp, err := http.Get("http://" + s.Addr + "/v2/team/app/referrers/" + digestOf(t, img) + query)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b := new(strings.Builder)
		if err := resp.Write(b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for query, want := range map[string]bool{"": true, "?artifactType=application/x-test": true, "?artifactType=x": false} {
		if got := list(query); strings.Contains(got, d.DigestStr()) != want || !strings.Contains(got, string(types.OCIImageIndex)) {
			t.Errorf("%s: %s", query, got)
		}
	}
	if _, err := remote.Index(at.Context().Tag(strings.Replace(digestOf(t, img), ":", "-", 1))); err != nil {
		t.Error(err)
	}
	if err := remote.Delete(d); err != nil {
		t.Fatal(err)
	}
	if got := list(""); strings.Contains(got, d.DigestStr()) || !strings.Contains(got, "200 OK") {
		t.Error(got)
	}
}

// TestCollect holds what goes and what stays.
func TestCollect(t *testing.T) {
	dir := t.TempDir()
	s := start(t, Options{Dir: dir})
	defer s.Close()
	v1tag := tag(t, s, "team/app:v1")
	old, current, gone := testImage(t), testImage(t), testImage(t)
	write(t, v1tag, old) // is untagged by the next
	write(t, v1tag, current)
	write(t, tag(t, s, "other:v1"), current) // shares blobs
	write(t, tag(t, s, "gone/entirely:v1"), gone)
	signed := attach(t, current)
	write(t, v1tag.Context().Digest(digestOf(t, signed)), signed)
	orphan := attach(t, gone)
	goneRepo := tag(t, s, "gone/entirely:v1").Context()
	write(t, goneRepo.Digest(digestOf(t, orphan)), orphan)
	if err := remote.Delete(goneRepo.Digest(digestOf(t, gone))); err != nil {
		t.Fatal(err)
	}

	if got, err := Collect(t.Context(), dir, CollectOptions{Grace: DefaultGrace}); err != nil || got.Manifests+got.Blobs+got.Tags > 0 {
		t.Errorf("all is young, but got %+v, %v", got, err)
	}
	age(t, dir, 2*DefaultGrace)
	for _, dry := range []bool{true, false} {
		got, err := Collect(t.Context(), dir, CollectOptions{Grace: DefaultGrace, DryRun: dry})
		// The orphan and its list; four blobs of gone, its manifest, and four of the orphan and its list.
		if err != nil || got.Manifests != 2 || got.Tags != 1 || got.Bytes < 300000 {
			t.Errorf("dry %t: got %+v, %v", dry, got, err)
		}
	}
	names, err := s.store.repositories()
	if err != nil || fmt.Sprint(names) != "[other team/app]" {
		t.Errorf("left: %v, %v", names, err)
	}
	check := func(ref name.Reference, want bool) {
		t.Helper()
		img, err := remote.Image(ref)
		if err == nil {
			err = validate.Image(img, validate.Fast)
		}
		if (err == nil) != want {
			t.Errorf("%s: %v", ref, err)
		}
	}
	check(v1tag, true)
	check(v1tag.Context().Digest(digestOf(t, old)), true)
	check(v1tag.Context().Digest(digestOf(t, signed)), true)
	age(t, dir, 2*DefaultGrace)
	if got, err := Collect(t.Context(), dir, CollectOptions{Grace: DefaultGrace, Untagged: true}); err != nil || got.Manifests != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	check(v1tag.Context().Digest(digestOf(t, old)), false)
	check(v1tag, true)
	check(tag(t, s, "other:v1"), true)
	check(v1tag.Context().Digest(digestOf(t, signed)), true)
}

// TestCollectKeepsWhatClientsWereToldOf holds that a blob that nothing names, and
// that a client was just told is there, stays for its manifest.
func TestCollectKeepsWhatClientsWereToldOf(t *testing.T) {
	dir := t.TempDir()
	s := start(t, Options{Dir: dir})
	defer s.Close()
	img := testImage(t)
	at := tag(t, s, "app:v1")
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range layers {
		if err := remote.WriteLayer(at.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	age(t, dir, 2*DefaultGrace)
	h, _ := layers[0].Digest()
	resp, err := http.Head("http://" + s.Addr + "/v2/app/blobs/" + h.String())
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp, err)
	}
	resp.Body.Close()
	got, err := Collect(t.Context(), dir, CollectOptions{Grace: DefaultGrace})
	if err != nil || got.Blobs != len(layers)-1 || got.Kept != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestCollectBesidePushes collects as eagerly as can be while images are pushed,
// all of which must be whole.
func TestCollectBesidePushes(t *testing.T) {
	dir := t.TempDir()
	s := start(t, Options{Dir: dir})
	defer s.Close()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := Collect(t.Context(), dir, CollectOptions{Grace: 2 * time.Second, Untagged: true}); err != nil {
				t.Error(err)
			}
		}
	})
	base := testImage(t)
	for i := range 12 {
		img, err := mutate.AppendLayers(base, static.NewLayer([]byte{byte(i)}, types.OCILayer))
		if err != nil {
			t.Fatal(err)
		}
		write(t, tag(t, s, "app:v1"), img)
		got, err := remote.Image(tag(t, s, "app:v1"))
		if err == nil {
			err = validate.Image(got, validate.Fast)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	wg.Wait()
}

// TestCollectDamaged holds that nothing goes where a manifest can't be read.
func TestCollectDamaged(t *testing.T) {
	dir := t.TempDir()
	s := start(t, Options{Dir: dir})
	defer s.Close()
	img := testImage(t)
	write(t, tag(t, s, "a:v1"), img)
	write(t, tag(t, s, "b:v1"), testImage(t))
	age(t, dir, 2*DefaultGrace)
	h, _ := img.Digest()
	if err := os.Remove(s.store.blobFile(h)); err != nil {
		t.Fatal(err)
	}
	before := count(t, dir)
	if got, err := Collect(t.Context(), dir, CollectOptions{Untagged: true}); err == nil || !strings.Contains(err.Error(), h.String()) {
		t.Errorf("got %+v, %v", got, err)
	}
	if after := count(t, dir); after != before {
		t.Errorf("%d files of %d are left", after, before)
	}
	if _, err := Collect(t.Context(), filepath.Join(dir, "nothere"), CollectOptions{}); err == nil {
		t.Error("a directory that isn't there is fine")
	}
}

func count(t *testing.T, dir string) (n int) {
	t.Helper()
	err := filepath.Walk(filepath.Join(dir, "docker"), func(_ string, _ os.FileInfo, err error) error {
		n++
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
