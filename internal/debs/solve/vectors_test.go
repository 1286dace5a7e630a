package solve_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/debs/debtest"
	"github.com/assemble-image/assemble/internal/debs/packages"
	"github.com/assemble-image/assemble/internal/debs/solve"
	"github.com/assemble-image/assemble/internal/xz"
)

const arch = "arm64"

func source(t testing.TB, text []byte) solve.Source {
	t.Helper()
	distilled, err := packages.Distill(bytes.NewReader(text), arch)
	if err != nil {
		t.Fatal(err)
	}
	x, err := packages.Open(distilled)
	if err != nil {
		t.Fatal(err)
	}
	return solve.Source{Index: x, Priority: solve.DefaultPriority, Name: "archive"}
}

func status(t testing.TB, text string) []packages.Package {
	t.Helper()
	installed, _, err := packages.ReadStatus(strings.NewReader(text), arch)
	if err != nil {
		t.Fatal(err)
	}
	return installed
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func requests(words []string) (out []solve.Request, opt solve.Options) {
	for _, w := range words {
		if w == "--install-recommends" {
			opt.Recommends = true
			continue
		}
		name, v, _ := strings.Cut(w, "=")
		out = append(out, solve.Request{Name: name, Version: v})
	}
	return out, opt
}

// answer writes a solution as apt's answers to the small cases are written.
func answer(s *solve.Solution, err error) string {
	var removal *solve.RemovalError
	if errors.As(err, &removal) {
		return "refused"
	}
	if err != nil {
		return "100"
	}
	var fresh, upgraded []string
	for _, c := range s.Install {
		word := c.Name + "=" + c.Version
		if c.Old == "" {
			fresh = append(fresh, word)
		} else {
			upgraded = append(upgraded, word)
		}
	}
	slices.Sort(fresh)
	slices.Sort(upgraded)
	return "0 | " + strings.Join(fresh, " ") + " | " + strings.Join(upgraded, " ")
}

func TestSmallCasesOfApt(t *testing.T) {
	for _, row := range debtest.Rows(t, "synth.tsv") {
		t.Run(row[0], func(t *testing.T) {
			dir := filepath.Join(debtest.Vector(t, "synth"), row[0])
			row = append(row, make([]string, 6)...)
			want := row[2]
			switch {
			case row[5] != "": // apt removes a package of the base, which we refuse
				want = "refused"
			case row[2] == "0":
				want = "0 | " + row[3] + " | " + row[4]
			}
			asked, opt := requests(strings.Fields(row[1]))
			s, err := solve.Solve([]solve.Source{source(t, read(t, filepath.Join(dir, "Packages")))}, status(t, string(read(t, filepath.Join(dir, "status")))), arch, asked, opt)
			if got := answer(s, err); got != want {
				t.Errorf("got %s, apt says %s (%v)", got, want, err)
			}
			if err != nil {
				t.Log(err)
			}
		})
	}
}

func lists(t testing.TB) []solve.Source {
	t.Helper()
	var out []solve.Source
	for _, name := range []string{"bookworm", "bookworm-updates", "bookworm-security"} {
		f, err := os.Open(debtest.Vector(t, "lists/Packages-"+name+"-main-arm64.xz"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		distilled, err := packages.Distill(xz.NewReader(f, xz.Options{}), arch)
		if err != nil {
			t.Fatal(err)
		}
		x, err := packages.Open(distilled)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, solve.Source{Index: x, Priority: solve.DefaultPriority, Name: name})
	}
	return out
}

func TestSetsOfApt(t *testing.T) {
	sources := lists(t)
	for _, row := range debtest.Rows(t, "SETS.tsv") {
		t.Run(row[0], func(t *testing.T) {
			var installed []packages.Package
			if row[1] != "empty" {
				installed = status(t, string(read(t, debtest.Vector(t, "status-"+row[1]))))
			}
			asked, opt := requests(strings.Fields(row[2]))
			s, err := solve.Solve(sources, installed, arch, asked, opt)
			if (err == nil) != (row[3] == "0") {
				t.Fatalf("apt's code is %s, and we say %v", row[3], err)
			}
			if err != nil {
				t.Log(err)
				return
			}
			var got, want, upgraded []string
			for _, c := range s.Install {
				got = append(got, strings.Join([]string{c.Name, c.Version, c.Arch, c.SHA256}, " "))
				if c.Old != "" {
					upgraded = append(upgraded, c.Name)
				}
			}
			for _, p := range debtest.Rows(t, row[0]+".tsv") {
				want = append(want, strings.Join([]string{p[0], p[1], p[2], p[4]}, " "))
			}
			wantUpgraded := strings.Fields(row[6])
			slices.Sort(wantUpgraded)
			slices.Sort(want)
			slices.Sort(got)
			compare(t, got, want)
			compare(t, upgraded, wantUpgraded)
		})
	}
}

func compare(t *testing.T, got, want []string) {
	t.Helper()
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("apt has %s, and we don't", w)
		}
	}
	for _, g := range got {
		if !slices.Contains(want, g) {
			t.Errorf("we have %s, and apt doesn't", g)
		}
	}
}
