package provide_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"

	"github.com/assemble-image/assemble/internal/cache"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/debs/archive"
	"github.com/assemble-image/assemble/internal/debs/choose"
	"github.com/assemble-image/assemble/internal/debs/debtest"
	"github.com/assemble-image/assemble/internal/debs/fetch"
	"github.com/assemble-image/assemble/internal/provide"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/supply"
)

const status = "Package: libc6\nStatus: install ok installed\nArchitecture: arm64\nVersion: 1\nEssential: yes\n"

// site is a base, an archive and a project's directory.
type site struct {
	dir     string
	base    fstest.MapFS
	archive *debtest.Archive
	key     *openpgp.Entity
	server  *httptest.Server
	cache   *cache.Cache

	mu    sync.Mutex
	notes []string
	asked []string
}

func newSite(t *testing.T, debs ...debtest.Deb) *site {
	t.Helper()
	s := &site{dir: t.TempDir(), key: debtest.NewKey(t)}
	s.archive = &debtest.Archive{Dir: t.TempDir(), Suite: "stable"}
	s.archive.AddDebs(t, debs...)
	s.archive.Write(t, s.key)
	files := http.FileServer(http.Dir(s.archive.Dir))
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r.URL.Path)
		s.mu.Unlock()
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(s.server.Close)
	s.base = fstest.MapFS{
		"var/lib/dpkg/status":              {Data: []byte(status)},
		"etc/apt/sources.list.d/a.sources": {Data: []byte("Types: deb\nURIs: file:" + s.archive.Dir + "\nSuites: stable\nComponents: main\n")},
		"etc/apt/trusted.gpg.d/a.gpg":      {Data: debtest.Keyring(t, s.key)},
	}
	debtest.Write(t, filepath.Join(s.dir, "key.gpg"), debtest.Keyring(t, s.key))
	var err error
	if s.cache, err = cache.Open(filepath.Join(t.TempDir(), "cache"), cache.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.cache.Close() })
	return s
}

func (s *site) provider(t *testing.T, yaml string, opt provide.Options) *provide.Provider {
	t.Helper()
	cfg, err := config.Parse(filepath.Join(s.dir, "assemble.yaml"), []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	opt.Now = debtest.Date.Add(time.Hour)
	opt.Report = report.New(func(e report.Event) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if e.Note != "" {
			s.notes = append(s.notes, e.Note)
		}
	})
	return provide.New(cfg, opt)
}

// lock chooses and writes.
func (s *site) lock(t *testing.T, yaml string, opt provide.LockOptions) *provide.Choice {
	t.Helper()
	c, err := s.provider(t, yaml, provide.Options{}).Choose(t.Context(), s.base, opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Write(nil); err != nil {
		t.Fatal(err)
	}
	return c
}

func deb(name, version, fields string) debtest.Deb {
	return debtest.Deb{Name: name, Version: version, Fields: fields, Compression: "xz", Files: []debtest.File{{Path: "usr/share/" + name, Data: version}}}
}

func changesOf(c *provide.Choice) string {
	out := make([]string, len(c.Changes))
	for i, change := range c.Changes {
		out[i] = change.String()
	}
	return strings.Join(out, ", ")
}

func TestLockIsKeptAndUpgraded(t *testing.T) {
	s := newSite(t, deb("a", "1", "Depends: b\n"), deb("b", "1", ""))
	yaml := "packages: [a]"
	first := s.lock(t, yaml, provide.LockOptions{})
	if first.Packages != 2 || !first.Changed || first.Changes != nil || first.Size == 0 {
		t.Fatalf("got %+v", first)
	}
	if again := s.lock(t, yaml, provide.LockOptions{}); again.Changed || len(again.Changes) > 0 {
		t.Errorf("again: %+v", again)
	}
	s.archive.AddDebs(t, deb("a", "2", "Depends: c\n"), deb("b", "2", ""), deb("c", "1", ""))
	s.archive.Write(t, s.key)
	for _, tt := range []struct {
		yaml string
		opt  provide.LockOptions
		want string
	}{
		{yaml, provide.LockOptions{}, ""},
		{"packages: [a, c]", provide.LockOptions{}, "added c 1"},
		{"packages: [a, b]", provide.LockOptions{UpgradeOnly: []string{"b"}}, "updated b 1 to 2, removed c 1"},
		{yaml, provide.LockOptions{Upgrade: true}, "updated a 1 to 2, added c 1, removed b 2"},
	} {
		if got := changesOf(s.lock(t, tt.yaml, tt.opt)); got != tt.want {
			t.Errorf("%+v: got %s", tt, got)
		}
	}
}

// Neither the lock nor what goes with it is done where one fails.
func TestWriteAllOrNothing(t *testing.T) {
	s := newSite(t, deb("a", "1", ""))
	c, err := s.provider(t, "packages: [a]", provide.Options{}).Choose(t.Context(), s.base, provide.LockOptions{})
	if err != nil {
		t.Fatal(err)
	}
	other := errors.New("the other lock")
	if err := c.Write(func() error { return other }); !errors.Is(err, other) {
		t.Errorf("got %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(s.dir, "*")); err != nil || len(left) != 1 {
		t.Errorf("left %q, %v", left, err)
	}
	if err := os.Chmod(s.dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(s.dir, 0o700)
	called := false
	if err := c.Write(func() error { called = true; return nil }); os.Getuid() != 0 && (err == nil || called) {
		t.Errorf("a directory that can't be written: %v, and the other was done: %v", err, called)
	}
}

func TestWhatIsNoLockStays(t *testing.T) {
	s := newSite(t, deb("a", "1", ""))
	path := filepath.Join(s.dir, "packages.lock")
	p := s.provider(t, "packages: [a]", provide.Options{})
	debtest.Write(t, path, []byte("numpy==1.26\n"))
	if _, err := p.Choose(t.Context(), s.base, provide.LockOptions{}); !errors.Is(err, provide.ErrOutput) {
		t.Errorf("got %v", err)
	}
	// What was one is made anew, with a note.
	debtest.Write(t, path, []byte("<<<<<<< HEAD\nLock-Version: 1\n"))
	c, err := p.Choose(t.Context(), s.base, provide.LockOptions{})
	if err != nil || !c.Changed || len(s.notes) != 1 || !strings.Contains(s.notes[0], "are not kept") {
		t.Errorf("got %+v, %v, %q", c, err, s.notes)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Choose(t.Context(), s.base, provide.LockOptions{}); err == nil {
		t.Error("a directory was taken for a lock")
	}
}

func TestVerify(t *testing.T) {
	s := newSite(t, deb("a", "1", "Depends: libc6 (>= 2)\n"), deb("b", "1", ""), deb("libc6", "2", ""))
	if _, err := s.provider(t, "packages: [a]", provide.Options{}).Read(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no lock: %v", err)
	}
	s.lock(t, "packages: [a, b]", provide.LockOptions{})
	for yaml, want := range map[string]string{
		"packages: [a, b]":                                                  "",
		"packages: [b, ' a ']":                                              "",
		"packages: [a, b, c=1]":                                             "c=1 is asked for, and not in it",
		"packages: [a]":                                                     "b isn't asked for any longer",
		"packages: {install: [a, b], recommends: true}":                     "packages.recommends is true now",
		"packages: {install: [a, b], snapshot: 2026-01-01}":                 "packages.snapshot is 2026-01-01 now",
		"packages: [a, b]\nplatform: linux/amd64":                           "none for amd64",
		"packages: {install: [a, b], sources: [debs], lock: packages.lock}": "",
	} {
		p := s.provider(t, yaml, provide.Options{})
		lock, err := p.Read()
		if err != nil {
			t.Fatal(err)
		}
		err = p.Verify(lock, s.base)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v", yaml, err)
		}
	}
	p := s.provider(t, "packages: [a, c]", provide.Options{})
	lock, err := p.Read()
	if err != nil {
		t.Fatal(err)
	}
	s.base["var/lib/dpkg/status"].Data = []byte(strings.Replace(status, "Version: 1", "Version: 1.5", 1) + "\n" + strings.ReplaceAll(strings.ReplaceAll(status, "libc6", "b"), "Essential: yes\n", ""))
	var outdated *provide.OutdatedError
	var other *provide.BaseError
	if err = p.Verify(lock, s.base); !errors.As(err, &outdated) || !errors.As(err, &other) || !strings.Contains(err.Error(), "it has b 1, it has libc6 1.5, not 1") {
		t.Errorf("another base: %v", err)
	}
	delete(s.base, "var/lib/dpkg/status")
	var none *choose.BaseError
	if err = p.Verify(lock, s.base); !errors.As(err, &none) {
		t.Errorf("no base of dpkg's: %v", err)
	}
}

func TestBring(t *testing.T) {
	s := newSite(t, deb("a", "1:1", "Depends: b\n"), deb("b", "1", ""))
	yaml := fmt.Sprintf("packages: {install: [a], keyring: key.gpg, sources: ['%s stable main']}", s.server.URL)
	s.lock(t, yaml, provide.LockOptions{})
	p := s.provider(t, yaml, provide.Options{Cache: s.cache})
	lock, err := p.Read()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []int64{1, 0} { // fetched, then found
		s.asked = nil
		files, err := p.Bring(t.Context(), lock)
		if err != nil || len(files) != 2 || filepath.Base(files[0].Path) != "a_1%3a1_arm64.deb" || (files[0].Received > 0) != (want > 0) || (len(s.asked) > 0) != (want > 0) {
			t.Errorf("got %+v, %v, by %q", files, err, s.asked)
		}
	}
	offline := s.provider(t, yaml, provide.Options{Cache: s.cache, Offline: true})
	if _, err := offline.Bring(t.Context(), lock); err != nil {
		t.Errorf("offline, with all there: %v", err)
	}
	debs := filepath.Join(s.dir, "debs")
	if err := os.Rename(debs, filepath.Join(s.dir, "vendor")); err != nil {
		t.Fatal(err)
	}
	if _, err := offline.Bring(t.Context(), lock); !errors.Is(err, archive.ErrOffline) {
		t.Errorf("offline, with nothing there: %v", err)
	}
	gap := s.provider(t, "packages: {install: [a], sources: [vendor]}", provide.Options{Offline: true})
	files, err := gap.Bring(t.Context(), lock)
	if err != nil || !files[0].Local {
		t.Errorf("from a directory: %+v, %v", files, err)
	}
	debtest.Write(t, filepath.Join(s.archive.Dir, lock.Packages[0].Filename), []byte(strings.Repeat("x", int(lock.Packages[0].Size))))
	if err := os.RemoveAll(debs); err != nil {
		t.Fatal(err)
	}
	var corrupt *fetch.CorruptError
	if _, err := p.Bring(t.Context(), lock); !errors.As(err, &corrupt) {
		t.Errorf("an altered package: %v", err)
	}
}

// A run that knows the lists asks only whether they are the newest.
func TestListsAreCached(t *testing.T) {
	s := newSite(t, deb("a", "1", ""))
	yaml := fmt.Sprintf("packages: {install: [a], keyring: key.gpg, sources: ['%s stable main']}", s.server.URL)
	for _, want := range []int{2, 1} {
		s.asked = nil
		if _, err := s.provider(t, yaml, provide.Options{Cache: s.cache}).Choose(t.Context(), s.base, provide.LockOptions{}); err != nil || len(s.asked) != want {
			t.Errorf("asked %q, %v", s.asked, err)
		}
	}
	s.asked = nil
	if _, err := s.provider(t, yaml, provide.Options{Cache: s.cache, Offline: true}).Choose(t.Context(), s.base, provide.LockOptions{}); err != nil || len(s.asked) > 0 {
		t.Errorf("offline: asked %q, %v", s.asked, err)
	}
}

// Another archive's index, one that is past its time, and one that is older than
// the last one.
func TestIndexesRefused(t *testing.T) {
	s := newSite(t, deb("a", "1", ""))
	choose := func(opt provide.LockOptions) error {
		_, err := s.provider(t, "packages: [a]", provide.Options{Cache: s.cache}).Choose(t.Context(), s.base, opt)
		return err
	}
	if err := choose(provide.LockOptions{}); err != nil {
		t.Fatal(err)
	}
	s.archive.Date = debtest.Date.Add(-time.Hour)
	s.archive.Write(t, s.key)
	if err := choose(provide.LockOptions{}); !errors.Is(err, archive.ErrRollback) {
		t.Errorf("got %v", err)
	}
	if err := choose(provide.LockOptions{AllowOlder: true}); err != nil {
		t.Errorf("allowed: %v", err)
	}
	s.archive.Date, s.archive.Header = debtest.Date.Add(time.Minute), "Valid-Until: "+debtest.Date.Add(2*time.Minute).Format(time.RFC1123)+"\n"
	s.archive.Write(t, s.key)
	if err := choose(provide.LockOptions{}); !errors.Is(err, archive.ErrExpired) {
		t.Errorf("got %v", err)
	}
	if err := choose(provide.LockOptions{AllowExpired: true}); err != nil {
		t.Errorf("allowed: %v", err)
	}
}

func TestChangesAreInOrder(t *testing.T) {
	list := []supply.LockChange{{Name: "b", To: "1"}, {Name: "z", From: "1", To: "2"}, {Name: "a", From: "1"}, {Name: "a", To: "1"}}
	slices.SortFunc(list, supply.LockChange.Compare)
	if got := fmt.Sprint(list); got != "[updated z 1 to 2 added a 1 added b 1 removed a 1]" {
		t.Errorf("got %s", got)
	}
}
