//go:build linux || darwin

package osfile_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/assemble-image/assemble/internal/osfile"
)

// soon fails the test where f waits for what may never come.
func soon(t *testing.T, name string, f func() error) error {
	t.Helper()
	result := make(chan error, 1)
	go func() { result <- f() }()
	select {
	case err := <-result:
		return err
	case <-time.After(10 * time.Second):
		t.Fatalf("%s: it waits", name)
		return nil
	}
}

func TestPipesAndDevicesAreRefusedAtOnce(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	must(t, syscall.Mkfifo(pipe, 0o600))
	must(t, os.Symlink("pipe", filepath.Join(dir, "link")))
	must(t, os.Symlink("/dev/null", filepath.Join(dir, "null")))
	for _, name := range []string{"pipe", "link", "null"} {
		path := filepath.Join(dir, name)
		for how, f := range map[string]func() error{
			"OpenRegular": func() error { _, _, err := osfile.OpenRegular(path); return err },
			"OpenInput":   func() error { _, err := osfile.OpenInput(path); return err },
			"ReadBounded": func() error { _, err := osfile.ReadBounded(path, 1); return err },
			"Replace": func() error {
				return osfile.Replace(path, osfile.Bytes(nil), osfile.Options{FollowLink: true})
			},
		} {
			if err := soon(t, how, f); !errors.Is(err, osfile.ErrNotRegular) {
				t.Errorf("%s of %s: got %v", how, name, err)
			}
		}
	}
	if err := soon(t, "OpenLocked", func() error {
		_, err := osfile.OpenLocked(pipe, 0o600, osfile.TryLock)
		return err
	}); !errors.Is(err, osfile.ErrNotRegular) {
		t.Errorf("OpenLocked of a pipe: got %v", err)
	}
	if err := soon(t, "RemoveUnlocked", func() error { osfile.Sweep(dir, ""); return nil }); err != nil {
		t.Error(err)
	}
	checkNames(t, dir, "pipe", "link", "null")
}

// A pipe that takes a file's place between looking and opening doesn't block.
func TestOpeningDoesNotWaitInARace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			pipe := filepath.Join(dir, "pipe")
			_ = syscall.Mkfifo(pipe, 0o600)
			_ = os.Rename(pipe, path)
			file := filepath.Join(dir, "file")
			_ = os.WriteFile(file, []byte("x"), 0o600)
			_ = os.Rename(file, path)
		}
	})
	defer wg.Wait()
	defer close(done)
	for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end); {
		_ = soon(t, "OpenRegular", func() error {
			f, fi, err := osfile.OpenRegular(path)
			if err != nil {
				return err
			}
			if !fi.Mode().IsRegular() {
				t.Errorf("opened %v", fi.Mode())
			}
			return f.Close()
		})
	}
}

func TestInputsOfTheShell(t *testing.T) {
	if data, err := osfile.ReadBounded("/dev/null", 1); err != nil || len(data) != 0 {
		t.Errorf("/dev/null: got %q, %v", data, err)
	}
	if _, err := osfile.ReadBounded("/dev/zero", 100); !errors.Is(err, osfile.ErrLimit) {
		t.Errorf("/dev/zero: got %v", err)
	}
	if _, _, err := osfile.OpenRegular("/dev/null"); !errors.Is(err, osfile.ErrNotRegular) {
		t.Errorf("as a regular file: got %v", err)
	}
}

func TestLocks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	held, err := osfile.OpenLocked(path, 0o600, osfile.TryLock)
	must(t, err)
	if _, err := osfile.OpenLocked(path, 0o600, osfile.TryLock); !errors.Is(err, osfile.ErrLocked) {
		t.Errorf("TryLock: got %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	inTime := func(ctx context.Context) func(*os.File) error {
		return func(f *os.File) error { return osfile.Lock(ctx, f) }
	}
	if _, err := osfile.OpenLocked(path, 0o600, inTime(ctx)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Lock that ends: got %v", err)
	}
	for name, lock := range map[string]func(*os.File) error{"WaitLock": osfile.WaitLock, "Lock": inTime(t.Context())} {
		got := make(chan *os.File)
		go func() {
			f, err := osfile.OpenLocked(path, 0o600, lock)
			if err != nil {
				t.Errorf("%s: got %v", name, err)
			}
			got <- f
		}()
		select {
		case <-got:
			t.Fatalf("%s: two have the lock", name)
		case <-time.After(30 * time.Millisecond):
		}
		must(t, held.Close())
		held = <-got
	}
	must(t, held.Close())
}

// Whoever waits for the lock on a file gets the one that then has the name.
func TestALockedFileThatIsRenamed(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "part")
	held, err := osfile.OpenLocked(path, 0o600, osfile.TryLock)
	must(t, err)
	got := make(chan *os.File)
	go func() {
		f, err := osfile.OpenLocked(path, 0o600, osfile.WaitLock)
		if err != nil {
			t.Error(err)
		}
		got <- f
	}()
	time.Sleep(20 * time.Millisecond)
	must(t, os.Rename(path, filepath.Join(dir, "whole")))
	must(t, held.Close())
	f := <-got
	if !osfile.IsAt(f, path) {
		t.Error("the lock is on the file that was renamed")
	}
	must(t, f.Close())
	checkNames(t, dir, "part", "whole")
}

func TestOpenLockedFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	file := write(t, filepath.Join(dir, "file"), "mine")
	must(t, os.Symlink("file", filepath.Join(dir, "link")))
	if _, err := osfile.OpenLocked(filepath.Join(dir, "link"), 0o600, osfile.TryLock); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("got %v", err)
	}
	checkContent(t, file, "mine", "link")
}

func TestModesDoNotDependOnTheUmask(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	dir := t.TempDir()
	must(t, osfile.Replace(filepath.Join(dir, "a"), osfile.Bytes(nil), osfile.Options{}))
	must(t, osfile.WriteNew(filepath.Join(dir, "b"), nil, 0o644))
	for _, name := range []string{"a", "b"} {
		fi, err := os.Stat(filepath.Join(dir, name))
		must(t, err)
		if fi.Mode() != 0o644 {
			t.Errorf("%s has mode %v", name, fi.Mode())
		}
	}
}
