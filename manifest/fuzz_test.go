package manifest

import (
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// FuzzExpand: doubled dollars undo themselves, text without dollars stays,
// and an error comes alone.
func FuzzExpand(f *testing.F) {
	f.Add("a$$${PATH}:${NO:-x}", "/bin")
	f.Add("${", "$")
	f.Add("${A:-$$}", "")
	f.Fuzz(func(t *testing.T, s, path string) {
		vars := map[string]string{"PATH": path}
		if got, err := expand(strings.ReplaceAll(s, "$", "$$"), vars); err != nil || got != s {
			t.Fatalf("%q with its dollars doubled became %q, %v", s, got, err)
		}
		got, err := expand(s, vars)
		if err != nil && got != "" {
			t.Fatalf("%q besides an error", got)
		}
		if err == nil && !strings.Contains(s, "$") && got != s {
			t.Fatalf("%q became %q", s, got)
		}
	})
}

// FuzzIndex: an index takes a new entry and keeps the others' number, or is
// refused; adding the entry again changes nothing.
func FuzzIndex(f *testing.F) {
	f.Add([]byte(`{"schemaVersion":2,"manifests":[]}`), "a", true)
	f.Add([]byte(`{"schemaVersion":2,"manifests":[{"mediaType":"x","size":1,"digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","annotations":{"org.opencontainers.image.ref.name":"a"}}],"x":1}`), "a", false)
	f.Add([]byte(`{"schemaVersion":2,"manifests":null,"layers":[]}`), "", true)
	f.Add([]byte(`{"schemaVersion":2}`), "b", false)
	desc := v1.Descriptor{MediaType: types.OCIManifestSchema1, Size: 2, Digest: digestOf([]byte("{}"))}
	referrer := v1.Descriptor{MediaType: types.OCIManifestSchema1, Size: 3, Digest: digestOf([]byte("{ }")), ArtifactType: "x"}
	missing := func(v1.Hash) (io.ReadCloser, error) { return nil, os.ErrNotExist }
	f.Fuzz(func(t *testing.T, old []byte, tag string, signed bool) {
		if checkTag(tag) != nil {
			return
		}
		c := &content{desc: desc}
		if signed {
			c.referrers = []v1.Descriptor{referrer}
			c.desc.Annotations = map[string]string{annotationKind: kindImage}
		}
		out, err := indexWith(old, c, tag, missing)
		if err != nil {
			if out != nil {
				t.Fatal("an index besides an error")
			}
			return
		}
		idx, err := parseIndex(out)
		if err != nil {
			t.Fatalf("%s can't be read: %v", out, err)
		}
		has := func(h v1.Hash) bool {
			return slices.ContainsFunc(idx.Manifests, func(d v1.Descriptor) bool { return d.Digest == h })
		}
		if !has(desc.Digest) || (signed && !has(referrer.Digest)) || !json.Valid(out) {
			t.Fatalf("%s lacks the image", out)
		}
		again, err := indexWith(out, c, tag, missing)
		if err != nil || string(again) != string(out) {
			t.Fatalf("%s became %s, %v", out, again, err)
		}
	})
}
