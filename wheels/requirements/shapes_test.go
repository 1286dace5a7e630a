package requirements_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/assemble-image/assemble/wheels/requirements"
)

// TestShapes reads files in the shapes that those of public projects have: each
// file of testdata has what the project includes, and what is read of it.
func TestShapes(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no shapes", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			texts, want := map[string]string{}, ""
			for _, f := range a.Files {
				if f.Name == "want" {
					want = string(f.Data)
				} else {
					texts[f.Name] = string(f.Data)
				}
			}
			opt := requirements.Options{CredentialHost: func(host string) bool { return host == "packages.example.com" }}
			if diff := cmp.Diff(want, shape(parse(texts, opt))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// shape renders what a file amounts to.
func shape(f *requirements.File, err error) string {
	var lines []string
	for _, p := range requirements.ListProblems(err) {
		lines = append(lines, "error "+p.Error())
	}
	if f != nil {
		lines = append(lines, brief(f.Requirements)...)
		for _, c := range brief(f.Constraints) {
			lines = append(lines, "constraint "+c)
		}
		for _, s := range append(append(f.FindLinks, f.ExtraIndexURLs...), f.IndexURL) {
			if !s.IsZero() {
				lines = append(lines, "place "+s.Value)
			}
		}
		for _, n := range f.Notes {
			lines = append(lines, "note "+n.Error())
		}
	}
	return strings.Join(lines, "\n") + "\n"
}
