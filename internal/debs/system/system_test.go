package system_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/debs/choose"
	"github.com/assemble-image/assemble/internal/debs/deb"
	"github.com/assemble-image/assemble/internal/debs/debtest"
	"github.com/assemble-image/assemble/internal/debs/lockfile"
	"github.com/assemble-image/assemble/internal/debs/system"
	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/layers"
)

// store keeps documents in memory.
type store struct {
	mu   sync.Mutex
	docs map[string][]byte
}

func (s *store) Get(kind, key string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.docs[kind+" "+key]
	return b, ok
}

func (s *store) Put(kind, key string, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.docs[kind+" "+key] = data
	return nil
}

// debian is a base of dpkg's.
var debian = []embeddedbase.File{
	{Path: "var/lib/dpkg/status", Data: "Package: libc6\nStatus: install ok installed\nArchitecture: arm64\nVersion: 1\nMaintainer: M <m@example.com>\nDescription: c\n"},
	{Path: "var/lib/dpkg/diversions", Data: "/usr/bin/diverted\n/usr/bin/diverted.real\nlibc6\n"},
}

// baseOf is a base of files; files are counted as they are asked for.
func baseOf(t *testing.T, asked *int, files ...embeddedbase.File) system.Base {
	t.Helper()
	img := embeddedbase.Image(embeddedbase.Options{Layers: [][]embeddedbase.File{files}})
	cf, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	digest, err := img.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	return system.Base{Config: cf, Digest: digest.String(), Files: func(ctx context.Context) (*base.Files, error) {
		*asked++
		return base.ReadFiles(ctx, img, base.FactsOptions{})
	}}
}

// write writes packages to a directory, and locks them.
func write(t *testing.T, dir string, debs ...debtest.Deb) *lockfile.Lock {
	t.Helper()
	lock := &lockfile.Lock{Architecture: "arm64", Requested: []string{"demo"}}
	for _, d := range debs {
		data, err := os.ReadFile(d.Write(t, dir))
		if err != nil {
			t.Fatal(err)
		}
		version := d.Version
		if version == "" {
			version = "1"
		}
		lock.Packages = append(lock.Packages, lockfile.Package{
			Name: d.Name, Version: version, Architecture: "arm64", Size: int64(len(data)), SHA256: fmt.Sprintf("%x", sha256.Sum256(data)),
		})
	}
	slices.SortFunc(lock.Packages, func(a, b lockfile.Package) int { return strings.Compare(a.Name, b.Name) })
	return lock
}

func demo() debtest.Deb {
	return debtest.Deb{Name: "demo", Fields: "Depends: libdemo\n", Control: map[string]string{"postinst": "#!/bin/sh\nset -e\nadduser --system --quiet demo\nmake-caches\n"}, Files: []debtest.File{
		{Path: "usr/bin/demo", Data: "ELF", Mode: 0o755}, {Path: "usr/bin/make-caches", Data: "\x7fELF", Mode: 0o755}, {Path: "usr/bin/diverted", Data: "x"},
	}}
}

func libdemo() debtest.Deb {
	return debtest.Deb{Name: "libdemo", Files: []debtest.File{{Path: "usr/lib/libdemo.so.1", Data: "so"}}}
}

func hasPath(path string) func(layers.Entry) bool {
	return func(e layers.Entry) bool { return e.Path == path }
}

// open learns the base and opens the packages.
func open(t *testing.T, on system.Base, lock *lockfile.Lock, dir string, opt system.Options) (*system.System, error) {
	t.Helper()
	g, err := system.Learn(t.Context(), on, opt.Store)
	if err != nil {
		return nil, err
	}
	opt.TempDir = t.TempDir()
	s, err := system.Open(t.Context(), on, g, lock, dir, opt)
	if err == nil {
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return s, err
}

// TestWarm plans packages a second time without the files of the packages and of
// the base; the content of the layers needs them.
func TestWarm(t *testing.T) {
	asked, dir := 0, t.TempDir()
	on := baseOf(t, &asked, debian...)
	lock := write(t, dir, demo(), libdemo())
	kept := &store{docs: map[string][]byte{}}
	opt := system.Options{Store: kept}
	cold, err := open(t, on, lock, dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	layered := [][]int{{0, 1}}
	first, err := cold.Configure(t.Context(), layered)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(first.Upon.Passwd), "\ndemo:") || len(first.Warnings) != 1 || first.Size == 0 {
		t.Errorf("%+v", first)
	}
	entries, err := cold.Set().Entries(t.Context(), layered[0])
	if err != nil || !slices.ContainsFunc(entries, hasPath("usr/bin/diverted.real")) {
		t.Errorf("the base's diversion is passed over: %v", err)
	}
	reads := asked
	for _, name := range []string{"demo_1_arm64.deb", "libdemo_1_arm64.deb"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	warm, err := open(t, on, lock, dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	again, err := warm.Configure(t.Context(), layered)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("(-cold +warm)\n%s", diff)
	}
	if asked != reads {
		t.Error("the base's files are asked for again")
	}
	if _, err := warm.Entries(t.Context(), layered); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("entries of packages that are gone: %v", err)
	}
	if other, err := cold.Configure(t.Context(), [][]int{{0}, {1}}); err != nil || cmp.Equal(other.Key, first.Key) {
		t.Errorf("the layers' members aren't part of the key: %v", err)
	}
}

// TestDescribed plans packages that aren't there.
func TestDescribed(t *testing.T) {
	asked, dir := 0, t.TempDir()
	on := baseOf(t, &asked, debian...)
	lock := write(t, dir, demo(), libdemo())
	if _, err := open(t, on, lock, t.TempDir(), system.Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("packages that are absent: %v", err)
	}
	s, err := open(t, on, lock, t.TempDir(), system.Options{Describe: true})
	if err != nil || s.Set() != nil || len(s.Absent) != 2 {
		t.Errorf("never seen: %v, %+v", err, s)
	}
	kept := &store{docs: map[string][]byte{}}
	if _, err := open(t, on, lock, dir, system.Options{Store: kept}); err != nil {
		t.Fatal(err)
	}
	if s, err = open(t, on, lock, t.TempDir(), system.Options{Store: kept, Describe: true}); err != nil || s.Set() == nil || len(s.Absent) != 2 {
		t.Fatalf("seen before: %v, %+v", err, s)
	}
	if outcome, err := s.Configure(t.Context(), [][]int{{0, 1}}); err != nil || outcome != nil {
		t.Errorf("never configured: %v, %+v", err, outcome)
	}
}

// TestAltered refuses a package that isn't the locked one, and believes nothing
// that it says, not even once the right one is there.
func TestAltered(t *testing.T) {
	asked, dir := 0, t.TempDir()
	on := baseOf(t, &asked, debian...)
	lock := write(t, dir, libdemo())
	path := filepath.Join(dir, "libdemo_1_arm64.deb")
	right, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := libdemo()
	other.Control = map[string]string{"postinst": "#!/bin/sh\nuseradd mallory\n"}
	other.Write(t, dir)
	kept := &store{docs: map[string][]byte{}}
	var mismatch *deb.MismatchError
	if _, err := open(t, on, lock, dir, system.Options{Store: kept}); !errors.As(err, &mismatch) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
	if err := os.WriteFile(path, right, 0o600); err != nil {
		t.Fatal(err)
	}
	other.Write(t, dir)
	described, err := open(t, on, lock, dir, system.Options{Describe: true})
	if err != nil || len(described.Absent) != 1 {
		t.Errorf("described, it isn't taken for absent: %v", err)
	}
	if err := os.WriteFile(path, right, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := open(t, on, lock, dir, system.Options{Store: kept})
	if err != nil {
		t.Fatal(err)
	}
	if scripts := s.Set().Packages()[0].Scripts(); len(scripts) != 0 {
		t.Errorf("scripts %q", scripts)
	}
}

// TestLearn refuses what isn't a base of dpkg's.
func TestLearn(t *testing.T) {
	asked := 0
	var none *choose.BaseError
	if _, err := system.Learn(t.Context(), baseOf(t, &asked, embeddedbase.File{Path: "lib/apk/db/installed"}, embeddedbase.File{Path: "var/lib/dpkg/.wh.status"}), nil); !errors.As(err, &none) || !strings.Contains(err.Error(), "apk") {
		t.Errorf("error %v", err)
	}
	strange := baseOf(t, &asked, debian...)
	strange.Config = &v1.ConfigFile{Architecture: "wasm"}
	if _, err := system.Learn(t.Context(), strange, nil); err == nil || !strings.Contains(err.Error(), "wasm") {
		t.Errorf("error %v", err)
	}
}
