package supply

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/wheels"
)

// The config knows the kinds of problems that there are, and no others.
func TestConfigKnowsTheKinds(t *testing.T) {
	want := []string{
		string(wheels.PythonProblem), string(wheels.MissingProblem), string(wheels.VersionProblem),
		string(wheels.ExtraProblem), string(wheels.MetadataProblem),
	}
	if got := config.ProblemKinds(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// What lacks is told once, with all who want it; other problems one by one.
func TestGather(t *testing.T) {
	const a, b = "a-1-py3-none-any.whl", "b_b-2.0-cp310-cp310-manylinux_2_17_aarch64.whl"
	problem := func(kind wheels.ProblemKind, wheel, requirement, reason string) wheels.Problem {
		return wheels.Problem{Kind: kind, Wheel: wheel, Requirement: requirement, Reason: reason}
	}
	got := gather([]wheels.Problem{
		problem(wheels.MissingProblem, a, `x>=1; python_version >= "3"`, "the lock has no x"),
		problem(wheels.VersionProblem, a, "y<2", "the lock has y 2"),
		problem(wheels.ExtraProblem, a, "z[q]", `z has no extra "q"`),
		problem(wheels.MissingProblem, b, "x>=2", "the lock has no x"),
		problem(wheels.MissingProblem, b, "x>=1", "the lock has no x"),
		problem(wheels.PythonProblem, b, ">=3.11", "the target has 3.10.1"),
	})
	want := []Finding{
		{Kind: wheels.MissingProblem, Text: "the lock has no x, but a 1 wants x>=1, b-b 2.0 wants x>=2", Wheels: []string{a, b}},
		{Kind: wheels.VersionProblem, Text: "the lock has y 2, but a 1 wants y<2", Wheels: []string{a}},
		{Kind: wheels.ExtraProblem, Text: `wheel "` + a + `" requires z[q]: z has no extra "q"`, Wheels: []string{a}},
		{Kind: wheels.PythonProblem, Text: `wheel "` + b + `" requires Python >=3.11: the target has 3.10.1`, Wheels: []string{b}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
