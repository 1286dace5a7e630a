package archive_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
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

	"github.com/assemble-image/assemble/internal/debs/archive"
	"github.com/assemble-image/assemble/internal/debs/debtest"
)

const list = "Package: a\nVersion: 1\nArchitecture: arm64\nFilename: pool/a.deb\nSize: 1\nSHA256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"

// store is a cache in memory.
type store struct {
	mu sync.Mutex
	m  map[string][]byte
}

func (s *store) Get(kind, key string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, ok := s.m[kind+" "+key]
	return data, ok
}

func (s *store) Put(kind, key string, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.m[kind+" "+key] = data
	return nil
}

func newStore() *store { return &store{m: map[string][]byte{}} }

// world is an archive, the root that trusts it, and a client.
type world struct {
	*debtest.Archive
	root    fstest.MapFS
	source  archive.Source
	options archive.Options
	notes   []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	key := debtest.NewKey(t)
	w := &world{
		Archive: &debtest.Archive{Dir: t.TempDir(), Suite: "stable", Lists: map[string]string{"main/arm64": list}},
		root:    fstest.MapFS{"k.gpg": {Data: debtest.Keyring(t, key)}},
	}
	w.source = archive.Source{Where: "x.list:1", URIs: []string{"file:" + w.Dir}, Suite: "stable", Components: []string{"main"}, SignedBy: []string{"/k.gpg"}}
	w.options = archive.Options{Now: now, Backoff: time.Millisecond, Note: func(s string) { w.notes = append(w.notes, s) }}
	w.Write(t, key)
	return w
}

func (w *world) load(t *testing.T) (*archive.Loaded, error) {
	t.Helper()
	return archive.New(w.options).Load(t.Context(), w.root, w.source, "arm64")
}

func names(l *archive.Loaded) (out []string) {
	for _, x := range l.Indexes {
		for i := range x.Len() {
			p := x.At(i)
			out = append(out, p.String())
		}
	}
	return out
}

func TestLoad(t *testing.T) {
	for name, change := range map[string]func(*debtest.Archive){
		"inline":        func(*debtest.Archive) {},
		"detached":      func(a *debtest.Archive) { a.Detached = true },
		"by hash":       func(a *debtest.Archive) { a.ByHash = true },
		"xz alone":      func(a *debtest.Archive) { a.Forms = []string{".xz"} },
		"gzip alone":    func(a *debtest.Archive) { a.Forms = []string{".gz"} },
		"plain alone":   func(a *debtest.Archive) { a.Forms = []string{""} },
		"valid for now": func(a *debtest.Archive) { a.Header = "Valid-Until: " + now.Add(time.Hour).Format(time.RFC1123) + "\n" },
		"suite by name": func(a *debtest.Archive) { a.Header = "Suite: stable\n"; a.Change = recode },
		"all apart": func(a *debtest.Archive) {
			a.Header = "Architectures: all arm64\n"
			a.Lists["main/all"] = strings.ReplaceAll(list, ": a", ": b")
		},
		"nothing for us": func(a *debtest.Archive) {
			a.Header = "Architectures: all\n"
			a.Lists = map[string]string{"main/all": list}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, key := newWorld(t), debtest.NewKey(t)
			w.root["k.gpg"] = &fstest.MapFile{Data: debtest.Keyring(t, key)}
			w.Dir = t.TempDir()
			w.source.URIs = []string{"copy:" + w.Dir}
			change(w.Archive)
			w.Write(t, key)
			got, err := w.load(t)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(names(got), "a 1") || got.Priority != 500 {
				t.Errorf("got %v, %d", names(got), got.Priority)
			}
		})
	}
}

func recode(text string) string {
	return strings.Replace(text, "Codename: stable", "Codename: other", 1)
}

func TestLoadRefuses(t *testing.T) {
	stranger := debtest.NewKey(t)
	for name, tt := range map[string]struct {
		change func(w *world)
		want   error
		text   string
	}{
		"expired":          {func(w *world) { w.Header = "Valid-Until: " + now.Add(-time.Minute).Format(time.RFC1123) + "\n" }, archive.ErrExpired, "valid until 2026-03-01T12:59:00Z"},
		"future":           {func(w *world) { w.Date = now.Add(time.Hour); w.options.Now = now }, nil, ""},
		"suite":            {func(w *world) { w.Change = recode }, archive.ErrSuite, `codename "other"`},
		"keys":             {func(w *world) { w.root["k.gpg"] = &fstest.MapFile{Data: debtest.Keyring(t, stranger)} }, archive.ErrSignature, "InRelease"},
		"no keys":          {func(w *world) { w.source.SignedBy = nil }, archive.ErrNoKeys, "x.list:1"},
		"component":        {func(w *world) { w.source.Components = []string{"contrib"} }, nil, `the component "contrib" for arm64`},
		"no SHA256":        {func(w *world) { w.Change = func(s string) string { return strings.Replace(s, "SHA256", "MD5Sum", 1) } }, nil, `no field "SHA256"`},
		"no date":          {func(w *world) { w.Change = func(s string) string { return strings.Replace(s, "Date:", "Dote:", 1) } }, nil, "no time in UTC"},
		"bad list":         {func(w *world) { w.Lists["main/arm64"] = "rubbish\n" }, nil, "line 1"},
		"not there":        {func(w *world) { w.source.URIs = []string{"file:" + w.Dir + "/none"} }, archive.ErrNotFound, "x.list:1"},
		"larger than said": {func(w *world) { w.Forms = []string{".xz"}; w.Change = lie }, nil, "more bytes than Release gives it"},
		"no form": {func(w *world) {
			w.Dir = w.Dir + "/new"
			w.source.URIs = []string{"file:" + w.Dir}
			w.Forms = []string{".lzma"}
		}, archive.ErrNotFound, "Packages"},
		"uri": {func(w *world) { w.source.URIs = []string{"ftp://x/"} }, nil, "ftp"},
	} {
		t.Run(name, func(t *testing.T) {
			w, key := newWorld(t), debtest.NewKey(t)
			w.root["k.gpg"] = &fstest.MapFile{Data: debtest.Keyring(t, key)}
			tt.change(w)
			w.Write(t, key)
			got, err := w.load(t)
			if err == nil || got != nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

// lie makes the plain list one byte smaller than it is.
func lie(text string) string {
	var out []string
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) == 3 && strings.HasSuffix(words[2], "/Packages") {
			line = strings.Replace(line, fmt.Sprintf(" %s ", words[1]), fmt.Sprintf(" %d ", len(list)-1), 1)
		}
		out = append(out, line)
	}
	return strings.Join(out, "")
}

// What lies in the archive must be what Release means.
func TestReplacedList(t *testing.T) {
	w := newWorld(t)
	for _, ext := range []string{"", ".gz", ".xz"} {
		name := filepath.Join(w.Dir, "dists/stable/main/binary-arm64/Packages"+ext)
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		data[len(data)-1] ^= 1
		debtest.Write(t, name, data)
	}
	if _, err := w.load(t); err == nil || !strings.Contains(err.Error(), "but Release says") {
		t.Errorf("got %v", err)
	}
}

func TestRollback(t *testing.T) {
	key := debtest.NewKey(t)
	w := newWorld(t)
	w.root["k.gpg"] = &fstest.MapFile{Data: debtest.Keyring(t, key)}
	w.options.Cache = newStore()
	w.options.Now = now.AddDate(0, 1, 0)
	steps := []struct {
		days  int
		older bool
		want  error
	}{{0, false, nil}, {2, false, nil}, {2, false, nil}, {1, false, archive.ErrRollback}, {1, true, nil}, {3, false, nil}}
	for i, step := range steps {
		w.Date = debtest.Date.AddDate(0, 0, step.days)
		w.Write(t, key)
		w.options.AllowOlder = step.older
		if _, err := w.load(t); !errors.Is(err, step.want) {
			t.Errorf("step %d: %v, want %v", i, err, step.want)
		}
	}
	// Another suite is another source.
	w.Suite, w.source.Suite, w.Date = "testing", "testing", debtest.Date
	w.Write(t, key)
	if _, err := w.load(t); err != nil {
		t.Error(err)
	}
}

func TestCacheAndOffline(t *testing.T) {
	w := newWorld(t)
	var mu sync.Mutex
	var paths []string
	files := http.FileServer(http.Dir(w.Dir))
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		mu.Lock()
		paths = append(paths, r.URL.Path)
		mu.Unlock()
		files.ServeHTTP(rw, r)
	}))
	defer server.Close()
	w.source.URIs, w.source.Named = []string{server.URL}, true
	w.options.Cache = newStore()
	for range 2 {
		if _, err := w.load(t); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"/dists/stable/InRelease", "/dists/stable/main/binary-arm64/Packages.xz", "/dists/stable/InRelease"}
	if !slices.Equal(paths, want) {
		t.Errorf("requests: %q", paths)
	}
	w.options.Offline = true
	got, err := w.load(t)
	if err != nil || !slices.Equal(names(got), []string{"a 1"}) {
		t.Errorf("offline: %v", err)
	}
	w.options.Cache = newStore()
	if _, err := w.load(t); !errors.Is(err, archive.ErrOffline) {
		t.Errorf("offline, with nothing in the cache: %v", err)
	}
}

func TestMirrors(t *testing.T) {
	w := newWorld(t)
	w.options.Tries = 2
	var failed int
	broken := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		failed++
		rw.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer broken.Close()
	good := httptest.NewServer(http.FileServer(http.Dir(w.Dir)))
	defer good.Close()
	w.source.Named = true
	w.source.URIs = []string{strings.Replace(broken.URL, "http://", "http://user:secret@", 1), good.URL}
	got, err := w.load(t)
	if err != nil || len(names(got)) != 1 || failed == 0 {
		t.Fatalf("got %v after %d failures", err, failed)
	}
	if notes := strings.Join(w.notes, "\n"); !strings.Contains(notes, "trying "+good.URL) || strings.Contains(notes, "secret") {
		t.Errorf("notes: %s", notes)
	}
	w.source.URIs = w.source.URIs[:1]
	if _, err := w.load(t); err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "503") {
		t.Errorf("got %v", err)
	}
}

// A base's source can't make us ask this machine's own network.
func TestHostsNobodyNamed(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(http.FileServer(http.Dir(w.Dir)))
	defer server.Close()
	away := httptest.NewServer(http.RedirectHandler(strings.Replace(server.URL, "127.0.0.1", "localhost", 1)+"/x", http.StatusFound))
	defer away.Close()
	w.source.URIs = []string{server.URL}
	if _, err := w.load(t); err == nil || !strings.Contains(err.Error(), "internal address") {
		t.Errorf("a base's own: %v", err)
	}
	w.source.URIs, w.source.Named = []string{away.URL}, true
	if _, err := w.load(t); err == nil || !strings.Contains(err.Error(), "internal address") {
		t.Errorf("by redirect: %v", err)
	}
}

func TestTrustedAndPinned(t *testing.T) {
	w := newWorld(t)
	w.root = nil
	w.source.Trusted = true
	w.Header = "NotAutomatic: yes\nButAutomaticUpgrades: yes\n"
	w.Write(t, debtest.NewKey(t))
	got, err := w.load(t)
	if err != nil || got.Priority != 100 {
		t.Fatalf("got %+v, %v", got, err)
	}
	w.source.Priority = 990
	if got, err = w.load(t); err != nil || got.Priority != 990 {
		t.Errorf("got %+v, %v", got, err)
	}
	w.source.Priority = 0
	w.Header = "NotAutomatic: yes\n"
	w.Write(t, debtest.NewKey(t))
	if got, err = w.load(t); err != nil || got.Priority != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestCancelled(t *testing.T) {
	w := newWorld(t)
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-release:
		}
	}))
	defer server.Close()
	defer close(release)
	w.source.URIs, w.source.Named = []string{server.URL}, true
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := archive.New(w.options).Load(ctx, w.root, w.source, "arm64"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestFlat(t *testing.T) {
	w, key := newWorld(t), debtest.NewKey(t)
	w.root["k.gpg"] = &fstest.MapFile{Data: debtest.Keyring(t, key)}
	dir := t.TempDir()
	debtest.Write(t, filepath.Join(dir, "Packages"), []byte(list))
	text := fmt.Sprintf("Date: %s\nSHA256:\n %s %d Packages\n", debtest.Date.Format(time.RFC1123), sumOf(list), len(list))
	debtest.Write(t, filepath.Join(dir, "InRelease"), debtest.ClearSign(t, []byte(text), debtest.Date, key))
	w.source = archive.Source{URIs: []string{"file:" + dir}, Suite: "./", SignedBy: []string{"/k.gpg"}}
	got, err := w.load(t)
	if err != nil || !slices.Equal(names(got), []string{"a 1"}) {
		t.Errorf("got %v", err)
	}
}

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hexOf(sum[:])
}
