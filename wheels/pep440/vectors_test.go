package pep440_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/vectors"
	"github.com/assemble-image/assemble/wheels/pep440"
)

// describe renders a version in the columns of pep440.tsv.
func describe(v pep440.Version) string {
	release := make([]string, len(v.Release()))
	for i, n := range v.Release() {
		release[i] = n.String()
	}
	pre, post, dev := "", "", ""
	if phase, n, ok := v.Pre(); ok {
		pre = phase + n.String()
	}
	if n, ok := v.Post(); ok {
		post = n.String()
	}
	if n, ok := v.Dev(); ok {
		dev = n.String()
	}
	return fmt.Sprintf("%s|%s|%s|%s|%s|%s|%s|%s|%v", v, v.Canonical(), v.Epoch(), strings.Join(release, "."),
		pre, post, dev, v.Local(), v.IsPrerelease())
}

func TestVersionTable(t *testing.T) {
	type ranked struct {
		v    pep440.Version
		rank int
	}
	var all []ranked
	rows := vectors.Rows(t, "pep440.tsv")
	for _, row := range rows {
		text := vectors.Text(t, row[0])
		v, err := pep440.Parse(text)
		if (err == nil) != (row[1] == "valid") {
			t.Errorf("Parse(%q): %v, want %s", text, err, row[1])
			continue
		}
		if err != nil {
			continue
		}
		pre := vectors.Text(t, row[6])
		want := fmt.Sprintf("%s|%s|%s|%s|%s|%s|%s|%s|%v", vectors.Text(t, row[2]), vectors.Text(t, row[3]),
			row[4], row[5], pre, row[7], row[8], vectors.Text(t, row[9]), row[10] == "1")
		if got := describe(v); got != want {
			t.Errorf("Parse(%q) = %s, want %s", text, got, want)
		}
		rank, err := strconv.Atoi(row[11])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, ranked{v, rank})
	}
	for _, a := range all {
		for _, b := range all {
			if got, want := a.v.Compare(b.v), compareInts(a.rank, b.rank); got != want {
				t.Fatalf("%s.Compare(%s) = %d, want %d", a.v, b.v, got, want)
			}
		}
	}
	t.Logf("%d rows, %d of them valid, %d pairs", len(rows), len(all), len(all)*len(all))
}

func compareInts(a, b int) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func TestSpecifierParseTable(t *testing.T) {
	rows := vectors.Rows(t, "specifiers_parse.tsv")
	for _, row := range rows {
		text := vectors.Text(t, row[0])
		s, err := pep440.ParseSpecifiers(text)
		if (err == nil) != (row[1] == "valid") {
			t.Errorf("ParseSpecifiers(%q): %v, want %s", text, err, row[1])
			continue
		}
		if want := vectors.Text(t, row[2]); err == nil && s.String() != want {
			t.Errorf("ParseSpecifiers(%q) = %q, want %q", text, s, want)
		}
	}
	t.Logf("%d rows", len(rows))
}

func TestContainsTable(t *testing.T) {
	policy := map[string]pep440.Prereleases{
		"none": pep440.PrereleasesAuto, "true": pep440.PrereleasesAllow, "false": pep440.PrereleasesDeny,
	}
	rows := vectors.Rows(t, "specifiers.tsv")
	for _, row := range rows {
		text, version := vectors.Text(t, row[0]), vectors.Text(t, row[2])
		s, err := pep440.ParseSpecifiers(text)
		if err != nil {
			t.Errorf("ParseSpecifiers(%q): %v", text, err)
			continue
		}
		pre := policy[row[1]]
		if row[3] != "none" {
			pre = policy[row[3]]
		}
		v, err := pep440.Parse(version)
		if row[4] == "true" && err == nil && v.IsPrerelease() {
			pre = pep440.PrereleasesAllow
		}
		want := row[5] == "true"
		if got := s.ContainsText(version, pre); got != want {
			t.Errorf("%q contains %q (%v) = %v, want %v", text, version, row[1:5], got, want)
		}
		if err == nil && !strings.Contains(text, "===") && s.Contains(v, pre) != want {
			t.Errorf("%q contains version %q (%v), want %v", text, version, row[1:5], want)
		}
	}
	t.Logf("%d rows", len(rows))
}
