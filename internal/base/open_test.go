package base_test

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/internal/wire"
	"github.com/assemble-image/assemble/manifest"
)

var arm64 = v1.Platform{OS: "linux", Architecture: "arm64"}

// registry answers by reference; what it doesn't know hangs until its time
// is over.
type registry map[string]func(ctx context.Context) (v1.Image, error)

func (r registry) Image(ctx context.Context, ref string, _ v1.Platform) (v1.Image, v1.Hash, error) {
	answer, ok := r[ref]
	if !ok {
		<-ctx.Done()
		return nil, v1.Hash{}, ctx.Err()
	}
	img, err := answer(ctx)
	if err != nil {
		return nil, v1.Hash{}, err
	}
	h, err := img.Digest()
	return img, h, err
}

func giving(opt embeddedbase.Options) func(context.Context) (v1.Image, error) {
	return func(context.Context) (v1.Image, error) { return embeddedbase.Image(opt), nil }
}

var errRefused = errors.New("connection refused")

func refusing(context.Context) (v1.Image, error) { return nil, errRefused }

func TestOpenTakesTheFirstThatAnswers(t *testing.T) {
	dir := t.TempDir()
	img := embeddedbase.Image(embeddedbase.Options{})
	docker := embeddedbase.Image(embeddedbase.Options{Docker: true})
	must(t, manifest.WriteLayout(t.Context(), filepath.Join(dir, "layout"), img, manifest.LayoutOptions{Tag: "3.10"}))
	must(t, manifest.WriteOCIArchive(t.Context(), filepath.Join(dir, "oci.tar"), img, manifest.LayoutOptions{Tag: "3.10"}))
	must(t, manifest.WriteDockerArchive(t.Context(), filepath.Join(dir, "docker.tar"), docker, manifest.LayoutOptions{Tag: "python:3.10"}))
	remote := registry{"python:3.10": giving(embeddedbase.Options{}), "r.example/py@" + digestOf(t, img).String(): giving(embeddedbase.Options{}), "down": refusing, "amd64": giving(embeddedbase.Options{Arch: "amd64"})}
	for _, tt := range []struct {
		candidates            []string
		ref, name, repository string
	}{
		{[]string{"python:3.10"}, "python:3.10", "docker.io/library/python:3.10", "index.docker.io/library/python"},
		{[]string{"docker://python:3.10"}, "docker://python:3.10", "docker.io/library/python:3.10", "index.docker.io/library/python"},
		{[]string{"down", "amd64", "oci:layout:none", "oci:layout:3.10", "python:3.10"}, "oci:layout:3.10", "docker.io/library/down:latest", ""},
		{[]string{"hangs", "oci:layout"}, "oci:layout", "docker.io/library/hangs:latest", ""},
		{[]string{"oci:layout", "python:3.10"}, "oci:layout", "", ""},
		{[]string{"oci:none", "python:3.10"}, "python:3.10", "", "index.docker.io/library/python"},
		{[]string{"oci:" + filepath.Join(dir, "layout")}, "oci:" + filepath.Join(dir, "layout"), "", ""},
		{[]string{"oci-archive:oci.tar:3.10"}, "oci-archive:oci.tar:3.10", "", ""},
		{[]string{"docker-archive:docker.tar:python:3.10"}, "docker-archive:docker.tar:python:3.10", "", ""},
		{[]string{"embedded:"}, "embedded:", "", ""},
	} {
		t.Run(strings.Join(tt.candidates, " "), func(t *testing.T) {
			got, err := base.Open(t.Context(), tt.candidates, arm64, base.Options{
				Remote: remote, Timeout: 200 * time.Millisecond, Dir: dir, Embedded: embeddedbase.Open,
			})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(got.Ref, tt.ref) || got.Name != tt.name || got.Repository != tt.repository {
				t.Errorf("got %q, %q, %q", got.Ref, got.Name, got.Repository)
			}
			if want := digestOf(t, got.Image); got.Digest != want {
				t.Errorf("digest is %s, want %s", got.Digest, want)
			}
			if _, err := base.ReadFacts(t.Context(), got.Image, base.FactsOptions{}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOpenListsWhyEachFailed(t *testing.T) {
	dir := t.TempDir()
	must(t, embeddedbase.WriteLayout(t.Context(), filepath.Join(dir, "layout")))
	remote := registry{"down": refusing, "amd64": giving(embeddedbase.Options{Arch: "amd64"})}
	candidates := []string{
		"down", "hangs", "amd64", "oci:layout:none", "oci:nowhere", "oci:", "containerd:python", "oci-archive:layout", "Not A Ref", "embedded:x", "",
	}
	_, err := base.Open(t.Context(), candidates, arm64, base.Options{Remote: remote, Timeout: time.Second, Dir: dir})
	var failed *base.UnavailableError
	if !errors.As(err, &failed) {
		t.Fatalf("the error is %v", err)
	}
	wants := []string{
		"connection refused", "no answer within 1s", "no image for linux/arm64, only for linux/amd64",
		`no image named "none"; available: "latest"`, "no such file", "no path follows", "containerd's images are not supported here",
		"reading OCI archive", "could not parse reference", "nothing may follow", "it is empty",
	}
	lines := strings.Split(err.Error(), "\n")[1:]
	if len(lines) != len(candidates) {
		t.Fatalf("the error has %d lines for %d candidates:\n%v", len(lines), len(candidates), err)
	}
	for i, line := range lines {
		if !strings.Contains(line, candidates[i]) || !strings.Contains(line, wants[i]) {
			t.Errorf("line %d doesn't name %q or say %q: %s", i+1, candidates[i], wants[i], line)
		}
	}
	var platform *manifest.PlatformError
	if !errors.Is(err, errRefused) || !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &platform) {
		t.Error("the causes can't be got at")
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := base.Open(ctx, []string{"hangs", "embedded:"}, arm64, base.Options{Remote: registry{}, Embedded: embeddedbase.Open})
	var failed *base.UnavailableError
	if !errors.Is(err, context.DeadlineExceeded) || errors.As(err, &failed) {
		t.Errorf("the error is %v", err)
	}
	if _, err := base.Open(t.Context(), nil, arm64, base.Options{}); err == nil {
		t.Error("no candidates, no error")
	}
	if _, err := base.Open(t.Context(), []string{"python", "embedded:"}, arm64, base.Options{}); err == nil {
		t.Error("without a registry client and an embedded image there is one")
	}
}

// A candidate's context ends with the question: whoever keeps it for later,
// when layers are read, finds out at once and not only in a rare flow.
func TestOpenEndsTheContext(t *testing.T) {
	var kept context.Context
	remote := registry{"python": func(ctx context.Context) (v1.Image, error) {
		kept = ctx
		return embeddedbase.Image(embeddedbase.Options{}), nil
	}}
	_, err := base.Open(t.Context(), []string{"python"}, arm64, base.Options{Remote: remote})
	must(t, err)
	if kept.Err() == nil {
		t.Error("the candidate's context is still alive")
	}
}

func digestOf(t *testing.T, img v1.Image) v1.Hash {
	t.Helper()
	h, err := img.Digest()
	must(t, err)
	return h
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// indexed answers with an image that an index led to, and tells whether it was
// asked to be quick.
type indexed struct{ prompt map[string]bool }

func (r indexed) Image(ctx context.Context, ref string, _ v1.Platform) (v1.Image, v1.Hash, error) {
	r.prompt[ref] = wire.IsPrompt(ctx)
	if ref != "up" {
		return nil, v1.Hash{}, errRefused
	}
	return embeddedbase.Image(embeddedbase.Options{}), v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("ab", 32)}, nil
}

// TestOpenTellsTheSameWhoeverAnswers holds that name and digest, which go into
// the image, are the same from a registry and from a copy on disk.
func TestOpenTellsTheSameWhoeverAnswers(t *testing.T) {
	dir := t.TempDir()
	must(t, manifest.WriteLayout(t.Context(), filepath.Join(dir, "copy"), embeddedbase.Image(embeddedbase.Options{}), manifest.LayoutOptions{}))
	opt := base.Options{Remote: indexed{map[string]bool{}}, Dir: dir}
	first, err := base.Open(t.Context(), []string{"up", "oci:copy"}, arm64, opt)
	must(t, err)
	opt.Offline = true
	second, err := base.Open(t.Context(), []string{"up", "oci:copy"}, arm64, opt)
	must(t, err)
	if first.Ref != "up" || second.Ref != "oci:copy" || first.Name != second.Name || first.Digest != second.Digest {
		t.Errorf("%q: %s %s, %q: %s %s", first.Ref, first.Name, first.Digest, second.Ref, second.Name, second.Digest)
	}
}

// TestOpenOffline holds that no registry is asked.
func TestOpenOffline(t *testing.T) {
	remote := indexed{map[string]bool{}}
	_, err := base.Open(t.Context(), []string{"up", "docker://up"}, arm64, base.Options{Remote: remote, Offline: true})
	if !errors.Is(err, base.ErrOffline) || len(remote.prompt) != 0 {
		t.Errorf("asked %v: %v", remote.prompt, err)
	}
}

// TestOpenIsPromptWhereAnotherIsLeft holds that only the last candidate is
// worth waiting for.
func TestOpenIsPromptWhereAnotherIsLeft(t *testing.T) {
	remote := indexed{map[string]bool{}}
	_, err := base.Open(t.Context(), []string{"first", "second", "last"}, arm64, base.Options{Remote: remote})
	if want := map[string]bool{"first": true, "second": true, "last": false}; err == nil || !maps.Equal(remote.prompt, want) {
		t.Errorf("marked %v, want %v; %v", remote.prompt, want, err)
	}
}
