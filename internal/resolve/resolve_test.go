package resolve

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/requirements"
)

var update = flag.Bool("update", false, "write what scenarios end in into testdata")

// scenario is a file of testdata: a universe, what is asked of it, and what
// must come of it.
type scenario struct {
	universe *universe
	reqs     []requirements.Requirement
	opt      Options
}

func newScenario(t *testing.T, a *txtar.Archive) *scenario {
	t.Helper()
	s := &scenario{}
	s.opt.Env, s.opt.Ladder = testTarget(t)
	files := map[string]string{}
	for _, f := range a.Files {
		files[f.Name] = string(f.Data)
	}
	open := func(path string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(files[path])), nil
	}
	file, err := requirements.Parse(t.Context(), "requirements.txt", open, requirements.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.reqs, s.opt.Constraints = file.Requirements, file.Constraints
	s.universe = parseUniverse(t, files["universe"])
	for _, line := range strings.Split(files["options"], "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		switch fields[0] {
		case "prereleases":
			s.opt.Prereleases = true
		case "newer":
			s.opt.ExcludeNewer, err = ParseCutoff(fields[1])
		case "deny":
			s.opt.Deny = fields[1:]
		case "avoid":
			s.opt.Avoid = fields[1:]
		case "exclude":
			s.opt.Exclude = append(s.opt.Exclude, fields[1:]...)
		case "override":
			var r pep508.Requirement
			r, err = pep508.ParseRequirement(strings.TrimSpace(strings.TrimPrefix(line, "override")))
			s.opt.Override = append(s.opt.Override, r)
		case "prefer":
			var v pep440.Version
			v, err = pep440.Parse(fields[2])
			if s.opt.Prefer == nil {
				s.opt.Prefer = map[string]pep440.Version{}
			}
			s.opt.Prefer[fields[1]] = v
		default:
			err = fmt.Errorf("unknown option %q", line)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	s.opt.Provider = s.universe
	return s
}

// run returns what comes of the scenario as text.
func (s *scenario) run(ctx context.Context) (kind, text string) {
	solution, err := Resolve(ctx, s.reqs, s.opt)
	if err != nil {
		var conflict *ConflictError
		if errors.As(err, &conflict) {
			return "conflict", strings.Join(conflict.Reasons, "\n") + "\n"
		}
		return "error", err.Error() + "\n"
	}
	var b strings.Builder
	for _, p := range solution.Pins {
		b.WriteString(p.Name)
		if len(p.Extras) > 0 {
			b.WriteString("[" + strings.Join(p.Extras, ",") + "]")
		}
		fmt.Fprintf(&b, " %s", p.Version)
		if via := p.via(); len(via) > 0 {
			fmt.Fprintf(&b, "  # %s", strings.Join(via, ", "))
		}
		b.WriteString("\n")
	}
	for _, w := range solution.Warnings {
		fmt.Fprintf(&b, "warning: %s: %s: %s\n", w.Kind, w.Text, strings.Join(w.Chain, ", "))
	}
	for _, text := range solution.Unused {
		fmt.Fprintf(&b, "unused: %s\n", text)
	}
	return "solution", b.String()
}

func TestScenarios(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no scenarios", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			s := newScenario(t, a)
			kind, got := s.run(t.Context())
			last := &a.Files[len(a.Files)-1]
			if *update {
				writeScenario(t, path, a, kind, got)
				return
			}
			if diff := cmp.Diff(last.Name+"\n"+string(last.Data), kind+"\n"+got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			s.checkUnruly(t, kind, got)
		})
	}
}

// checkUnruly runs the scenario again with late replies, shuffled files and
// shuffled requirements.
func (s *scenario) checkUnruly(t *testing.T, kind, text string) {
	t.Helper()
	s.universe.unruly = true
	for i := range 5 {
		s.opt.Jobs = 1 + i*4
		rand.Shuffle(len(s.reqs), func(i, j int) { s.reqs[i], s.reqs[j] = s.reqs[j], s.reqs[i] })
		k, got := s.run(t.Context())
		if diff := cmp.Diff(kind+"\n"+text, k+"\n"+got); diff != "" && kind != "error" {
			t.Fatalf("another answer, -first +now:\n%s", diff)
		}
	}
	for what, n := range s.universe.asked {
		if n > 6 {
			t.Errorf("%s asked for %d times in 6 runs", what, n)
		}
	}
}

func TestPreferences(t *testing.T) {
	v := func(s string) pep440.Version {
		v, err := pep440.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	pins := []requirements.Pin{{Normalized: "a", Version: v("1")}, {Normalized: "b-c", Version: v("2")}}
	got := Preferences(pins, "B_C")
	if len(got) != 1 || !got["a"].Equal(v("1")) {
		t.Errorf("got %v", got)
	}
}

func TestParseCutoff(t *testing.T) {
	for text, want := range map[string]string{
		"2025-11-01":                "2025-11-02 00:00:00 +0000 UTC",
		"2024-12-31":                "2025-01-01 00:00:00 +0000 UTC",
		"2025-11-01T00:00:00Z":      "2025-11-01 00:00:00 +0000 UTC",
		"2025-11-01T02:00:00+02:00": "2025-11-01 00:00:00 +0000 UTC",
		"2025-13-01":                "",
		"yesterday":                 "",
		"":                          "",
	} {
		got, err := ParseCutoff(text)
		if (err != nil) != (want == "") || err == nil && got.String() != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

func TestMissingOptions(t *testing.T) {
	env, ladder := testTarget(t)
	u := parseUniverse(t, "a 1")
	for i, opt := range []Options{
		{Env: env, Ladder: ladder},
		{Provider: u, Env: env},
		{Provider: u, Ladder: ladder},
	} {
		if _, err := Resolve(t.Context(), nil, opt); err == nil {
			t.Errorf("%d: no error", i)
		}
	}
	s, err := Resolve(t.Context(), nil, Options{Provider: u, Env: env, Ladder: ladder})
	if err != nil || len(s.Pins) != 0 {
		t.Errorf("nothing asked for: %v, %v", s, err)
	}
}

func writeScenario(t *testing.T, path string, a *txtar.Archive, kind, text string) {
	t.Helper()
	a.Files = slices.DeleteFunc(a.Files, func(f txtar.File) bool {
		return slices.Contains([]string{"solution", "conflict", "denied", "error"}, f.Name)
	})
	a.Files = append(a.Files, txtar.File{Name: kind, Data: []byte(text)})
	if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
		t.Fatal(err)
	}
}
