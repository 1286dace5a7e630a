package pep440_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/wheels/pep440"
)

func version(t *testing.T, s string) pep440.Version {
	t.Helper()
	v, err := pep440.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func specifiers(t *testing.T, s string) pep440.Specifiers {
	t.Helper()
	set, err := pep440.ParseSpecifiers(s)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestNormalForm(t *testing.T) {
	for in, want := range map[string]string{
		"1.0":              "1.0",
		" V01.00-Alpha.3 ": "1.0a3",
		"1!2.0PREVIEW":     "1!2.0rc0",
		"1.0-1":            "1.0.post1",
		"1.0.Rev":          "1.0.post0",
		"1.0a-":            "1.0a0",
		"1.0+Ubuntu-01_x":  "1.0+ubuntu.1.x",
		"1.0dev":           "1.0.dev0",
	} {
		if got := version(t, in).String(); got != want {
			t.Errorf("%q reads as %q, want %q", in, got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	long := "1." + strings.Repeat("0.", 20000) + "0"
	for _, s := range []string{"", "x", "1..0", "1.0+", "1.0+a.", "1.0+a..b", "1.0 0", "1.0a1b1", "1.0.post1.a1", "!1", long} {
		if v, err := pep440.Parse(s); err == nil {
			t.Errorf("Parse(%.40q) = %v, want an error", s, v)
		} else if len(err.Error()) > 400 {
			t.Errorf("Parse(%.40q) has an error of %d bytes", s, len(err.Error()))
		}
	}
}

// TestOrder holds the example of the PEP's summary of suffixes and a few of
// its traps.
func TestOrder(t *testing.T) {
	ordered := []string{
		"1.dev0", "1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456", "1.0b2",
		"1.0b2.post345.dev456", "1.0b2.post345", "1.0rc1.dev456", "1.0rc1", "1.0", "1.0+abc.5", "1.0+abc.7",
		"1.0+5", "1.0.post456.dev34", "1.0.post456", "1.0.15", "1.1.dev1", "1.10", "1!0.1",
		"18446744073709551616!0", "18446744073709551617!0",
	}
	for i, a := range ordered {
		for j, b := range ordered {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := version(t, a).Compare(version(t, b)); got != want {
				t.Errorf("Compare(%s, %s) = %d, want %d", a, b, got, want)
			}
		}
	}
	if !version(t, "1.0.0").Equal(version(t, "v1")) {
		t.Error("1.0.0 and v1 differ")
	}
}

func TestContains(t *testing.T) {
	for _, c := range []struct {
		set, version string
		want         bool
	}{
		{">=1.24,<2", "1.26.4", true},
		{">=1.24,<2", "2.0rc1", false},
		{"<2.0rc1", "2.0b1", true},
		{"==1.*", "1.99.post1", true},
		{"==1.*", "2.dev0", false},
		{"==1.0.*", "1", true},
		{"!=1.*", "1.5", false},
		{"~=2.2", "2.9", true},
		{"~=2.2", "3.0", false},
		{"~=2.2.0", "2.3", false},
		{"==2.9.0", "2.9.0+cpu", true},
		{"==2.9.0+cpu", "2.9.0", false},
		{"<=2.9.0", "2.9.0+cpu", true},
		{">2.9.0", "2.9.0+cpu", false},
		{">1.7", "1.7.0.post1", false},
		{">1.7.post1", "1.7.post2", true},
		{"===1.0", "1.0", true},
		{"===1.0", "1.0.0", false},
		{"", "1.0.dev1", true},
		{">=1", "1!0.5", true},
	} {
		if got := specifiers(t, c.set).Contains(version(t, c.version), pep440.PrereleasesAuto); got != c.want {
			t.Errorf("%q contains %s = %v, want %v", c.set, c.version, got, c.want)
		}
	}
}

func TestFilterPrereleases(t *testing.T) {
	var versions []pep440.Version
	for _, s := range []string{"1.0", "1.1a1", "2.0.dev1"} {
		versions = append(versions, version(t, s))
	}
	for _, c := range []struct {
		set  string
		pre  pep440.Prereleases
		want []string
	}{
		{">=1", pep440.PrereleasesAuto, []string{"1.0"}},
		{">=1.1a1", pep440.PrereleasesAuto, []string{"1.1a1", "2.0.dev1"}},
		{">1.0", pep440.PrereleasesAuto, []string{"1.1a1", "2.0.dev1"}},
		{">=1", pep440.PrereleasesAllow, []string{"1.0", "1.1a1", "2.0.dev1"}},
		{">1.0", pep440.PrereleasesDeny, nil},
	} {
		var got []string
		for _, v := range specifiers(t, c.set).Filter(versions, c.pre) {
			got = append(got, v.String())
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q filters (-want +got):\n%s", c.set, diff)
		}
	}
}

func TestSets(t *testing.T) {
	if got := specifiers(t, ">=1.0, <2").And(specifiers(t, ">=1,!=1.5")).String(); got != "!=1.5,<2,>=1" {
		t.Errorf("the clauses together are %q", got)
	}
	for text, want := range map[string]string{"==1.0": "1.0", "===1.0": "1.0", "==1.*": "", ">=1": "", "==1,==1": "", "===x": ""} {
		v, ok := specifiers(t, text).Pinned()
		if ok != (want != "") || ok && v.String() != want {
			t.Errorf("%q pins %v, %v, want %q", text, v, ok, want)
		}
	}
	if got := pep440.Exactly(version(t, "1.0.RC1")).String(); got != "==1.0rc1" {
		t.Errorf("Exactly prints %q", got)
	}
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := pep440.Parse("2.9.0.post1+cpu"); err != nil {
			b.Fatal(err)
		}
	}
}
