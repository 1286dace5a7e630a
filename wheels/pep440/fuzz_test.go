package pep440_test

import (
	"testing"

	"github.com/assemble-image/assemble/wheels/pep440"
)

func FuzzVersion(f *testing.F) {
	for _, s := range []string{"1", "v1.0-ALPHA.1", "1!2.0.0rc1.post2.dev3+Ab.007-c", " 1.0-1 ", "1.0+01", "1.dev", "1.0a-", "x", "1..2"} {
		for _, o := range []string{"1.0", "0.dev0", "1.0.0+1"} {
			f.Add(s, o)
		}
	}
	f.Fuzz(func(t *testing.T, s, o string) {
		v, err := pep440.Parse(s)
		if err != nil {
			if !v.IsZero() {
				t.Fatalf("Parse(%q) returned %v beside an error", s, v)
			}
			return
		}
		again, err := pep440.Parse(v.String())
		if err != nil || again.String() != v.String() || !again.Equal(v) {
			t.Fatalf("%q prints %q, which reads as %q, %v", s, v, again, err)
		}
		canonical, err := pep440.Parse(v.Canonical())
		if err != nil || !canonical.Equal(v) {
			t.Fatalf("%q has canonical form %q: %v", s, v.Canonical(), err)
		}
		w, err := pep440.Parse(o)
		if err != nil {
			return
		}
		if v.Compare(w) != -w.Compare(v) {
			t.Fatalf("Compare(%s, %s) = %d, reversed %d", v, w, v.Compare(w), w.Compare(v))
		}
		if (v.Compare(w) == 0) != (v.Canonical() == w.Canonical()) {
			t.Fatalf("%s and %s: equality and canonical forms disagree", v, w)
		}
	})
}

func FuzzSpecifiers(f *testing.F) {
	for _, s := range []string{">=1.0,<2", "==1.*", "~=1.4.2", "===lolwat", "!=1.0+x", "> 1.0.post1", "=="} {
		f.Add(s, "1.0")
		f.Add(s, "2.0rc1+local")
	}
	f.Fuzz(func(t *testing.T, s, version string) {
		set, err := pep440.ParseSpecifiers(s)
		if err != nil {
			if !set.IsEmpty() {
				t.Fatalf("ParseSpecifiers(%q) returned %v beside an error", s, set)
			}
			return
		}
		again, err := pep440.ParseSpecifiers(set.String())
		if err != nil || again.String() != set.String() {
			t.Fatalf("%q prints %q, which reads as %q, %v", s, set, again, err)
		}
		v, err := pep440.Parse(version)
		if err != nil {
			return
		}
		for _, pre := range []pep440.Prereleases{pep440.PrereleasesAuto, pep440.PrereleasesAllow, pep440.PrereleasesDeny} {
			want := true
			for _, c := range set.Clauses() {
				one, err := pep440.ParseSpecifiers(c.String())
				if err != nil {
					t.Fatal(err)
				}
				want = want && one.Contains(v, pre)
			}
			if set.IsEmpty() {
				want = pre != pep440.PrereleasesDeny || !v.IsPrerelease()
			}
			if got := set.Contains(v, pre); got != want {
				t.Fatalf("%q contains %s: %v, its clauses say %v", set, v, got, want)
			}
			if both := set.And(set); both.Contains(v, pre) != want {
				t.Fatalf("%q and itself differ about %s", set, v)
			}
		}
	})
}

func FuzzScanSpecifier(f *testing.F) {
	f.Add("==1.0.*, >2")
	f.Add("===any;x")
	f.Fuzz(func(t *testing.T, s string) {
		if n := pep440.ScanSpecifier(s); n < 0 || n > len(s) {
			t.Fatalf("ScanSpecifier(%q) = %d", s, n)
		}
	})
}
