package resolve

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// fitting is a universe without the wheels that the target can't install, as
// an index is that saves memory.
type fitting struct {
	*universe
	index tags.Index
}

func (f fitting) Files(ctx context.Context, name string) ([]File, error) {
	files, err := f.universe.Files(ctx, name)
	return slices.DeleteFunc(files, func(file File) bool {
		name, err := tags.ParseFilename(file.Name)
		return err == nil && f.index.Rank(name.Tags) == tags.Unsupported
	}), err
}

// What a provider left out since the target can't install it is named where
// there is no solution, and not taken for what isn't there.
func TestExplainsWhatWasLeftOut(t *testing.T) {
	const text = `
intel 1 tag=cp310-cp310-manylinux_2_17_x86_64
intel 2 tag=cp310-cp310-manylinux_2_17_x86_64
intel 2 source
intel 3 source
old 1
old 2 tag=cp39-cp39-manylinux_2_17_aarch64
sourceonly 1 source
sourceonly 2 source
mixed 1 source
mixed 2 tag=cp310-cp310-win_amd64
user 1
    intel>=2
`
	for _, test := range []struct {
		reqs []string
		want string
	}{
		{[]string{"intel"}, `
reqs.txt:1 wants intel
intel 3 comes as source only
intel up to 2 have no wheel for the target, only cp310-cp310-manylinux_2_17_x86_64`},
		{[]string{"user"}, `
reqs.txt:1 wants user
every user wants intel>=2
intel 3 comes as source only
intel 2 has no wheel for the target, only cp310-cp310-manylinux_2_17_x86_64`},
		{[]string{"old>=2"}, `
reqs.txt:1 wants old>=2
old 2 has no wheel for the target, only cp39-cp39-manylinux_2_17_aarch64`},
		{[]string{"sourceonly"}, `
reqs.txt:1 wants sourceonly
every sourceonly comes as source only`},
		{[]string{"mixed"}, `
reqs.txt:1 wants mixed
mixed 2 has no wheel for the target, only cp310-cp310-win_amd64
mixed 1 comes as source only`},
	} {
		u := parseUniverse(t, text)
		env, ladder := testTarget(t)
		var reqs []requirements.Requirement
		for _, r := range test.reqs {
			reqs = append(reqs, wish1(t, r))
		}
		_, err := Resolve(t.Context(), reqs, Options{
			Provider: fitting{u, tags.NewIndex(ladder)}, Whole: u, Env: env, Ladder: ladder,
		})
		var conflict *ConflictError
		if !errors.As(err, &conflict) {
			t.Errorf("%q: %v", test.reqs, err)
			continue
		}
		if diff := cmp.Diff(strings.TrimSpace(test.want), strings.Join(conflict.Reasons, "\n")); diff != "" {
			t.Errorf("%q: -want +got:\n%s", test.reqs, diff)
		}
	}
}

// All that lacks is told at once, and the search ends where what is there
// doesn't fit together.
func TestResolveWhole(t *testing.T) {
	const text = `
a 1
    gone>=1
    b>=2
b 1
c 1
    d<2
d 1
d 2
`
	for _, test := range []struct {
		reqs    []string
		missing []string
		reasons int
	}{
		{reqs: []string{"c"}},
		{[]string{"a", "lost"}, []string{"b", "gone", "lost"}, 4},
		{[]string{"lost", "c", "d>=2"}, []string{"lost"}, 4},
	} {
		env, ladder := testTarget(t)
		var reqs []requirements.Requirement
		for _, r := range test.reqs {
			reqs = append(reqs, wish1(t, r))
		}
		_, err := ResolveWhole(t.Context(), reqs, Options{Provider: parseUniverse(t, text), Env: env, Ladder: ladder})
		conflict := &ConflictError{}
		if err != nil && !errors.As(err, &conflict) {
			t.Fatal(err)
		}
		missing := slices.Sorted(slices.Values(conflict.Missing))
		if !slices.Equal(missing, test.missing) || len(conflict.Reasons) != test.reasons {
			t.Errorf("%q: missing %q, for %q", test.reqs, missing, conflict.Reasons)
		}
	}
}
