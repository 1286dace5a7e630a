package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// push pushes and tags an image.
func push(ctx context.Context, c *Client, repo name.Repository, img v1.Image) (name.Digest, error) {
	d, err := c.PushManifest(ctx, repo, img)
	if err != nil {
		return d, err
	}
	return d, c.Tag(ctx, d, repo.Tag("v1"))
}

// TestOrder holds that a registry never has a manifest before its blobs, or a
// tag before its manifest.
func TestOrder(t *testing.T) {
	f := newFaulty(t)
	img := testImage(t, 2000, 5)
	c := quick(Options{})
	repo := f.repo(t, "team/app")
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	if o, err := c.PushLayer(t.Context(), repo, layers[3]); err != nil || o != Uploaded {
		t.Fatalf("got %v, %v", o, err)
	}
	d, err := push(t.Context(), c, repo, img)
	if err != nil {
		t.Fatal(err)
	}
	digest, _ := img.Digest()
	config, _ := img.ConfigName()
	if d.DigestStr() != digest.String() {
		t.Errorf("pushed %s, want %s", d.DigestStr(), digest)
	}
	var puts []string
	for _, l := range f.requests() {
		if strings.HasPrefix(l, "HEAD") && strings.HasSuffix(l, config.String()) {
			puts = append(puts, "config")
		}
		if strings.HasPrefix(l, "PUT") {
			puts = append(puts, strings.Split(l, "/")[4])
		}
	}
	want := []string{"blobs", "blobs", "blobs", "blobs", "blobs", "config", "blobs", "manifests", "manifests"}
	if diff := cmp.Diff(want, puts); diff != "" {
		t.Error(diff)
	}
	if n := f.count("PATCH", ""); n != 6 {
		t.Errorf("%d uploads, want 6", n)
	}
	all := f.requests()
	if last := all[len(all)-1]; last != "PUT /v2/team/app/manifests/v1" {
		t.Errorf("the last request is %s", last)
	}
	pulled, err := remote.Image(repo.Tag("v1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(pulled); err != nil {
		t.Error(err)
	}
	if h, err := c.Digest(t.Context(), repo.Tag("v1").Name()); err != nil || h != digest {
		t.Errorf("the tag stands for %v, %v", h, err)
	}
}

func TestOutcomes(t *testing.T) {
	f := newFaulty(t)
	img := testImage(t, 100, 1)
	base, repo := f.repo(t, "base"), f.repo(t, "app")
	if _, err := push(t.Context(), quick(Options{}), base, img); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var events []EventKind
	c := quick(Options{Progress: func(e Event) { mu.Lock(); events = append(events, e.Kind); mu.Unlock() }})
	pulled, _, err := c.Image(t.Context(), base.Tag("v1").Name(), v1.Platform{})
	if err != nil {
		t.Fatal(err)
	}
	layers, err := pulled.Layers()
	if err != nil {
		t.Fatal(err)
	}
	h, _ := layers[0].Digest()
	// ggcr's registry has one store for all repositories: hide the layer from
	// the target until it is mounted.
	mounted := false
	f.script(
		func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodHead && strings.Contains(r.URL.Path, "/app/blobs/") && !mounted {
				w.WriteHeader(http.StatusNotFound)
				return true
			}
			if r.Method == http.MethodPost && r.URL.Query().Get("mount") == h.String() && r.URL.Query().Get("from") == "base" {
				mounted = true
				w.WriteHeader(http.StatusCreated)
				return true
			}
			return false
		})
	f.forget()
	for _, want := range []struct {
		c *Client
		o Outcome
	}{{c, Mounted}, {c, Mounted}, {quick(Options{}), Existed}} {
		if o, err := want.c.PushLayer(t.Context(), repo, layers[0]); err != nil || o != want.o {
			t.Errorf("got %v, %v, want %v", o, err, want.o)
		}
	}
	if n := f.count("GET", "/blobs/"); n != 0 {
		t.Errorf("the base layer was downloaded %d times", n)
	}
	if diff := cmp.Diff([]EventKind{EventMounted}, events); diff != "" {
		t.Error(diff)
	}
}

// TestMountRefused uploads what can't be mounted.
func TestMountRefused(t *testing.T) {
	f := newFaulty(t)
	img := testImage(t, 100, 1)
	c := quick(Options{})
	if _, err := push(t.Context(), c, f.repo(t, "base"), img); err != nil {
		t.Fatal(err)
	}
	pulled, _, err := c.Image(t.Context(), f.repo(t, "base").Tag("v1").Name(), v1.Platform{})
	if err != nil {
		t.Fatal(err)
	}
	layers, _ := pulled.Layers()
	f.script(
		times(1, "HEAD", "/app/blobs/", status(404)),
		func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Query().Get("mount") == "" {
				return false
			}
			denied(403, "DENIED", "not yours")(w, r)
			return true
		})
	if o, err := c.PushLayer(t.Context(), f.repo(t, "app"), layers[0]); err != nil || o != Uploaded {
		t.Errorf("got %v, %v", o, err)
	}
}

func TestConcurrentPushesOfOneLayer(t *testing.T) {
	f := newFaulty(t)
	l, err := random.Layer(1<<16, types.OCILayer)
	if err != nil {
		t.Fatal(err)
	}
	c := quick(Options{Jobs: 8})
	var wg sync.WaitGroup
	var failed atomic.Int32
	for range 20 {
		wg.Go(func() {
			if _, err := c.PushLayer(context.Background(), f.repo(t, "app"), l); err != nil {
				failed.Add(1)
			}
		})
	}
	wg.Wait()
	if n := f.count("PATCH", ""); n != 1 || failed.Load() != 0 {
		t.Errorf("%d uploads and %d failures, want 1 and 0", n, failed.Load())
	}
}

// TestTemporaryFailures is rows 1 and 3 of the fault list: each request of a
// push fails once, and the push succeeds.
func TestTemporaryFailures(t *testing.T) {
	img := testImage(t, 50000, 1)
	for _, code := range []int{408, 429, 500, 502, 503, 504} {
		for _, at := range []struct{ name, method, part string }{
			{"ping", "GET", "/v2/"},
			{"HEAD blob", "HEAD", "/blobs/"},
			{"POST", "POST", "/blobs/uploads"},
			{"PATCH", "PATCH", "/blobs/uploads"},
			{"PUT blob", "PUT", "/blobs/uploads"},
			{"PUT manifest", "PUT", "/manifests/"},
		} {
			t.Run(fmt.Sprintf("%d on %s", code, at.name), func(t *testing.T) {
				f := newFaulty(t)
				f.script(times(1, at.method, at.part, status(code)))
				if _, err := push(t.Context(), quick(Options{}), f.repo(t, "app"), img); err != nil {
					t.Fatal(err)
				}
				if pulled, err := remote.Image(f.repo(t, "app").Tag("v1")); err != nil || validate.Image(pulled) != nil {
					t.Error("what was pushed is not valid")
				}
				if at.name == "PUT blob" && f.count("PATCH", "") != 2 {
					t.Error("a failed commit sent the blob twice")
				}
			})
		}
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	f := newFaulty(t)
	f.script(times(1, "PUT", "/manifests/", status(429, "Retry-After", "1")))
	began := time.Now()
	if _, err := push(t.Context(), quick(Options{}), f.repo(t, "app"), testImage(t, 100, 1)); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(began); d < time.Second {
		t.Errorf("came back after %v, the registry asked for a second", d)
	}
}

func TestRateLimitedForever(t *testing.T) {
	f := newFaulty(t)
	f.script(times(always, "PUT", "/manifests/", denied(429, "TOOMANYREQUESTS", "slow down")))
	_, err := push(t.Context(), quick(Options{Tries: 4}), f.repo(t, "app"), testImage(t, 100, 1))
	wantOneLine(t, err, f.host+"/app", "rate limited", "slow down")
	if !errors.Is(err, ErrRateLimited) || f.count("PUT", "/manifests/") != 4 {
		t.Errorf("%v after %d tries", err, f.count("PUT", "/manifests/"))
	}
}

// TestReset is row 4: the connection breaks in the middle of an upload.
func TestReset(t *testing.T) {
	f := newFaulty(t)
	f.script(times(2, "PATCH", "", func(w http.ResponseWriter, r *http.Request) {
		io.CopyN(io.Discard, r.Body, 1<<20)
		panic(http.ErrAbortHandler)
	}))
	img := testImage(t, 8<<20, 1)
	began := time.Now()
	if _, err := push(t.Context(), quick(Options{Stall: time.Minute}), f.repo(t, "app"), img); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(began); d > 20*time.Second {
		t.Errorf("took %v", d)
	}
}

// TestSessionExpired is row 6.
func TestSessionExpired(t *testing.T) {
	f := newFaulty(t)
	f.script(times(1, "PUT", "/blobs/uploads/", denied(404, "BLOB_UPLOAD_UNKNOWN", "gone")))
	if _, err := push(t.Context(), quick(Options{}), f.repo(t, "app"), testImage(t, 1000, 1)); err != nil {
		t.Fatal(err)
	}
}

// TestPermanentFailures is row 12 and its kin: one try, and a clear line.
func TestPermanentFailures(t *testing.T) {
	for _, tt := range []struct {
		name, method, part string
		then               http.HandlerFunc
		kind               error
		want               string
	}{
		{"denied", "POST", "/uploads", denied(403, "DENIED", "requested access\nto the resource"), ErrDenied, "DENIED: requested access"},
		{"unauthorized", "POST", "/uploads", denied(401, "UNAUTHORIZED", "who are you"), ErrUnauthorized, "who are you"},
		{"no repository", "POST", "/uploads", denied(404, "NAME_UNKNOWN", "no such repository"), ErrNotFound, "NAME_UNKNOWN"},
		{"invalid manifest", "PUT", "/manifests", denied(400, "MANIFEST_INVALID", "no"), nil, "MANIFEST_INVALID"},
		{"HTML", "PUT", "/manifests", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(405)
			io.WriteString(w, "<html>\n"+strings.Repeat("x", 1<<20))
		}, nil, "Method Not Allowed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFaulty(t)
			f.script(times(always, tt.method, tt.part, tt.then))
			_, err := push(t.Context(), quick(Options{}), f.repo(t, "app"), testImage(t, 100, 1))
			wantOneLine(t, err, f.host+"/app", tt.want)
			if tt.kind != nil && !errors.Is(err, tt.kind) {
				t.Errorf("%v is not %v", err, tt.kind)
			}
			if n := f.count(tt.method, tt.part); n != 1 && tt.part != "/uploads" {
				t.Errorf("%d tries", n)
			}
			if f.count("PUT", "/manifests/v1") != 0 {
				t.Error("a tag was written")
			}
		})
	}
}

// TestWrongDigest is row 16: no peer notices.
func TestWrongDigest(t *testing.T) {
	f := newFaulty(t)
	f.script(times(always, "PUT", "/manifests/", status(201, "Docker-Content-Digest", "sha256:"+strings.Repeat("0", 64))))
	_, err := push(t.Context(), quick(Options{}), f.repo(t, "app"), testImage(t, 100, 1))
	wantOneLine(t, err, "as \"sha256:000")
	if !errors.Is(err, ErrContent) || f.count("PUT", "/manifests/") != 1 {
		t.Errorf("got %v", err)
	}
}

func TestUnreachable(t *testing.T) {
	f := newFaulty(t)
	repo := f.repo(t, "app")
	f.Close()
	began := time.Now()
	_, err := push(t.Context(), quick(Options{}), repo, testImage(t, 100, 1))
	wantOneLine(t, err, f.host+"/app", "unreachable", "refused")
	if !errors.Is(err, ErrUnreachable) || time.Since(began) > time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

func TestCancelled(t *testing.T) {
	f := newFaulty(t)
	ctx, cancel := context.WithCancel(t.Context())
	f.script(times(always, "PATCH", "", func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // the server notices a client that left only after the body
		cancel()
		<-r.Context().Done()
	}))
	_, err := push(ctx, quick(Options{}), f.repo(t, "app"), testImage(t, 100, 1))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestLayerThatCantBeOpened names what went wrong, once.
func TestLayerThatCantBeOpened(t *testing.T) {
	f := newFaulty(t)
	l, err := random.Layer(100, types.OCILayer)
	if err != nil {
		t.Fatal(err)
	}
	img, err := mutate.AppendLayers(testImage(t, 100, 1), broken{l})
	if err != nil {
		t.Fatal(err)
	}
	_, err = push(t.Context(), quick(Options{}), f.repo(t, "app"), img)
	wantOneLine(t, err, "the wheel is gone")
	if f.count("PUT", "/manifests/") != 0 {
		t.Error("a manifest was put without its layer")
	}
}

type broken struct{ v1.Layer }

func (broken) Compressed() (io.ReadCloser, error) { return nil, errors.New("the wheel is gone") }

// An image that was there, under a tag that is there: nothing is put. A tag
// that can't be moved would refuse even what it is.
func TestTagAgain(t *testing.T) {
	f := newFaulty(t)
	repo, img := f.repo(t, "team/app"), testImage(t, 100, 1)
	if _, err := push(t.Context(), quick(Options{}), repo, img); err != nil {
		t.Fatal(err)
	}
	f.script(times(always, "PUT", "/manifests/v1", denied(http.StatusPreconditionFailed, "DENIED", "the tag is immutable")))
	again := func(c *Client, img v1.Image, tag string) error {
		d, there := c.Pushed(t.Context(), repo, img)
		if !there {
			t.Fatal("the image isn't there")
		}
		return c.Tag(t.Context(), d, repo.Tag(tag))
	}
	if err := again(quick(Options{}), img, "v1"); err != nil {
		t.Errorf("the same again: %v", err)
	}
	if err := again(quick(Options{}), img, "v2"); err != nil || f.count("PUT", "/manifests/v2") != 1 {
		t.Errorf("a new tag: %v", err)
	}
	other := testImage(t, 100, 2)
	if _, err := quick(Options{}).PushManifest(t.Context(), repo, other); err != nil {
		t.Fatal(err)
	}
	if err := again(quick(Options{}), other, "v1"); err == nil || !strings.Contains(err.Error(), "immutable") {
		t.Errorf("another image: %v", err)
	}
}
