package dependency_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/debs/dependency"
)

func TestParse(t *testing.T) {
	for in, want := range map[string][]dependency.Group{
		"":    nil,
		" \n": nil,
		"libc6 (>= 2.34), libgcc-s1(>=3.0) ,": {
			{{Name: "libc6", Op: ">=", Version: "2.34"}}, {{Name: "libgcc-s1", Op: ">=", Version: "3.0"}},
		},
		"debconf (>= 0.5) | debconf-2.0, python3:any (<< 3.12~)": {
			{{Name: "debconf", Op: ">=", Version: "0.5"}, {Name: "debconf-2.0"}}, {{Name: "python3", Qualifier: "any", Op: "<<", Version: "3.12~"}},
		},
		"\n a,\n b:amd64\n | c ( = 1:2-3 )": {{{Name: "a"}}, {{Name: "b", Qualifier: "amd64"}, {Name: "c", Op: "=", Version: "1:2-3"}}},
		"x (< 1), y (> 1), z (1), v (<=1), w(>>1)": {
			{{Name: "x", Op: "<=", Version: "1"}},
			{{Name: "y", Op: ">=", Version: "1"}},
			{{Name: "z", Op: "=", Version: "1"}},
			{{Name: "v", Op: "<=", Version: "1"}},
			{{Name: "w", Op: ">>", Version: "1"}},
		},
	} {
		got, err := dependency.Parse(in)
		if err != nil {
			t.Errorf("%q: %v", in, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", in, diff)
		}
	}
}

func TestRefused(t *testing.T) {
	for in, want := range map[string]string{
		"a b":          "where a comma should be",
		"a (>= 1":      "no closing parenthesis",
		"a (>= )":      "it is empty",
		"a (=> 1)":     "no comparison",
		"a (!= 1)":     "version",
		"a |":          "name is missing",
		"a, , b":       "name is missing",
		"a: (1)":       "no architecture",
		"a:b:c":        "no architecture",
		"ä":            "no package's name",
		"-a":           "no package's name",
		"a [arm64]":    "where a comma should be",
		"a <!nocheck>": "where a comma should be",
		"a (= 1 2)":    "character ' '",
	} {
		if got, err := dependency.Parse(in); err == nil || !strings.Contains(err.Error(), want) || got != nil {
			t.Errorf("%q: got %v, %v, want %q", in, got, err, want)
		}
	}
}

func TestMatches(t *testing.T) {
	for _, tt := range []struct {
		relation string
		yes, no  []string
	}{
		{"a", []string{"0", "1:9"}, nil},
		{"a (<< 2)", []string{"1", "2~"}, []string{"2", "2.0-1", "1:1"}},
		{"a (<= 2)", []string{"2", "2-0", "1"}, []string{"2-1"}},
		{"a (= 2)", []string{"2", "2-0", "0:2"}, []string{"2-1", "1"}},
		{"a (>= 2)", []string{"2", "3", "1:0"}, []string{"2~"}},
		{"a (>> 2)", []string{"2-1"}, []string{"2", "2~"}},
	} {
		r, err := dependency.ParseRelation(tt.relation)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range tt.yes {
			if !r.Matches(v) {
				t.Errorf("%s doesn't take %s", r, v)
			}
		}
		for _, v := range tt.no {
			if r.Matches(v) {
				t.Errorf("%s takes %s", r, v)
			}
		}
	}
	if _, err := dependency.ParseRelation("a | b"); err == nil {
		t.Error("two packages are one")
	}
}

func TestSource(t *testing.T) {
	for in, want := range map[string][2]string{"gcc-12 (12.2.0-14)": {"gcc-12", "12.2.0-14"}, "x": {"x", ""}, "": {"", ""}, "x  ( 1 )": {"x", "1"}} {
		if name, v := dependency.SplitSource(in); name != want[0] || v != want[1] {
			t.Errorf("%q: %q, %q", in, name, v)
		}
	}
}

// What is read and written reads the same again.
func FuzzParse(f *testing.F) {
	f.Add("a (>= 1) | b:any, c")
	f.Add("a(<1),\n b [x]")
	f.Fuzz(func(t *testing.T, in string) {
		groups, err := dependency.Parse(in)
		if err != nil {
			if groups != nil {
				t.Fatal("groups and an error")
			}
			return
		}
		parts := make([]string, len(groups))
		for i, g := range groups {
			parts[i] = g.String()
		}
		again, err := dependency.Parse(strings.Join(parts, ", "))
		if err != nil {
			t.Fatalf("%q, written as %q: %v", in, parts, err)
		}
		if diff := cmp.Diff(groups, again); diff != "" {
			t.Fatal(diff)
		}
	})
}
