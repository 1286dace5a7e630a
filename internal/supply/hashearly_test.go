package supply

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/assemble-image/assemble/internal/cache"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels"
)

// earlySupplier has a wheelhouse with those files and a lock with that text.
func earlySupplier(t *testing.T, lock string, files ...string) (*Supplier, string) {
	t.Helper()
	dir := t.TempDir()
	old := time.Now().Add(-time.Hour)
	for _, name := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("wheel "+name), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "lock"), []byte(lock), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := cache.Open(t.TempDir(), cache.Options{})
	if err != nil {
		t.Fatal(err)
	}
	cfg := &config.Config{Platform: "linux/arm64"}
	cfg.Lock = config.NewPath(dir, "lock")
	cfg.Wheelhouse = config.NewPath(dir, ".")
	return New(cfg, Options{Cache: c}), dir
}

func TestHashEarly(t *testing.T) {
	const (
		plain  = "plain-1.0-py3-none-any.whl"
		native = "Some_Native-2.0-cp310-cp310-manylinux_2_17_aarch64.manylinux2014_aarch64.whl"
		other  = "Some_Native-2.0-cp310-cp310-manylinux_2_17_x86_64.whl"
	)
	p, dir := earlySupplier(t, "plain==1.0 --hash=sha256:00\nsome.native[x]==2.0 ; python_version > '3'\ntwice==1\nmissing==4\nyoung==1\n",
		plain, native, other, "unnamed-1.0-py3-none-any.whl", "twice-1.0-py3-none-any.whl", "twice-2.0-py3-none-any.whl",
		"young-1.0-py3-none-any.whl", "only_intel-1.0-cp310-cp310-linux_x86_64.whl", "notawheel.whl")
	now := time.Now()
	if err := os.Chtimes(filepath.Join(dir, "young-1.0-py3-none-any.whl"), now, now); err != nil {
		t.Fatal(err)
	}
	e := p.HashEarly(t.Context())
	e.Wait()
	defer e.Stop()
	list, _, err := wheels.ListWheelhouse(dir)
	if err != nil {
		t.Fatal(err)
	}
	var hashed []string
	for _, c := range list {
		known := false
		_, err := wheels.Identify(c.Path, wheels.Options{LookupDigest: func(s *layers.Source) (digest [32]byte, ok bool) {
			digest, known = p.digests().Lookup(s)
			return digest, known
		}})
		if err != nil {
			t.Fatal(err)
		}
		if known {
			hashed = append(hashed, filepath.Base(c.Path))
		}
	}
	if want := []string{native, plain}; !slices.Equal(hashed, want) {
		t.Errorf("hashed %q, want %q", hashed, want)
	}
}

// TestHashEarlyStops holds that it may be stopped at once, or never started,
// and minds neither a lock nor a wheelhouse that isn't there.
func TestHashEarlyStops(t *testing.T) {
	p, _ := earlySupplier(t, "plain==1.0\n", "plain-1.0-py3-none-any.whl")
	p.HashEarly(t.Context()).Stop()
	p.cfg.Lock.Abs += ".gone"
	p.HashEarly(t.Context()).Wait()
	p.cfg.Wheelhouse.Abs += ".gone"
	p.HashEarly(t.Context()).Wait()
	var none *EarlyHashing
	none.Wait()
	none.Stop()
}
