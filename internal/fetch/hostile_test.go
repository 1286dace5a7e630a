//go:build unix

package fetch

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/assemble-image/assemble/internal/index"
)

// Somebody who may write to the wheelhouse leaves a link or a pipe in the place
// of what a part comes from; the server says what would be written there.
func TestNotesOfPartsFollowNoLinks(t *testing.T) {
	body := noise(pure, 1000)
	for name, plant := range map[string]func(t *testing.T, path, victim string){
		"link": func(t *testing.T, path, victim string) {
			if err := os.Symlink(victim, path); err != nil {
				t.Fatal(err)
			}
		},
		"hard link": func(t *testing.T, path, victim string) {
			if err := os.Link(victim, path); err != nil {
				t.Fatal(err)
			}
		},
		"pipe": func(t *testing.T, path, _ string) {
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Fatal(err)
			}
		},
	} {
		for begun, left := range map[string][]byte{"new": nil, "begun": body[:10]} {
			t.Run(name+" "+begun, func(t *testing.T) {
				s := newServer(t)
				s.files[pure] = body
				s.page("demo", pure)
				r := newRun(t, index.Options{}, s)
				f, err := newFetcher(r.opt)
				if err != nil {
					t.Fatal(err)
				}
				victim := filepath.Join(t.TempDir(), "profile")
				if err := os.WriteFile(victim, []byte("mine\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				path := f.partPath(pure, []string{"sha256:" + digestOf(body)})
				if err := os.WriteFile(path, left, 0o600); err != nil {
					t.Fatal(err)
				}
				plant(t, strings.TrimSuffix(path, partSuffix)+fromSuffix, victim)
				done := make(chan error, 1)
				go func() {
					_, err := r.fetch(pin(t, "demo", "1.0", body))
					done <- err
				}()
				select {
				case err := <-done:
					if err != nil {
						t.Error(err)
					}
				case <-time.After(5 * time.Second):
					t.Fatal("it waits")
				}
				if b, err := os.ReadFile(victim); err != nil || string(b) != "mine\n" {
					t.Errorf("another file has %q, %v", b, err)
				}
			})
		}
	}
}

// A server that knows no ranges and breaks off each time brings something each
// time, but nothing new.
func TestADownloadThatGetsNowhereEnds(t *testing.T) {
	body := noise(pure, 3*headway)
	s := newServer(t)
	s.files[pure] = body
	s.page("demo", pure)
	var asked atomic.Int32
	s.mux.HandleFunc("/files/"+pure, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) > 50 {
			http.NotFound(w, nil)
			return
		}
		w.Header().Set("Content-Length", "3145728")
		_, _ = w.Write(body[:2*headway])
	})
	r := newRun(t, index.Options{Tries: 3}, s)
	if _, err := r.fetch(pin(t, "demo", "1.0", body)); err == nil {
		t.Error("no error")
	}
	if n := asked.Load(); n > 6 {
		t.Errorf("it was asked for %d times", n)
	}
}
