// Package dockerignore holds our reading of .dockerignore against BuildKit's own
// walker on random contexts. It is a module of its own, so that the project
// doesn't depend on that walker; `make dockerignore-compare` runs it.
package dockerignore

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"

	"github.com/assemble-image/assemble/internal/app"
)

const contexts = 1000

func TestRandomContexts(t *testing.T) {
	partly := 0
	for seed := range uint64(contexts) {
		c := newContext(seed)
		dir := t.TempDir()
		c.write(t, dir)
		want := theirs(t, dir, c.ignore)
		if got := ours(t, dir); !slices.Equal(want, got) {
			t.Fatalf("context %d:\n%s\nfiles %q\n-BuildKit +assemble\n%s", seed, c.ignore, c.files, cmp.Diff(want, got))
		}
		if len(want) > 0 && len(want) < len(theirs(t, dir, "")) {
			partly++
		}
	}
	if partly < contexts/3 {
		t.Errorf("only of %d contexts something is left out, and something not", partly)
	}
}

// context is a directory and its ignore file.
type context struct {
	files  []string
	ignore string
}

var (
	names    = []string{"a", "b", "src", "logs", "x.log", "y.txt", "b.log", "ab"}
	patterns = slices.Concat(names, names, []string{"*", "**", "*.log", "?", "a*", "[ab]", "**/*.log", "s?c"})
)

func newContext(seed uint64) context {
	rnd := rand.New(rand.NewPCG(seed, 1))
	pick := func(list []string, most int) string {
		parts := make([]string, 1+rnd.IntN(most))
		for i := range parts {
			parts[i] = list[rnd.IntN(len(list))]
		}
		return strings.Join(parts, "/")
	}
	var c context
	for range 3 + rnd.IntN(20) {
		c.files = append(c.files, pick(names, 4))
	}
	for range 1 + rnd.IntN(6) {
		line := pick(patterns, 3)
		for range rnd.IntN(2) {
			line = "/" + line
		}
		if rnd.IntN(4) == 0 {
			line += "/"
		}
		if rnd.IntN(5) < 2 {
			line = "!" + line
		}
		c.ignore += line + "\n"
	}
	return c
}

// write makes the files; one whose path is taken, or leads through another, is
// left out.
func (c context) write(t *testing.T, dir string) {
	t.Helper()
	for _, f := range c.files {
		p := filepath.Join(dir, f)
		if os.MkdirAll(filepath.Dir(p), 0o755) == nil {
			_ = os.WriteFile(p, nil, 0o644)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, ".dockerignore"), []byte(c.ignore), 0o644); err != nil {
		t.Fatal(err)
	}
}

// theirs is what BuildKit would send of dir.
func theirs(t *testing.T, dir, ignore string) []string {
	t.Helper()
	excludes, err := ignorefile.ReadAll(strings.NewReader(ignore))
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	err = fsutil.WalkDir(t.Context(), dir, &fsutil.FilterOpt{ExcludePatterns: excludes}, func(p string, _ fs.DirEntry, err error) error {
		if p != ".dockerignore" { // we never take it
			list = append(list, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

// ours is what goes into an image.
func ours(t *testing.T, dir string) []string {
	t.Helper()
	list := []string{}
	tree, err := app.Walk(t.Context(), dir, "/app", app.Options{Dir: dir})
	if err != nil {
		if strings.Contains(err.Error(), "everything in it is excluded") {
			return list
		}
		t.Fatal(fmt.Errorf("%s: %w", dir, err))
	}
	defer func() {
		if err := tree.Close(); err != nil {
			t.Error(err)
		}
	}()
	for e, err := range tree.Stream() {
		if err != nil {
			t.Fatal(err)
		}
		if p, ok := strings.CutPrefix(e.Path, "app/"); ok {
			list = append(list, p)
		}
	}
	return list
}
