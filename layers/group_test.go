package layers

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const mib = 1 << 20

// named returns the groups by name, each one joined.
func named(items []Item, groups [][]int) []string {
	var all []string
	for _, g := range groups {
		var names []string
		for _, i := range g {
			names = append(names, items[i].Name)
		}
		all = append(all, strings.Join(names, " "))
	}
	return all
}

func TestGroup(t *testing.T) {
	small := []Item{
		{"anyio", 100},
		{"attrs", 200},
		{"click", 300},
		{"fastapi", 400},
		{"h11", 500},
		{"idna", 600},
		{"jinja2", 700},
		{"six", 800},
		{"starlette", 900},
		{"uvicorn", 1000},
	}
	tests := []struct {
		name  string
		items []Item
		opt   GroupOptions
		want  []string
	}{
		{"none", nil, GroupOptions{}, nil},
		{"one", small[:1], GroupOptions{}, []string{"anyio"}},
		{"by class, then name", []Item{{"b", 3 * mib}, {"a", 2 * mib}, {"torch", 99 * mib}, {"limit", mib}}, GroupOptions{}, []string{"torch", "a", "b", "limit"}},
		{"same name", []Item{{"a", 2 * mib}, {"a", 2 * mib}}, GroupOptions{}, []string{"a", "a"}},
		{"small in one", small, GroupOptions{Budget: 1}, []string{"anyio attrs click fastapi h11 idna jinja2 six starlette uvicorn"}},
		{"all in one", append([]Item{{"torch", 99 * mib}}, small[:2]...), GroupOptions{Budget: 1}, []string{"anyio attrs torch"}},
		{"small in four", small, GroupOptions{Budget: 16}, []string{"anyio six uvicorn", "attrs fastapi idna", "h11 jinja2 starlette", "click"}},
		{"small in ten", small, GroupOptions{}, []string{"anyio six uvicorn", "jinja2 starlette", "click", "attrs", "h11 idna", "fastapi"}},
		{"large ones share", []Item{{"a", mib}, {"b", 2 * mib}, {"c", 4 * mib}, {"d", 8 * mib}, {"e", 9 * mib}}, GroupOptions{Budget: 4}, []string{"d", "e", "c", "a b"}},
		{"budget above the limit", []Item{{"a", mib}, {"b", 2 * mib}, {"c", 4 * mib}}, GroupOptions{Budget: 9, Hard: 2}, []string{"c", "a b"}},
		{"group too large", small, GroupOptions{Budget: 1, MaxLayer: 2500}, []string{"attrs fastapi six starlette", "h11 uvicorn", "anyio click idna jinja2"}},
		{"item too large", []Item{{"a", 9 * mib}}, GroupOptions{MaxLayer: mib}, []string{"a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			groups, err := Group(tt.items, tt.opt)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, named(tt.items, groups)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestGroupHardLimit(t *testing.T) {
	items := []Item{{"a", 600}, {"b", 600}, {"c", 600}}
	for _, opt := range []GroupOptions{{Hard: 2, MaxLayer: 1000}, {Hard: -3}} {
		_, err := Group(items, opt)
		var e *LayersError
		if !errors.As(err, &e) || e.Hard != opt.Hard || e.Need <= max(e.Hard, 0) {
			t.Errorf("error %v", err)
		}
	}
}

// randomItems looks like a lock: few giants, many small ones.
func randomItems(rng *rand.Rand, n int) []Item {
	items := make([]Item, n)
	for i := range items {
		items[i] = Item{fmt.Sprintf("dist-%d-%x", i, rng.Uint32()), rng.Int64N(200<<20) >> rng.IntN(20)}
	}
	return items
}

// changed counts the groups that are in b but not in a.
func changed(a, b []string) int {
	n := 0
	for _, g := range b {
		if !slices.Contains(a, g) {
			n++
		}
	}
	return n
}

func TestGroupIsStable(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 300 {
		items := randomItems(rng, rng.IntN(150)+5)
		opt := GroupOptions{Budget: 4 + rng.IntN(60)}
		groupOf := func(items []Item) []string {
			groups, err := Group(items, opt)
			if err != nil {
				t.Fatal(err)
			}
			if len(groups) > opt.Budget {
				t.Fatalf("%d groups, the budget is %d", len(groups), opt.Budget)
			}
			seen := make([]bool, len(items))
			for _, g := range groups {
				for _, i := range g {
					if seen[i] {
						t.Fatal("an item twice")
					}
					seen[i] = true
				}
			}
			if slices.Contains(seen, false) {
				t.Fatal("an item is missing")
			}
			return named(items, groups)
		}
		before := groupOf(items)
		limit := threshold(items, opt.Budget-max(opt.Budget/4, 1))
		i := rng.IntN(len(items))

		// The order of the items doesn't matter.
		shuffled := slices.Clone(items)
		rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if diff := cmp.Diff(before, groupOf(shuffled)); diff != "" {
			t.Fatal(diff)
		}
		// Another size within the class leaves all in place.
		other := slices.Clone(items)
		other[i].Size = 1<<class(other[i].Size) - 1
		if diff := cmp.Diff(before, groupOf(other)); diff != "" {
			t.Fatal(diff)
		}
		// One item more or less, small or large, changes one group, unless
		// the classes that stand alone become others.
		fewer := slices.Delete(slices.Clone(items), i, i+1)
		more := append(slices.Clone(items), Item{"one-more", rng.Int64N(20 << 20)})
		for _, other := range [][]Item{fewer, more} {
			if threshold(other, opt.Budget-max(opt.Budget/4, 1)) != limit {
				continue
			}
			if n := changed(before, groupOf(other)); n > 1 {
				t.Fatalf("%d groups changed", n)
			}
		}
	}
}
