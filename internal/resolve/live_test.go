package resolve

import (
	"cmp"
	"io"
	"os"
	"testing"
	"time"

	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// TestLive resolves the requirements file in ASSEMBLE_LIVE_REQUIREMENTS from
// the index at ASSEMBLE_LIVE_INDEX, by hand: it writes the lock to
// ASSEMBLE_LIVE_LOCK and tells how long it took.
func TestLive(t *testing.T) {
	url, path := os.Getenv("ASSEMBLE_LIVE_INDEX"), os.Getenv("ASSEMBLE_LIVE_REQUIREMENTS")
	if url == "" || path == "" {
		t.Skip("ASSEMBLE_LIVE_INDEX and ASSEMBLE_LIVE_REQUIREMENTS are not set")
	}
	target := tags.Target{
		Python:  cmp.Or(os.Getenv("ASSEMBLE_LIVE_PYTHON"), "3.10.19"),
		Machine: cmp.Or(os.Getenv("ASSEMBLE_LIVE_MACHINE"), "aarch64"),
		Glibc:   cmp.Or(os.Getenv("ASSEMBLE_LIVE_GLIBC"), "2.36"),
	}
	ladder, err := tags.Supported(target)
	if err != nil {
		t.Fatal(err)
	}
	file, err := requirements.Parse(t.Context(), path, func(path string) (io.ReadCloser, error) { return os.Open(path) }, requirements.Options{})
	if err != nil {
		t.Fatal(err)
	}
	client, err := index.New(index.Options{URLs: []string{url}, Note: func(s string) { t.Log(s) }})
	if err != nil {
		t.Fatal(err)
	}
	opt := Options{Provider: Index(client, wheels.DigestCache{}), Env: target.Environment(), Ladder: ladder, Constraints: file.Constraints}
	if cutoff := os.Getenv("ASSEMBLE_LIVE_EXCLUDE_NEWER"); cutoff != "" {
		if opt.ExcludeNewer, err = ParseCutoff(cutoff); err != nil {
			t.Fatal(err)
		}
	}
	start := time.Now()
	solution, err := Resolve(t.Context(), file.Requirements, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%v: %+v", time.Since(start).Round(time.Millisecond), solution.Looked)
	for _, w := range solution.Warnings {
		t.Logf("warning: %s: %q", w.Text, w.Chain)
	}
	if lock := os.Getenv("ASSEMBLE_LIVE_LOCK"); lock != "" {
		out, err := os.Create(lock)
		if err != nil {
			t.Fatal(err)
		}
		if err := solution.WriteRequirements(out, WriteOptions{}); err != nil {
			t.Error(err)
		}
		if err := out.Close(); err != nil {
			t.Error(err)
		}
	}
}
