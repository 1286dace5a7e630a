package version_test

import (
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/debs/debtest"
	"github.com/assemble-image/assemble/internal/debs/version"
)

func TestOrderOfDpkg(t *testing.T) {
	names := map[string]int{"lt": -1, "eq": 0, "gt": 1}
	for _, row := range debtest.Rows(t, "version-order.tsv") {
		a, errA := version.Parse(row[0])
		b, errB := version.Parse(row[1])
		if row[2] == "bad" {
			if errA == nil && errB == nil {
				t.Errorf("%q, %q: dpkg refuses one of them, and we neither", row[0], row[1])
			}
			continue
		}
		if errA != nil || errB != nil {
			t.Errorf("dpkg takes both: %v, %v", errA, errB)
		}
		if got := version.Compare(a, b); got != names[row[2]] {
			t.Errorf("Compare(%q, %q) = %d, dpkg says %s", a, b, got, row[2])
		}
	}
}

func TestCompare(t *testing.T) {
	order := []string{
		"0~~", "0~", "0", "0+b1", "1~~a", "1~", "1~rc1", "1~rc1-1", "1", "1a", "1a1", "1+", "1.0~", "1.0", "1.0-1~bpo12+1", "1.0-1", "1.0-1+b1", "1.0-1+b10",
		"1.0-1+deb12u2", "1.0-1+deb12u10", "1.0-2", "1.0-9", "1.0-10", "1.9", "1.10", "10", "99999999999999999999998", "99999999999999999999999", "1:0", "1:1", "10:0",
	}
	for i, a := range order {
		for j, b := range order {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := version.Compare(a, b); got != want {
				t.Errorf("Compare(%q, %q) = %d, want %d", a, b, got, want)
			}
		}
	}
	for _, same := range [][2]string{{"1", "0:1"}, {"1", "1-0"}, {"1.0", "1.00"}, {"01", "1"}, {"1a", "1a0"}, {"00:1", "1"}} {
		if version.Compare(same[0], same[1]) != 0 {
			t.Errorf("%q differs", same)
		}
	}
}

func TestRefused(t *testing.T) {
	for in, want := range map[string]string{
		"": "empty", " ": "empty", "a1": "begin with a digit", ":1": "epoch", "a:1": "epoch", "-1:1": "epoch", "3000000000:1": "epoch", "1:": "no upstream",
		"1-": "nothing follows", "-1": "no upstream", "1 2": `character ' '`, "1_2": `character '_'`, "1-2:3": "epoch", "1ä": "character", "1-a_b": "in a revision", "1\n2": "character",
	} {
		if got, err := version.Parse(in); err == nil || !strings.Contains(err.Error(), want) || got != "" {
			t.Errorf("Parse(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
	for in, want := range map[string]string{" 1.0\n": "1.0", "1:2:3-4-5": "1:2:3-4-5", "1.2+b~x-1.a": "1.2+b~x-1.a"} {
		if got, err := version.Parse(in); err != nil || got != want {
			t.Errorf("Parse(%q) = %q, %v", in, got, err)
		}
	}
}

// The order is one: antisymmetric and transitive, for whatever bytes.
func FuzzCompare(f *testing.F) {
	f.Add("1.0~rc1-1", "1:2", "1.0+b1")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if version.Compare(a, a) != 0 || version.Compare(a, b) != -version.Compare(b, a) {
			t.Fatalf("%q and %q have no order", a, b)
		}
		if version.Compare(a, b) <= 0 && version.Compare(b, c) <= 0 && version.Compare(a, c) > 0 {
			t.Fatalf("%q <= %q <= %q, but not the first and the last", a, b, c)
		}
		if v, err := version.Parse(a); (err == nil) != (v != "") {
			t.Fatalf("Parse(%q) = %q, %v", a, v, err)
		}
	})
}
