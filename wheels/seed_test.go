package wheels_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// image is the scheme of python:3.10-slim-bookworm.
var image = wheels.Scheme{
	Purelib:     "usr/local/lib/python3.10/site-packages",
	Platlib:     "usr/local/lib/python3.10/site-packages",
	Scripts:     "usr/local/bin",
	Data:        "usr/local",
	Headers:     "usr/local/include/python3.10",
	Interpreter: "/usr/local/bin/python3.10",
}

// seedWheels returns the real wheels in the directory that ASSEMBLE_WHEELS
// names.
func seedWheels(t testing.TB) []string {
	t.Helper()
	dir := os.Getenv("ASSEMBLE_WHEELS")
	if dir == "" {
		t.Skip("ASSEMBLE_WHEELS is not set")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no wheels in %s: %v", dir, err)
	}
	return paths
}

// TestSeedWheels opens real wheels, first hashing them, then knowing their
// digests, and installs them.
func TestSeedWheels(t *testing.T) {
	paths := seedWheels(t)
	start := time.Now()
	known := make(map[string][32]byte)
	for _, path := range paths {
		w, err := wheels.Open(path, wheels.Options{})
		if err != nil {
			t.Error(err)
			continue
		}
		known[path] = w.Source.SHA256
	}
	t.Logf("%d wheels hashed and checked in %v", len(paths), time.Since(start))
	start = time.Now()
	open := make([]*wheels.Wheel, 0, len(paths))
	for _, path := range paths {
		w, err := wheels.Open(path, wheels.Options{LookupDigest: func(*layers.Source) ([32]byte, bool) {
			digest, ok := known[path]
			return digest, ok
		}})
		if err != nil {
			continue
		}
		open = append(open, w)
	}
	t.Logf("checked in %v", time.Since(start))
	start = time.Now()
	var all []layers.Entry
	for _, w := range open {
		entries, err := w.Entries(image)
		if err != nil {
			t.Error(err)
		}
		all = append(all, entries...)
	}
	t.Logf("%d entries in %v", len(all), time.Since(start))
	start = time.Now()
	conflicts, err := setOf(t, open...).Conflicts()
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d conflicts in %v", len(conflicts), time.Since(start))
	if len(paths) == 98 && len(conflicts) != 89 {
		t.Errorf("%d conflicts, want the 89 files of opencv-python and opencv-contrib-python", len(conflicts))
	}
}

// TestSeedLock selects the wheels of the lock that ASSEMBLE_LOCK names and
// checks that they make a closed set.
func TestSeedLock(t *testing.T) {
	lock := os.Getenv("ASSEMBLE_LOCK")
	if lock == "" {
		t.Skip("ASSEMBLE_LOCK is not set")
	}
	target := tags.Target{Python: "3.10.19", Machine: "aarch64", Glibc: "2.36"}
	supported, err := tags.Supported(target)
	if err != nil {
		t.Fatal(err)
	}
	f, err := requirements.Parse(t.Context(), lock, func(path string) (io.ReadCloser, error) { return os.Open(path) }, requirements.Options{})
	if err != nil {
		t.Fatal(err)
	}
	pins, err := requirements.Pins(f, target.Environment())
	if err != nil {
		t.Fatal(err)
	}
	house, junk, err := wheels.ListWheelhouse(filepath.Dir(seedWheels(t)[0]))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	chosen, err := wheels.Select(pins, house, supported, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d pins, %d wheels, %d of no name, selected in %v", len(pins), len(house), len(junk), time.Since(start))
	set := make([]*wheels.Wheel, len(chosen))
	extras := make(map[string][]string)
	for i, c := range chosen {
		if set[i], err = wheels.Open(c.Path, wheels.Options{Hashes: pins[i].Hashes}); err != nil {
			t.Fatal(err)
		}
		extras[pins[i].Normalized] = pins[i].Extras
	}
	start = time.Now()
	problems := setOf(t, set...).Check(target.Environment(), extras)
	t.Logf("checked in %v", time.Since(start))
	for _, p := range problems {
		t.Error(p)
	}
}

// BenchmarkOpen checks every wheel whose digest is known, and lays it out.
func BenchmarkOpen(b *testing.B) {
	paths := seedWheels(b)
	opt := wheels.Options{LookupDigest: func(*layers.Source) ([32]byte, bool) { return [32]byte{}, true }}
	for b.Loop() {
		for _, path := range paths {
			if _, err := wheels.Open(path, opt); err != nil {
				b.Fatal(err)
			}
		}
	}
}
