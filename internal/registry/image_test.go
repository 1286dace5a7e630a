package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	image "github.com/assemble-image/assemble/manifest"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

var (
	arm64 = v1.Platform{OS: "linux", Architecture: "arm64"}
	amd64 = v1.Platform{OS: "linux", Architecture: "amd64"}
)

func platformImage(t *testing.T, p v1.Platform) v1.Image {
	t.Helper()
	img := testImage(t, 500, 2)
	cf, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	cf = cf.DeepCopy()
	cf.OS, cf.Architecture, cf.Variant = p.OS, p.Architecture, p.Variant
	img, err = mutate.ConfigFile(img, cf)
	if err != nil {
		t.Fatal(err)
	}
	return mutate.MediaType(img, types.OCIManifestSchema1)
}

func entry(a mutate.Appendable, p *v1.Platform) mutate.IndexAddendum {
	return mutate.IndexAddendum{Add: a, Descriptor: v1.Descriptor{Platform: p}}
}

func TestImageOfPlatform(t *testing.T) {
	f := newFaulty(t)
	arm, amd := platformImage(t, v1.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"}), platformImage(t, amd64)
	idx := mutate.AppendManifests(empty.Index,
		entry(testImage(t, 10, 1), &v1.Platform{OS: "unknown", Architecture: "unknown"}),
		entry(amd, &amd64),
		entry(arm, &v1.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"}))
	nested := mutate.AppendManifests(empty.Index, entry(idx, nil))
	bare := mutate.AppendManifests(empty.Index, entry(amd, nil), entry(arm, nil))
	for tag, i := range map[string]v1.ImageIndex{"index": idx, "nested": nested, "bare": bare} {
		if err := remote.WriteIndex(f.repo(t, "base").Tag(tag), i); err != nil {
			t.Fatal(err)
		}
	}
	if err := remote.Write(f.repo(t, "base").Tag("single"), arm); err != nil {
		t.Fatal(err)
	}
	c := quick(Options{})
	for _, tt := range []struct {
		tag  string
		p    v1.Platform
		want v1.Image // nil: a PlatformError
	}{
		{"index", arm64, arm},
		{"index", v1.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"}, arm},
		{"index", amd64, amd},
		{"index", v1.Platform{OS: "linux", Architecture: "riscv64"}, nil},
		{"index", v1.Platform{}, nil},
		{"nested", arm64, arm},
		{"bare", arm64, arm},
		{"single", arm64, arm},
		{"single", v1.Platform{}, arm},
		{"single", amd64, nil},
	} {
		t.Run(tt.tag+" "+tt.p.String(), func(t *testing.T) {
			f.forget()
			img, top, err := c.Image(t.Context(), f.host+"/base:"+tt.tag, tt.p)
			if tt.want == nil {
				var pe *image.PlatformError
				if !errors.As(err, &pe) || !strings.Contains(err.Error(), "linux/arm64") {
					t.Fatalf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			wantDigest, _ := tt.want.Digest()
			if got, _ := img.Digest(); got != wantDigest {
				t.Errorf("got %s, want %s", got, wantDigest)
			}
			d, err := remote.Head(f.repo(t, "base").Tag(tt.tag))
			if err != nil || d.Digest != top {
				t.Errorf("top %s, want %v, %v", top, d, err)
			}
			for _, l := range f.requests() {
				if strings.Contains(l, "/blobs/") && !strings.Contains(l, configOf(t, arm)) && !strings.Contains(l, configOf(t, amd)) {
					t.Errorf("a layer was read: %s", l)
				}
			}
			if err := validate.Image(img); err != nil {
				t.Error(err)
			}
		})
	}
}

func configOf(t *testing.T, img v1.Image) string {
	t.Helper()
	h, err := img.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	return h.String()
}

// TestImageRefuses is row 17: manifests that lie.
func TestImageRefuses(t *testing.T) {
	img := platformImage(t, arm64)
	raw, err := img.RawManifest()
	if err != nil {
		t.Fatal(err)
	}
	edit := func(old, new string) []byte {
		b := bytes.Replace(raw, []byte(old), []byte(new), 1)
		if bytes.Equal(b, raw) {
			t.Fatalf("no %s in %s", old, raw)
		}
		return b
	}
	m, _ := img.Manifest()
	digest, _ := img.Digest()
	size, _ := img.Size()
	index := fmt.Sprintf(`{"schemaVersion":2,"mediaType":%q,"manifests":[{"mediaType":%q,"size":%d,"digest":%q,"platform":{"os":"linux","architecture":"arm64"}}]}`,
		types.OCIImageIndex, types.OCIManifestSchema1, size+1, digest)
	for _, tt := range []struct {
		name, contentType, want string
		raw                     []byte
	}{
		{"not JSON", string(types.OCIManifestSchema1), "not JSON", []byte("<html>")},
		{"image and index", string(types.OCIManifestSchema1), "both an image and an index", edit(`"config":`, `"manifests":[],"config":`)},
		{"another type", string(types.OCIImageIndex), "but declares", raw},
		{"schema 1", "application/vnd.docker.distribution.manifest.v1+json", "not supported", []byte(`{"schemaVersion":1}`)},
		{"config's size", string(types.OCIManifestSchema1), "its manifest says", edit(fmt.Sprintf(`"size":%d,"digest":"%s"`, m.Config.Size, m.Config.Digest), fmt.Sprintf(`"size":%d,"digest":"%s"`, m.Config.Size+1, m.Config.Digest))},
		{"huge config", string(types.OCIManifestSchema1), "more than", edit(fmt.Sprintf(`"size":%d,"digest":"%s"`, m.Config.Size, m.Config.Digest), fmt.Sprintf(`"size":1000000000,"digest":"%s"`, m.Config.Digest))},
		{"manifest's size", string(types.OCIImageIndex), "the index says", []byte(index)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFaulty(t)
			if err := remote.Write(f.repo(t, "base").Tag("good"), img); err != nil {
				t.Fatal(err)
			}
			f.script(times(always, "GET", "/manifests/bad", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tt.contentType)
				w.Write(tt.raw)
			}))
			got, _, err := quick(Options{}).Image(t.Context(), f.host+"/base:bad", arm64)
			wantOneLine(t, err, tt.want)
			if got != nil || !errors.Is(err, ErrContent) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

// TestBrokenDownloads is rows 13 to 15.
func TestBrokenDownloads(t *testing.T) {
	img := testImage(t, 300000, 1)
	layers, _ := img.Layers()
	rc, _ := layers[0].Compressed()
	whole, err := io.ReadAll(rc)
	if err != nil {
		t.Fatal(err)
	}
	h, _ := layers[0].Digest()
	part := "/blobs/" + h.String()
	truncated := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(whole)))
		w.Write(whole[:100000])
		panic(http.ErrAbortHandler)
	}
	ranged := func(w http.ResponseWriter, r *http.Request) {
		var from int
		if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err != nil || from == 0 {
			t.Errorf("Range: %q", r.Header.Get("Range"))
		}
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(whole)-1, len(whole)))
		w.WriteHeader(http.StatusPartialContent)
		w.Write(whole[from:])
	}
	flipped := bytes.Clone(whole)
	flipped[150000] ^= 1
	serve := func(b []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.Write(b) }
	}
	wrongRange := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-%d/%d", len(whole)-1, len(whole)))
		w.WriteHeader(http.StatusPartialContent)
		w.Write(whole)
	}
	for _, tt := range []struct {
		name   string
		faults []fault
		want   string // "" for success
	}{
		{"resumed", []fault{times(1, "GET", part, truncated), times(1, "GET", part, ranged)}, ""},
		{"answered with the whole", []fault{times(2, "GET", part, truncated), times(1, "GET", part, serve(whole))}, ""},
		{"flipped", []fault{times(always, "GET", part, serve(flipped))}, "has a different digest"},
		{"another part", []fault{times(1, "GET", part, truncated), times(1, "GET", part, wrongRange)}, "requested bytes from"},
		{"too long", []fault{times(1, "GET", part, serve(append(bytes.Clone(whole), 0)))}, "its manifest says"},
		{"never whole", []fault{times(always, "GET", part, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(whole)))
			panic(http.ErrAbortHandler)
		})}, "EOF"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFaulty(t)
			c := quick(Options{Tries: 3})
			if _, err := push(t.Context(), c, f.repo(t, "base"), img); err != nil {
				t.Fatal(err)
			}
			f.script(tt.faults...)
			pulled, _, err := c.Image(t.Context(), f.host+"/base:v1", v1.Platform{})
			if err != nil {
				t.Fatal(err)
			}
			ls, _ := pulled.Layers()
			rc, err := ls[0].Compressed()
			var got []byte
			if err == nil {
				defer rc.Close()
				got, err = io.ReadAll(rc)
			}
			if tt.want != "" {
				wantOneLine(t, err, tt.want, f.host+"/base")
				return
			}
			if err != nil || !bytes.Equal(got, whole) {
				t.Errorf("got %d bytes, %v", len(got), err)
			}
		})
	}
}

func TestNotFound(t *testing.T) {
	f := newFaulty(t)
	c := quick(Options{})
	_, _, err := c.Image(t.Context(), f.host+"/no/such:tag", arm64)
	wantOneLine(t, err, f.host+"/no/such", "not found")
	if _, derr := c.Digest(t.Context(), f.host+"/no/such:tag"); !errors.Is(err, ErrNotFound) || !errors.Is(derr, ErrNotFound) {
		t.Errorf("got %v and %v", err, derr)
	}
}

// FuzzManifestType holds that a type is only found where the rest agrees.
func FuzzManifestType(f *testing.F) {
	f.Add([]byte(`{"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}`), "")
	f.Add([]byte(`{"config":{}}`), "application/vnd.oci.image.manifest.v1+json; charset=utf-8")
	f.Fuzz(func(t *testing.T, raw []byte, contentType string) {
		mt, err := manifestType(raw, contentType)
		if err != nil {
			if mt != "" {
				t.Error("a type and an error")
			}
			return
		}
		var doc map[string]json.RawMessage
		if json.Unmarshal(raw, &doc) == nil && doc["manifests"] != nil && doc["layers"] != nil && cmp.Equal(mt.IsImage(), mt.IsIndex()) {
			t.Errorf("%s is %s", raw, mt)
		}
	})
}
