package solve_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/debs/packages"
	"github.com/assemble-image/assemble/internal/debs/solve"
)

// archiveOf writes a Packages file: a package a line, "name version; Field:
// value; …".
func archiveOf(lines string) string {
	var b strings.Builder
	for line := range strings.Lines(lines) {
		parts := strings.Split(strings.TrimSpace(line), ";")
		words := strings.Fields(parts[0])
		if len(words) < 2 {
			continue
		}
		fmt.Fprintf(&b, "Package: %s\nVersion: %s\nArchitecture: arm64\nStatus: install ok installed\n", words[0], words[1])
		for _, field := range parts[1:] {
			b.WriteString(strings.TrimSpace(field) + "\n")
		}
		fmt.Fprintf(&b, "Filename: pool/%s_%s_arm64.deb\nSize: 1\nSHA256: %064d\n\n", words[0], words[1], 0)
	}
	return b.String()
}

func TestSolve(t *testing.T) {
	for name, tt := range map[string]struct {
		archive, base, ask, want string
		recommends               bool
	}{
		"what is needed":                 {archive: "a 1; Depends: b, c (>= 1)\nb 1; Pre-Depends: c\nc 1", ask: "a", want: "0 | a=1 b=1 c=1 | "},
		"highest version":                {archive: "a 1\na 10\na 9", ask: "a", want: "0 | a=10 | "},
		"version asked for":              {archive: "a 15.1-1\na 15.2-1\na 16", ask: "a=15.*", want: "0 | a=15.2-1 | "},
		"only the candidate":             {archive: "a 1; Depends: b (<< 2)\nb 1\nb 2", ask: "a", want: "100"},
		"both asked for":                 {archive: "a 1; Depends: b (<< 2)\nb 1\nb 2", ask: "a b=1", want: "0 | a=1 b=1 | "},
		"good enough stays":              {archive: "a 1; Depends: b\nb 2", base: "b 1", ask: "a", want: "0 | a=1 | "},
		"named is upgraded":              {archive: "b 2", base: "b 1", ask: "b", want: "0 |  | b=2"},
		"newest is there":                {archive: "b 1", base: "b 1", ask: "b", want: "0 |  | "},
		"newer is there":                 {archive: "b 1", base: "b 2", ask: "b", want: "0 |  | "},
		"too old is upgraded":            {archive: "a 1; Depends: b (>= 2)\nb 2", base: "b 1", ask: "a", want: "0 | a=1 | b=2"},
		"lockstep down":                  {archive: "git 1; Depends: perl\nperl 2; Depends: perl-base (= 2)\nperl-base 2", base: "perl-base 1; Essential: yes", ask: "git", want: "0 | git=1 perl=2 | perl-base=2"},
		"lockstep up":                    {archive: "a 1; Depends: libc6 (>= 2)\nlibc6 2\nlibc-bin 2; Depends: libc6 (= 2)", base: "libc6 1\nlibc-bin 1; Depends: libc6 (= 1)", ask: "a", want: "0 | a=1 | libc-bin=2 libc6=2"},
		"same source":                    {archive: "a 1; Depends: libssl3 (>= 2)\nlibssl3 2; Source: openssl\nopenssl 2", base: "libssl3 1; Source: openssl\nopenssl 1", ask: "a", want: "0 | a=1 | libssl3=2 openssl=2"},
		"first alternative":              {archive: "a 1; Depends: b | c\nb 1\nc 1", ask: "a", want: "0 | a=1 b=1 | "},
		"alternative that is there":      {archive: "a 1; Depends: b | c\nb 1\nc 1", base: "c 1", ask: "a", want: "0 | a=1 | "},
		"alternative that was asked for": {archive: "a 1; Depends: b | c\nb 1\nc 1", ask: "a c", want: "0 | a=1 c=1 | "},
		"in the order asked for":         {archive: "a 1; Depends: c | d\nb 1; Depends: d | c\nc 1\nd 1", ask: "b a", want: "0 | a=1 b=1 d=1 | "},
		"alternative that can't be":      {archive: "a 1; Depends: b | c\nb 1; Depends: none\nc 1", ask: "a", want: "0 | a=1 c=1 | "},
		"alternative without conflict":   {archive: "a 1; Depends: c | d\nb 1; Conflicts: c\nc 1\nd 1", ask: "a b", want: "0 | a=1 b=1 d=1 | "},
		"provided":                       {archive: "a 1; Depends: v (>= 2)\np 9; Provides: v (= 2)\nq 1; Provides: v", ask: "a", want: "0 | a=1 p=9 | "},
		"provided without a version":     {archive: "a 1; Depends: v (>= 2)\nq 3; Provides: v", ask: "a", want: "100"},
		"provided by priority":           {archive: "a 1; Depends: v\np 1; Provides: v; Priority: optional\nq 1; Provides: v; Priority: standard\nr 1; Provides: v; Priority: extra", ask: "a", want: "0 | a=1 q=1 | "},
		"one provider":                   {archive: "p 1; Provides: v", ask: "v", want: "0 | p=1 | "},
		"several providers":              {archive: "p 1; Provides: v\nq 1; Provides: v", ask: "v", want: "100"},
		"any":                            {archive: "a 1; Depends: py:any (>= 1)\npy 1; Multi-Arch: allowed", ask: "a", want: "0 | a=1 py=1 | "},
		"any, not allowed":               {archive: "a 1; Depends: py:any\npy 1; Multi-Arch: foreign", ask: "a", want: "100"},
		"another architecture":           {archive: "a 1; Depends: b:amd64\nb 1", ask: "a", want: "100"},
		"own virtual package":            {archive: "a 1; Provides: mta; Conflicts: mta", ask: "a", want: "0 | a=1 | "},
		"conflict":                       {archive: "a 1; Conflicts: b\nb 1", ask: "a b", want: "100"},
		"breaks, upgradable":             {archive: "a 1; Breaks: old (<< 2)\nold 2", base: "old 1", ask: "a", want: "0 | a=1 | old=2"},
		"breaks, for good":               {archive: "a 1; Breaks: old (<< 2)", base: "old 1", ask: "a", want: "refused"},
		"replaces the base's":            {archive: "a 1; Conflicts: old; Replaces: old; Provides: old", base: "old 1", ask: "a", want: "refused"},
		"essential":                      {archive: "a 1; Conflicts: base", base: "base 1; Essential: yes", ask: "a", want: "100"},
		"held":                           {archive: "a 1; Depends: b (>= 2)\nb 2", base: "b 1; Status: hold ok installed", ask: "a", want: "100"},
		"held, named":                    {archive: "b 2", base: "b 1; Status: hold ok installed", ask: "b", want: "100"},
		"cycle":                          {archive: "a 1; Depends: b\nb 1; Depends: c\nc 1; Depends: a", ask: "a", want: "0 | a=1 b=1 c=1 | "},
		"recommends left out":            {archive: "a 1; Recommends: b\nb 1", ask: "a", want: "0 | a=1 | "},
		"recommends":                     {archive: "a 1; Recommends: b, none\nb 1; Recommends: c\nc 1", ask: "a", want: "0 | a=1 b=1 c=1 | ", recommends: true},
		"missing":                        {archive: "a 1", ask: "b", want: "100"},
		"needs what is missing":          {archive: "a 1; Depends: b", ask: "a", want: "100"},
	} {
		t.Run(name, func(t *testing.T) {
			base := archiveOf(tt.base)
			base = strings.ReplaceAll(base, "Status: install ok installed\nStatus:", "Status:")
			asked, opt := requests(strings.Fields(tt.ask))
			opt.Recommends = tt.recommends
			s, err := solve.Solve([]solve.Source{source(t, []byte(archiveOf(tt.archive)))}, status(t, base), arch, asked, opt)
			if got := answer(s, err); got != tt.want {
				t.Errorf("got %s, want %s (%v)", got, tt.want, err)
			}
		})
	}
}

func TestPins(t *testing.T) {
	main := source(t, []byte(archiveOf("a 1; Depends: b\nb 1\nc 1")))
	backports := source(t, []byte(archiveOf("a 2\nb 2\nd 1")))
	for _, tt := range []struct {
		priority  int
		ask, want string
	}{
		{500, "a", "0 | a=2 | "},
		{100, "a", "0 | a=1 b=1 | "},
		{100, "a=2", "0 | a=2 | "},
		{100, "d", "0 | d=1 | "},
		{-1, "d", "100"},
		{990, "a b", "0 | a=2 b=2 | "},
	} {
		backports.Priority = tt.priority
		asked, opt := requests(strings.Fields(tt.ask))
		s, err := solve.Solve([]solve.Source{main, backports}, nil, arch, asked, opt)
		if got := answer(s, err); got != tt.want {
			t.Errorf("pin %d, %s: got %s, want %s (%v)", tt.priority, tt.ask, got, tt.want, err)
		}
	}
	main.Priority = 1001
	s, err := solve.Solve([]solve.Source{main}, status(t, archiveOf("c 2")), arch, []solve.Request{{Name: "c"}}, solve.Options{})
	if got := answer(s, err); got != "0 |  | c=1" {
		t.Errorf("a pin of 1001 doesn't downgrade: %s", got)
	}
}

func TestWhy(t *testing.T) {
	archive := "a 1; Depends: b | x\nb 1; Pre-Depends: libssl3 (>= 2)\nlibssl3 2; Source: openssl\nopenssl 2"
	s, err := solve.Solve([]solve.Source{source(t, []byte(archiveOf(archive)))}, status(t, archiveOf("libssl3 1\nopenssl 1")), arch, []solve.Request{{Name: "a", Version: "1"}}, solve.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"a": "requested as a=1", "b": "a Depends: b | x", "libssl3": "b Pre-Depends: libssl3 (>= 2)", "openssl": "upgraded with libssl3, of the same source openssl",
	}
	for _, c := range s.Install {
		if c.Why.String() != want[c.Name] {
			t.Errorf("%s: %q, want %q", c.Name, c.Why, want[c.Name])
		}
	}
	if len(s.Install) != len(want) {
		t.Errorf("got %d packages", len(s.Install))
	}
}

func TestExplanations(t *testing.T) {
	for name, tt := range map[string]struct {
		archive, base, ask string
		want               []string
	}{
		"missing":    {archive: "a 1; Depends: b\nb 1; Depends: c (>= 2)", ask: "a", want: []string{`"a" can't be installed`, "a 1 Depends: b", "b 1 Depends: c (>= 2), but no source has c"}},
		"too old":    {archive: "a 1; Depends: b (>= 2)\nb 1", ask: "a", want: []string{"a 1 Depends: b (>= 2), but there is only b 1"}},
		"not chosen": {archive: "a 1; Depends: b (<< 2)\nb 1\nb 2", ask: "a", want: []string{"b 1 is not the candidate (2 is)"}},
		"conflict": {
			archive: "a 1; Depends: c\nb 1; Depends: d\nc 1; Conflicts: d\nd 1", ask: "a b",
			want: []string{`"b" can't be installed`, "b 1 Depends: d, but d 1 can't be installed: c 1 Conflicts: d (a 1 Depends: c; a was requested)"},
		},
		"removal": {
			archive: "a 1; Depends: b\nb 1; Conflicts: old", base: "old 1", ask: "a",
			want: []string{`"old 1" would have to be removed`, "b 1 Conflicts: old; a 1 Depends: b; a was requested"},
		},
		"virtual":    {archive: "p 1; Provides: v\nq 2; Provides: v", ask: "v", want: []string{`"v" is virtual`, "q 2, p 1"}},
		"unknown":    {archive: "p 1", ask: "x y", want: []string{`"x" is in none of the sources: archive`, `"y"`}},
		"no version": {archive: "p 1\np 2", ask: "p=3", want: []string{`no version "3", only 2, 1`}},
		"base":       {archive: "p 1", base: "a 1; Depends: b", ask: "p", want: []string{"the base's own packages don't fit together", "a 1 Depends: b, but no source has b"}},
		"syntax":     {archive: "p 1; Depends: b [", ask: "p", want: []string{`package "p 1": Depends:`}},
	} {
		t.Run(name, func(t *testing.T) {
			asked, opt := requests(strings.Fields(tt.ask))
			_, err := solve.Solve([]solve.Source{source(t, []byte(archiveOf(tt.archive)))}, status(t, archiveOf(tt.base)), arch, asked, opt)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in:\n%v", want, err)
				}
			}
		})
	}
}

// Sets of 10^5 packages: a chain, a cycle, and many that all provide a name and
// keep each other away.
func TestLargeSets(t *testing.T) {
	const n = 100_000
	big := func(line func(*strings.Builder, int)) []byte {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "Package: p%d\nVersion: 1\nArchitecture: all\n", i)
			line(&b, i)
			b.WriteString("\n")
		}
		return []byte(b.String())
	}
	next := big(func(b *strings.Builder, i int) { fmt.Fprintf(b, "Depends: p%d\n", (i+1)%n) })
	s, err := solve.Solve([]solve.Source{source(t, next)}, nil, arch, []solve.Request{{Name: "p7"}}, solve.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Install) != n {
		t.Errorf("%d packages of a cycle of %d", len(s.Install), n)
	}
	enemies := big(func(b *strings.Builder, i int) {
		b.WriteString("Provides: v\nConflicts: v\nDepends: p" + fmt.Sprint(i/2) + "\n")
	})
	_, err = solve.Solve([]solve.Source{source(t, enemies)}, nil, arch, []solve.Request{{Name: "p99999"}}, solve.Options{})
	var conflict *solve.ConflictError
	if !errors.As(err, &conflict) {
		t.Errorf("got %v", err)
	}
}

// However the stanzas are read, no archive makes choosing crash, and what is
// chosen has all that it needs.
func FuzzSolve(f *testing.F) {
	f.Add("a 1; Depends: b | c\nb 1; Conflicts: c\nc 2; Provides: b (= 1)", "c 1", "a")
	f.Add("a 1; Breaks: b (<< 2)\nb 2; Pre-Depends: a:any", "b 1; Essential: yes", "a b=2")
	f.Fuzz(func(t *testing.T, archive, base, ask string) {
		distilled, err := packages.Distill(strings.NewReader(archiveOf(archive)), arch)
		if err != nil {
			return
		}
		x, err := packages.Open(distilled)
		if err != nil {
			t.Fatalf("what was distilled can't be opened: %v", err)
		}
		installed, _, err := packages.ReadStatus(strings.NewReader(archiveOf(base)), arch)
		if err != nil {
			return
		}
		asked, opt := requests(strings.Fields(ask))
		sources := []solve.Source{{Index: x, Priority: 500, Name: "x"}}
		s, err := solve.Solve(sources, installed, arch, asked, opt)
		if err != nil {
			return
		}
		after := map[string]packages.Package{}
		for _, p := range installed {
			after[p.Name] = p
		}
		for _, c := range s.Install {
			after[c.Name] = c.Package
		}
		var all []packages.Package
		for _, p := range after {
			all = append(all, p)
		}
		if _, err := solve.Solve(sources, all, arch, nil, opt); err != nil {
			t.Fatalf("what was chosen doesn't fit together: %v", err)
		}
	})
}
