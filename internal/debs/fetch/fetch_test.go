package fetch_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/assemble-image/assemble/internal/debs/archive"
	"github.com/assemble-image/assemble/internal/debs/debtest"
	"github.com/assemble-image/assemble/internal/debs/fetch"
	"github.com/assemble-image/assemble/internal/debs/lockfile"
)

func content(i int) []byte { return bytes.Repeat([]byte(fmt.Sprintf("package %d\n", i)), 20_000) }

func lockOf(n int, roots ...string) *lockfile.Lock {
	l := &lockfile.Lock{Architecture: "arm64"}
	for i := range n {
		sum := sha256.Sum256(content(i))
		l.Packages = append(l.Packages, lockfile.Package{
			Name: fmt.Sprintf("p%d", i), Version: "1:2-3", Architecture: "arm64", Archives: roots,
			Filename: fmt.Sprintf("pool/p%d.deb", i), Size: int64(len(content(i))), SHA256: hex.EncodeToString(sum[:]),
		})
	}
	return l
}

// archiveDir has the files of a lock of n packages.
func archiveDir(t *testing.T, n int) string {
	dir := t.TempDir()
	for i := range n {
		debtest.Write(t, filepath.Join(dir, fmt.Sprintf("pool/p%d.deb", i)), content(i))
	}
	return dir
}

func options(roots ...string) fetch.Options {
	return fetch.Options{
		Client:  archive.New(archive.Options{Backoff: time.Millisecond, Tries: 3}),
		Sources: []archive.Source{{URIs: roots, Named: true}},
	}
}

func checkAll(t *testing.T, files []fetch.File, n int) (received int64) {
	t.Helper()
	if len(files) != n {
		t.Fatalf("%d files", len(files))
	}
	for i, f := range files {
		data, err := os.ReadFile(f.Path)
		if err != nil || !bytes.Equal(data, content(i)) || filepath.Base(f.Path) != fmt.Sprintf("p%d_1%%3a2-3_arm64.deb", i) {
			t.Errorf("%s: %d bytes, %v", f.Path, len(data), err)
		}
		received += f.Received
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(files[0].Path), ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left: %q, %v", left, err)
	}
	return received
}

func TestDebs(t *testing.T) {
	const n = 9
	server := httptest.NewServer(http.FileServer(http.Dir(archiveDir(t, n))))
	defer server.Close()
	dir := filepath.Join(t.TempDir(), "new", "debs")
	lock := lockOf(n, server.URL)
	var mu sync.Mutex
	finished := map[string]bool{}
	var planned fetch.Event
	opt := options(server.URL)
	opt.Progress = func(e fetch.Event) {
		mu.Lock()
		defer mu.Unlock()
		if e.File == "" {
			planned = e
			return
		}
		finished[e.File] = finished[e.File] || e.Finished
	}
	files, err := fetch.Debs(t.Context(), lock, dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	size := int64(len(content(0)))
	if got := checkAll(t, files, n); got != n*size || len(finished) != n || planned.Files != n || planned.Total != n*size {
		t.Errorf("%d bytes received, %d reported of %+v", got, len(finished), planned)
	}
	if _, all, err := fetch.Present(t.Context(), lock, dir, opt); !all || err != nil {
		t.Errorf("present: %v, %v", all, err)
	}
	debtest.Write(t, files[3].Path, []byte("damaged"))
	files, err = fetch.Debs(t.Context(), lock, dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	if got := checkAll(t, files, n); got != size || planned.Files != 1 {
		t.Errorf("%d bytes received for one damaged file, %d planned", got, planned.Files)
	}
	debtest.Write(t, files[3].Path, []byte("damaged"))
	if _, all, err := fetch.Present(t.Context(), lock, dir, opt); all || err != nil {
		t.Errorf("with a damaged one: %v, %v", all, err)
	}
}

func TestLocalArchivesAndDirectories(t *testing.T) {
	root := archiveDir(t, 2)
	files, err := fetch.Debs(t.Context(), lockOf(2, "file:"+root), t.TempDir(), fetch.Options{})
	if err != nil {
		t.Fatal(err)
	}
	checkAll(t, files, 2)
	opt := fetch.Options{Directories: []string{t.TempDir(), filepath.Join(root, "pool")}}
	if files, err = fetch.Debs(t.Context(), lockOf(2), t.TempDir(), opt); err != nil {
		t.Fatal(err)
	}
	checkAll(t, files, 2)
	if _, err = fetch.Debs(t.Context(), lockOf(1), t.TempDir(), fetch.Options{}); err == nil || !strings.Contains(err.Error(), "names no archive") {
		t.Errorf("got %v", err)
	}
}

// A broken connection goes on where it ended, in this run and in a later one.
func TestResumed(t *testing.T) {
	size := len(content(0))
	var mu sync.Mutex
	var ranges []string
	cut := size / 3
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		ranges = append(ranges, r.Header.Get("Range"))
		first := len(ranges) == 1
		mu.Unlock()
		if first {
			w.Header().Set("Content-Length", fmt.Sprint(size))
			_, _ = w.Write(content(0)[:cut])
			panic(http.ErrAbortHandler)
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content(0)))
	}))
	defer server.Close()
	dir := t.TempDir()
	files, err := fetch.Debs(t.Context(), lockOf(1, server.URL), dir, options(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	if got := checkAll(t, files, 1); got != int64(size) || len(ranges) != 2 || !strings.HasPrefix(ranges[1], "bytes=") || ranges[1] == "bytes=0-" {
		t.Errorf("%d bytes by the requests %q", got, ranges)
	}
	for name, beginning := range map[string][]byte{"good": content(0)[:1000], "wrong": bytes.Repeat([]byte("x"), 1000), "too long": bytes.Repeat([]byte("x"), size+5)} {
		dir := t.TempDir()
		debtest.Write(t, filepath.Join(dir, ".p0_1%3a2-3_arm64.deb.part"), beginning)
		files, err := fetch.Debs(t.Context(), lockOf(1, server.URL), dir, options(server.URL))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := checkAll(t, files, 1); name == "good" && got != int64(size-1000) {
			t.Errorf("%s: %d bytes received", name, got)
		}
	}
}

func TestMirrorsInOrder(t *testing.T) {
	good := httptest.NewServer(http.FileServer(http.Dir(archiveDir(t, 1))))
	defer good.Close()
	wrong := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(content(7)) }))
	defer wrong.Close()
	long := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 100 {
			_, _ = w.Write(content(0))
		}
	}))
	defer long.Close()
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	empty := httptest.NewServer(http.NotFoundHandler())
	defer empty.Close()
	for name, first := range map[string]string{"wrong": wrong.URL, "long": long.URL, "down": down.URL, "lacks it": empty.URL} {
		files, err := fetch.Debs(t.Context(), lockOf(1, first, good.URL), t.TempDir(), options(first, good.URL))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		checkAll(t, files, 1)
		dir := t.TempDir()
		if _, err = fetch.Debs(t.Context(), lockOf(1, first), dir, options(first)); err == nil || !strings.Contains(err.Error(), "p0_1%3a2-3_arm64.deb") {
			t.Errorf("%s alone: %v", name, err)
		}
		if found, _ := filepath.Glob(filepath.Join(dir, "*.deb")); len(found) > 0 {
			t.Errorf("%s alone: left %q", name, found)
		}
	}
	var corrupt *fetch.CorruptError
	if _, err := fetch.Debs(t.Context(), lockOf(1, wrong.URL), t.TempDir(), options(wrong.URL)); !errors.As(err, &corrupt) {
		t.Errorf("got %v", err)
	}
}

// Credentials are the configured source's, and in no message.
func TestCredentials(t *testing.T) {
	files := http.FileServer(http.Dir(archiveDir(t, 1)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "me" || password != "secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		files.ServeHTTP(w, r)
	}))
	defer server.Close()
	with := strings.Replace(server.URL, "http://", "http://me:secret@", 1)
	got, err := fetch.Debs(t.Context(), lockOf(1, server.URL), t.TempDir(), options(with))
	if err != nil {
		t.Fatal(err)
	}
	checkAll(t, got, 1)
	other := strings.Replace(server.URL, "http://", "http://me:secret2@", 1)
	if _, err := fetch.Debs(t.Context(), lockOf(1, server.URL), t.TempDir(), options(other)); err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "401") {
		t.Errorf("got %v", err)
	}
}

func TestCancelled(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-release:
		}
	}))
	defer server.Close()
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := fetch.Debs(ctx, lockOf(3, server.URL), t.TempDir(), options(server.URL)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// Archives that were configured since come before those that the lock names.
func TestConfiguredSince(t *testing.T) {
	root := archiveDir(t, 2)
	server := httptest.NewServer(http.FileServer(http.Dir(root)))
	defer server.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for name, uri := range map[string]string{"server": server.URL, "directory": "copy:" + root} {
		files, err := fetch.Debs(t.Context(), lockOf(2, gone.URL), t.TempDir(), options(uri))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		checkAll(t, files, 2)
		if files[0].Local != (name == "directory") {
			t.Errorf("%s: got %+v", name, files[0])
		}
	}
	// A host that the user named stays one where the lock has another path on it.
	files, err := fetch.Debs(t.Context(), lockOf(2, server.URL), t.TempDir(), options(server.URL+"/elsewhere"))
	if err != nil {
		t.Fatal(err)
	}
	checkAll(t, files, 2)
	if _, err := fetch.Debs(t.Context(), lockOf(1, server.URL), t.TempDir(), fetch.Options{}); err == nil || !strings.Contains(err.Error(), "nobody named it") {
		t.Errorf("an internal address that only the lock names: %v", err)
	}
}
