package pipeline_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/assemble-image/assemble/internal/pipeline"
)

// pack packs a shard on a machine with an empty cache and an empty wheelhouse.
func (r *runner) pack(ctx context.Context, t *testing.T, target string, shard pipeline.Shard, opt options) (*pipeline.Result, error) {
	t.Helper()
	ref, err := name.NewTag(target)
	must(t, err)
	result, err := r.pipeline(t, opt).Pack(ctx, ref, pipeline.PackOptions{Shard: shard})
	if err != nil {
		return nil, err
	}
	got, err := remote.Image(ref)
	must(t, err)
	if err := validate.Image(got); err != nil {
		t.Errorf("what was tagged: %v", err)
	}
	return result, nil
}

// TestShards holds that any number of shards, in whatever order, twice or not,
// signed or not, make all layers between them, each once, and that a push without
// a wheel makes of them the image that one machine makes.
func TestShards(t *testing.T) {
	for _, tt := range []struct {
		signed bool
		n      int
	}{{false, 1}, {true, 3}} {
		signed, n := tt.signed, tt.n
		t.Run(fmt.Sprintf("signed=%t,n=%d", signed, n), func(t *testing.T) {
			r := newRunner(t)
			more := "layer_cache_insecure: true\n"
			if signed {
				more = "sign: {key: cosign.key}\n"
			}
			alone, err := r.push(t, r.addr+"/team/alone:1", options{config: more})
			must(t, err)
			var refs []string
			made := map[string]int{}
			for i := n - 1; i >= 0; i-- {
				ref := fmt.Sprintf("%s/cache/ml:1-%d", r.addr, i)
				got, err := r.pack(t.Context(), t, ref, pipeline.Shard{Index: i, Of: n}, options{config: more})
				must(t, err)
				for _, l := range got.Layers {
					made[l.Digest]++
				}
				if again, err := r.pack(t.Context(), t, ref, pipeline.Shard{Index: i, Of: n}, options{config: more}); err != nil || again.Digest != got.Digest {
					t.Errorf("shard %d once more: %v, %v", i, again, err)
				}
				refs = append(refs, ref)
			}
			for _, l := range alone.Layers {
				if l.Name != "src → /app" && made[l.Digest] != 1 {
					t.Errorf("%d shards have made layer %q", made[l.Digest], l.Name)
				}
			}
			more += fmt.Sprintf("layer_cache: [%s]", strings.Join(refs, ", "))
			got, err := r.push(t, r.addr+"/team/composed:1", options{config: more, noWheel: true})
			must(t, err)
			if got.Digest != alone.Digest {
				t.Errorf("%s of shards, %s alone", got.Digest, alone.Digest)
			}
		})
	}
}

// TestKilledShard: a shard that ends in the middle leaves no tag, and costs the
// push its own wheels only.
func TestKilledShard(t *testing.T) {
	r := newRunner(t)
	more := "layer_cache_insecure: true\n"
	alone, err := r.push(t, r.addr+"/team/alone:1", options{config: more})
	must(t, err)
	var refs []string
	var kept []pipeline.ResultLayer
	for i := range 2 {
		ref := fmt.Sprintf("%s/cache/ml:1-%d", r.addr, i)
		refs = append(refs, ref)
		ctx, kill := context.WithCancel(t.Context())
		answer := func(_ http.ResponseWriter, req *http.Request) bool {
			if i == 1 && req.Method == http.MethodPut && strings.Contains(req.URL.Path, "/cache/ml/manifests/sha256:") {
				kill()
			}
			return false
		}
		r.answer.Store(&answer)
		got, err := r.pack(ctx, t, ref, pipeline.Shard{Index: i, Of: 2}, options{config: more})
		kill()
		r.answer.Store(nil)
		if (err != nil) != (i == 1) {
			t.Fatalf("shard %d: %v", i, err)
		}
		if i == 0 {
			kept = got.Layers
		}
	}
	if tag, err := name.NewTag(refs[1]); err != nil {
		t.Fatal(err)
	} else if _, err := remote.Head(tag); err == nil {
		t.Errorf("the killed shard has left its tag")
	}
	more += fmt.Sprintf("layer_cache: [%s]", strings.Join(refs, ", "))
	got, err := r.push(t, r.addr+"/team/composed:1", options{config: more})
	must(t, err)
	if got.Digest != alone.Digest {
		t.Errorf("%s with a killed shard, %s alone", got.Digest, alone.Digest)
	}
	taken := from(got)
	for _, l := range kept {
		if !taken[l.Name] {
			t.Errorf("layer %q isn't taken from the shard that lived", l.Name)
		}
	}
	if !hasNote(got, "cache/ml:1-1 isn't used as a layer cache") {
		t.Errorf("notes: %q", got.Notes)
	}
}
