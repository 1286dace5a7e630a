package images

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	ggcr "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/assemble-image/assemble/internal/registry"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// newRegistry serves an empty registry and returns its host.
func newRegistry(t *testing.T, api bool, wrap func(http.Handler) http.Handler) string {
	t.Helper()
	h := ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0)), ggcr.WithReferrersSupport(api))
	if wrap != nil {
		h = wrap(h)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

// attach makes an artifact that refers to a manifest.
func attach(subject partial.Describable, text string) v1.Image {
	desc := must(partial.Descriptor(subject))
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), "application/x-test")
	img = must(mutate.AppendLayers(img, static.NewLayer([]byte(text), "text/plain")))
	return mutate.Subject(img, *desc).(v1.Image)
}

// fleet pushes an index of two platforms, with what may be attached to it: to
// the index and to one of its images, to an attachment, and at a tag of
// cosign's. It returns the digests of all manifests.
func fleet(t *testing.T, host string) (name.Tag, []string) {
	t.Helper()
	client := registry.New(registry.Options{})
	tag := must(name.NewTag(host + "/team/app:1"))
	idx := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	var digests []string
	note := func(d partial.Describable) { digests = append(digests, must(partial.Descriptor(d)).Digest.String()) }
	var last v1.Image
	for _, arch := range []string{"amd64", "arm64"} {
		img := must(random.Image(2000, 3))
		cf := must(img.ConfigFile())
		cf.OS, cf.Architecture = "linux", arch
		last = must(mutate.ConfigFile(mutate.MediaType(img, types.OCIManifestSchema1), cf))
		note(last)
		idx = mutate.AppendManifests(idx, mutate.IndexAddendum{Add: last, Descriptor: v1.Descriptor{Platform: cf.Platform()}})
	}
	note(idx)
	if err := remote.WriteIndex(tag, idx); err != nil {
		t.Fatal(err)
	}
	signature, attestation := attach(idx, "signature"), attach(last, "attestation")
	second := attach(signature, "signature of the signature")
	for _, a := range []v1.Image{signature, attestation, second} {
		note(a)
		if _, err := client.PushReferrer(t.Context(), tag.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	legacy := must(random.Image(100, 1))
	note(legacy)
	h := must(idx.Digest())
	if err := remote.Write(tag.Context().Tag("sha256-"+h.Hex+".sig"), legacy); err != nil {
		t.Fatal(err)
	}
	return tag, digests
}

func place(t *testing.T, s string) Place {
	t.Helper()
	p, err := ParsePlace(s, false)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestCopyKeepsAll holds that a copy has all manifests, blobs, referrers and
// tags, whether registries have the referrers API or not, and by way of layouts
// and archives.
func TestCopyKeepsAll(t *testing.T) {
	for _, tt := range []struct{ from, to bool }{{true, true}, {true, false}, {false, true}, {false, false}} {
		for _, by := range []string{"", "oci:", "oci-archive:"} {
			t.Run(fmt.Sprintf("API %t to %t by %q", tt.from, tt.to, by), func(t *testing.T) {
				a, b := newRegistry(t, tt.from, nil), newRegistry(t, tt.to, nil)
				tag, digests := fleet(t, a)
				o := Opener{Registry: registry.New(registry.Options{})}
				steps := []string{a + "/team/app:1", b + "/mirror/app:2"}
				if by != "" {
					steps = slices.Insert(steps, 1, by+filepath.Join(t.TempDir(), "x")+":2")
				}
				for i, to := range steps[1:] {
					got, err := o.Copy(t.Context(), place(t, steps[i]), place(t, to), CopyOptions{})
					if err != nil {
						t.Fatal(err)
					}
					if got.Manifests != len(digests) || got.Attached != 4 || len(got.Notes) > 0 {
						t.Errorf("step %d: got %+v, want %d manifests", i, got, len(digests))
					}
				}
				checkFleet(t, o.Registry, must(name.NewTag(b+"/mirror/app:2")), must(remote.Index(tag)), digests)
			})
		}
	}
}

// checkFleet checks what fleet made at another place.
func checkFleet(t *testing.T, client *registry.Client, at name.Tag, want v1.ImageIndex, digests []string) {
	t.Helper()
	copied := must(remote.Index(at))
	if got := must(copied.Digest()); got != must(want.Digest()) {
		t.Errorf("got %s", got)
	}
	if err := validate.Index(copied); err != nil {
		t.Error(err)
	}
	for _, d := range digests {
		desc, err := remote.Get(at.Context().Digest(d))
		if err != nil {
			t.Fatal(err)
		}
		if img, err := desc.Image(); err == nil && desc.MediaType.IsImage() {
			if err := validate.Image(img, validate.Fast); err != nil {
				t.Error(err)
			}
		}
	}
	refers := func(h string, n int) {
		list, err := client.Referrers(t.Context(), at.Context().Digest(h), "")
		if err != nil || len(list) != n {
			t.Errorf("referrers of %s: %v, %v, want %d", h, list, err, n)
		}
	}
	refers(digests[2], 1) // the index
	refers(digests[1], 1) // the second image
	refers(digests[3], 1) // the signature
	if _, err := remote.Head(at.Context().Tag(strings.Replace(digests[2], ":", "-", 1) + ".sig")); err != nil {
		t.Error(err)
	}
}

// TestCopyAgain holds that a second copy sends nothing, and that one that was
// cut short goes on.
func TestCopyAgain(t *testing.T) {
	var writes []string
	a := newRegistry(t, true, nil)
	b := newRegistry(t, true, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet && r.Method != http.MethodHead {
				writes = append(writes, r.Method+" "+r.URL.Path)
			}
			h.ServeHTTP(w, r)
		})
	})
	_, digests := fleet(t, a)
	o := Opener{Registry: registry.New(registry.Options{Jobs: 1})}
	if _, err := o.Copy(t.Context(), place(t, a+"/team/app:1"), place(t, b+"/app"), CopyOptions{}); err != nil {
		t.Fatal(err)
	}
	if last := writes[len(writes)-1]; last != "PUT /v2/app/manifests/1" {
		t.Errorf("the last write is %s", last)
	}
	writes = nil
	o = Opener{Registry: registry.New(registry.Options{})}
	got, err := o.Copy(t.Context(), place(t, a+"/team/app:1"), place(t, b+"/app"), CopyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got.Existed != len(digests) || len(writes) > 0 || got.Blobs.Copied > 0 {
		t.Errorf("got %+v and writes %q", got, writes)
	}
}

// TestCopySpoiled holds that somebody who may push can't keep an image from
// being copied by attaching what is broken, while a broken image is an error.
func TestCopySpoiled(t *testing.T) {
	lost := ""
	a := newRegistry(t, true, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if lost != "" && r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "manifests/"+lost) {
				w.Header().Set("Content-Type", string(types.OCIManifestSchema1))
				_, _ = w.Write([]byte(`{"schemaVersion":2,"mediaType":"` + string(types.OCIManifestSchema1) + `"}`))
				return
			}
			h.ServeHTTP(w, r)
		})
	})
	_, digests := fleet(t, a)
	o := Opener{Registry: registry.New(registry.Options{})}
	to := func(t *testing.T) Place { return place(t, "oci:"+t.TempDir()+"/x") }
	lost = digests[4]
	got, err := o.Copy(t.Context(), place(t, a+"/team/app:1"), to(t), CopyOptions{})
	if err != nil || len(got.Notes) != 1 || !strings.Contains(got.Notes[0], digests[4]) {
		t.Errorf("got %+v, %v", got, err)
	}
	lost = digests[1]
	dest := to(t)
	if got, err := o.Copy(t.Context(), place(t, a+"/team/app:1"), dest, CopyOptions{}); err == nil {
		t.Errorf("got %+v", got)
	}
	if m, _ := filepath.Glob(dest.Path + "/*"); len(m) > 0 {
		t.Errorf("left behind: %q", m)
	}
}

// TestCopyMovedTag holds that a copy is of what the tag stood for at first.
func TestCopyMovedTag(t *testing.T) {
	var move func()
	a := newRegistry(t, true, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if f := move; f != nil && strings.Contains(r.URL.Path, "/referrers/") {
				move = nil
				f()
			}
			h.ServeHTTP(w, r)
		})
	})
	tag := must(name.NewTag(a + "/app:1"))
	before, after := must(random.Image(100, 1)), must(random.Image(100, 1))
	if err := remote.Write(tag, before); err != nil {
		t.Fatal(err)
	}
	move = func() { _ = remote.Write(tag, after) }
	o := Opener{Registry: registry.New(registry.Options{Jobs: 1})}
	got, err := o.Copy(context.Background(), place(t, tag.Name()), place(t, "oci:"+t.TempDir()+"/x"), CopyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(must(before.Digest()).String(), got.Digest); diff != "" || len(got.Notes) != 1 {
		t.Errorf("%s%q", diff, got.Notes)
	}
}

func TestParsePlace(t *testing.T) {
	const digest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for in, want := range map[string]string{
		"oci:a/b:1": "oci:a/b:1", "oci:a/": "oci:a", "oci:a" + digest: "oci:a" + digest, "oci:a:1" + digest: "oci:a" + digest,
		"oci-archive:a.tar": "oci-archive:a.tar", "docker-archive:a.tar:b:1": "docker-archive:a.tar:b:1",
		"localhost:5000/a": "localhost:5000/a", "docker://localhost:5000/a:b": "localhost:5000/a:b",
		"localhost:5000/a:b" + digest: "localhost:5000/a" + digest, "python": "index.docker.io/library/python",
	} {
		p, err := ParsePlace(in, false)
		if err != nil || p.String() != want {
			t.Errorf("%q: got %q, %v, want %q", in, p, err, want)
		}
	}
	for _, in := range []string{"", "oci:", "containerd:x", "http://x/y", "u:p@h/x", "UPPER"} {
		if p, err := ParsePlace(in, false); err == nil {
			t.Errorf("%q: got %q", in, p)
		}
	}
}
