package resolve

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/wheels/requirements"
)

// A conflict is told with what it needs and no more, even if the proof had
// every fact that the search has learned.
func TestExplainLeavesOut(t *testing.T) {
	env, ladder := testTarget(t)
	u := parseUniverse(t, `
a 1
    b<2
    noise
a 2
    b<1
    noise>=1
b 0
b 1
    noise
b 2
    noise
noise 1
    more
more 1
more 2 yanked
`)
	opt, err := Options{Provider: u, Env: env, Ladder: ladder}.fill()
	if err != nil {
		t.Fatal(err)
	}
	fetch, err := newFetcher(opt)
	if err != nil {
		t.Fatal(err)
	}
	defer fetch.wg.Wait()
	reqs := []requirements.Requirement{wish1(t, "a"), wish1(t, "noise"), wish1(t, "b>=2")}
	w, err := fetch.userRequirements(t.Context(), reqs, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := newSolver(fetch, w.prereleaseRules(fetch.steer), w)
	err = s.solve(t.Context(), w.requirements)
	var proof *unsolvable
	if !errors.As(err, &proof) {
		t.Fatal(err)
	}
	var facts []*fact
	for _, incompatibilities := range s.incompatibilities {
		for _, c := range incompatibilities {
			if c.fact != nil && !slices.Contains(facts, c.fact) {
				facts = append(facts, c.fact)
			}
		}
	}
	var conflict *ConflictError
	if err := s.explain(t.Context(), facts); !errors.As(err, &conflict) {
		t.Fatal(err)
	}
	want := []string{"reqs.txt:1 wants a", "reqs.txt:1 wants b>=2", "every a wants b<2"}
	if diff := cmp.Diff(want, conflict.Reasons); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestConflictErrorIsBounded(t *testing.T) {
	e := &ConflictError{Reasons: make([]string, 1000)}
	if n := len(e.Error()); n > 1000 {
		t.Errorf("%d bytes", n)
	}
	if len(e.Reasons) != 1000 {
		t.Error("the reasons were cut")
	}
}

// The best wheel of a release comes first: by tag, then by build number.
func TestWheelsBestFirst(t *testing.T) {
	env, ladder := testTarget(t)
	u := parseUniverse(t, `
a 1.0
a 1.0 tag=1-cp310-cp310-manylinux_2_17_aarch64
a 1.0 tag=2-cp310-cp310-manylinux_2_17_aarch64
a 1.0 tag=cp310-cp310-manylinux_2_28_aarch64
a 1.0 tag=cp310-cp310-win_amd64
a 1.0 source
`)
	s, err := Resolve(t.Context(), []requirements.Requirement{wish1(t, "a")}, Options{Provider: u, Env: env, Ladder: ladder})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range s.Pins[0].Wheels {
		got = append(got, f.Name)
	}
	want := []string{
		"a-1.0-cp310-cp310-manylinux_2_28_aarch64.whl",
		"a-1.0-2-cp310-cp310-manylinux_2_17_aarch64.whl",
		"a-1.0-1-cp310-cp310-manylinux_2_17_aarch64.whl",
		"a-1.0-py3-none-any.whl",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if n := len(s.Pins[0].AllFiles); n != 6 {
		t.Errorf("%d files", n)
	}
}

// Patterns compare names as PEP 503 does.
func TestPatterns(t *testing.T) {
	p, err := newPatterns([]string{"nvidia-*", "Pytorch.Triton", "*cuda*"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"nvidia-cublas": true, "NVIDIA_cublas": true, "pytorch-triton": true, "cupy-cuda12x": true,
		"nvidia": false, "triton": false, "my-nvidia-x": false,
	} {
		if p.match(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}
