package registry

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// unverified is a layer that gives other bytes to who checks them.
type unverified struct {
	v1.Layer
	other string
	err   error // of reading it verified
}

func (u *unverified) Unverified() (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(u.other)), nil
}

func (u *unverified) Compressed() (io.ReadCloser, error) {
	if u.err == nil {
		return u.Layer.Compressed()
	}
	return io.NopCloser(iotest.ErrReader(u.err)), nil
}

// TestRefusedContentIsReadVerified holds that content which nobody hashed here
// doesn't get into a registry when it is wrong, and that the error is the one
// that reading it with care gives.
func TestRefusedContentIsReadVerified(t *testing.T) {
	good := static.NewLayer([]byte("the layer's bytes"), types.OCILayer)
	changed := errors.New("the file has changed")
	for name, tt := range map[string]struct {
		layer   *unverified
		want    error
		patches int
	}{
		"good":           {&unverified{good, "the layer's bytes", changed}, nil, 1},
		"wrong":          {&unverified{good, "some other bytes!", changed}, changed, 1},
		"wrong but once": {&unverified{good, "some other bytes!", nil}, nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFaulty(t)
			repo := f.repo(t, "app")
			outcome, err := quick(Options{}).PushLayer(t.Context(), repo, tt.layer)
			if !errors.Is(err, tt.want) || tt.want == nil && (err != nil || outcome != Uploaded) {
				t.Fatalf("outcome %v, error %v", outcome, err)
			}
			digest, _ := good.Digest()
			resp, err := http.Get(f.URL + "/v2/app/blobs/" + digest.String())
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			got, _ := io.ReadAll(resp.Body)
			if there := resp.StatusCode == http.StatusOK && bytes.Equal(got, []byte("the layer's bytes")); there != (tt.want == nil) {
				t.Errorf("the registry answers %s with %q", resp.Status, got)
			}
			if n := f.count("PATCH", ""); n < tt.patches {
				t.Errorf("%d uploads", n)
			}
		})
	}
}

// TestPushed asks once for an image that is there, and believes nothing else.
func TestPushed(t *testing.T) {
	f := newFaulty(t)
	img := testImage(t, 2000, 5)
	c := quick(Options{})
	repo := f.repo(t, "team/app")
	if d, ok := c.Pushed(t.Context(), repo, img); ok {
		t.Errorf("%s is there before it was pushed", d)
	}
	pushed, err := c.PushManifest(t.Context(), repo, img)
	if err != nil {
		t.Fatal(err)
	}
	c = quick(Options{})
	f.forget()
	d, ok := c.Pushed(t.Context(), repo, img)
	if !ok || d != pushed {
		t.Errorf("%s is there: %v", d, ok)
	}
	if err := c.Tag(t.Context(), d, repo.Tag("v1")); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(f.requests(), "\n"); strings.Contains(got, "blobs") || strings.Contains(got, "GET /v2/team") {
		t.Errorf("requests:\n%s", got)
	}
	for name, answer := range map[string]http.HandlerFunc{
		"fails": status(500), "denies": status(403), "has another": status(200, "Docker-Content-Digest", "sha256:0"),
	} {
		f.script(times(always, http.MethodHead, "manifests", answer))
		if _, ok := quick(Options{}).Pushed(t.Context(), repo, img); ok {
			t.Errorf("a registry that %s is believed to have the image", name)
		}
	}
}
