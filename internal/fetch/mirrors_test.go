package fetch

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// TestAMirrorThatIsOutOfOrder fetches many wheels where the first of two
// indexes doesn't work: the second one has to do, without a wait for each wheel
// and with one word about it.
func TestAMirrorThatIsOutOfOrder(t *testing.T) {
	const files = 20
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	answer := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if status == 0 {
				select {
				case <-r.Context().Done():
				case <-stop:
				}
				return
			}
			w.WriteHeader(status)
		}
	}
	for name, tt := range map[string]struct {
		page, file http.HandlerFunc // nil works
		closed     bool
		note       string
		asked      int // pages of the first mirror at most
	}{
		"refused":           {closed: true, note: "connection refused"},
		"5xx":               {page: answer(503), note: "HTTP 503", asked: 2 * lookups},
		"hangs":             {page: answer(0), note: "no progress", asked: 2 * lookups},
		"denied":            {page: answer(403), note: "HTTP 403", asked: lookups},
		"404":               {page: answer(404), asked: files},
		"its files are 5xx": {file: answer(502), note: "HTTP 502", asked: files},
		"its files are 404": {file: answer(404), note: "HTTP 404", asked: files},
		"its files hang":    {file: answer(0), note: "no progress", asked: files},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad, good := newServer(t), newServer(t)
			var pins []requirements.Pin
			for i := range files {
				project := fmt.Sprintf("p%d", i)
				wheel := project + "-1-py3-none-any.whl"
				good.files[wheel] = noise(wheel, 500)
				bad.files[wheel] = good.files[wheel]
				good.page(project, wheel)
				if tt.page == nil {
					bad.page(project, wheel)
				}
				if tt.file != nil {
					bad.fault(wheel, tt.file, tt.file, tt.file, tt.file, tt.file, tt.file)
				}
				pins = append(pins, pin(t, project, "1", good.files[wheel]))
			}
			asked := make(chan string, 1000)
			if tt.page != nil {
				bad.mux.HandleFunc("/simple/", func(w http.ResponseWriter, r *http.Request) {
					asked <- r.URL.Path
					tt.page(w, r)
				})
			}
			if tt.closed {
				bad.Close()
			}
			opt := index.Options{Tries: 3}
			if strings.Contains(name, "hang") {
				opt.Stall = 300 * time.Millisecond
			}
			r := newRun(t, opt, bad, good)
			r.opt.Jobs = 4
			got, err := r.fetch(pins...)
			if err != nil {
				t.Fatal(err)
			}
			for _, g := range got {
				if g.Server != strings.TrimPrefix(good.URL, "http://") {
					t.Errorf("%s came from %s", g.Filename, g.Server)
				}
			}
			notes := strings.Join(r.notes, "\n")
			if !strings.Contains(notes, tt.note) || tt.note == "" && notes != "" {
				t.Errorf("%q is not in:\n%s", tt.note, notes)
			}
			if n := strings.Count(notes, "tried first"); tt.page != nil && tt.note != "" && n != 1 {
				t.Errorf("told %d times:\n%s", n, notes)
			}
			if n := len(asked); n > tt.asked {
				t.Errorf("asked %d times, want %d at most", n, tt.asked)
			}
			if tt.file != nil && tt.note != "HTTP 404" {
				// After the first failures, the others go to the second mirror at once.
				if n := strings.Count(bad.requests(), ".whl"); n > 3*r.opt.Jobs {
					t.Errorf("%d requests for files", n)
				}
			}
		})
	}
}

// TestTheFirstMirrorIsGoneBackTo has a wheel that only the index has which
// failed before.
func TestTheFirstMirrorIsGoneBackTo(t *testing.T) {
	first, second := newServer(t), newServer(t)
	body := noise(pure, 100)
	first.files[pure] = body
	first.page("demo", pure)
	first.mux.HandleFunc("/simple/other/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	other := "other-1-py3-none-any.whl"
	second.files[other] = noise(other, 100)
	second.page("other", other)
	r := newRun(t, index.Options{Tries: 1}, first, second)
	for range 2 {
		if _, err := r.fetch(pin(t, "other", "1", second.files[other]), pin(t, "demo", "1.0", body)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWheelsOfThisMachine copies from directories, which hashes are held
// against as elsewhere.
func TestWheelsOfThisMachine(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, b []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	body := noise(pure, 2000)
	write(pure, body)
	write(native, noise(native, 2000)) // it would fit better
	for name, tt := range map[string]struct {
		pin     requirements.Pin
		offline bool
		err     string
	}{
		"by its hash":     {pin: pin(t, "demo", "1.0", body)},
		"offline":         {pin: pin(t, "demo", "1.0", body), offline: true},
		"another hash":    {pin: pin(t, "demo", "1.0", noise("x", 2)), offline: true, err: "whose hash is not in the lock"},
		"another version": {pin: pin(t, "demo", "2.0", body), offline: true, err: "doesn't have this version; compatible wheels exist for 1.0"},
		"another project": {pin: pin(t, "nope", "1.0", body), offline: true, err: "not in the wheelhouse, and offline"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRun(t, index.Options{FindLinks: []string{dir}, Offline: tt.offline})
			r.opt.Offline = tt.offline
			got, err := r.fetch(tt.pin)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil || !got[0].Local || got[0].SHA256 != digestOf(body) || got[0].Server != fmt.Sprintf("%q", dir) {
				t.Errorf("got %+v, %v", got, err)
			}
			if got := r.wheelhouse(t); got[pure] != digestOf(body) || len(got) != 1 {
				t.Errorf("the wheelhouse has %v", got)
			}
		})
	}
	// A lock may name the file by URL.
	p := pin(t, "demo", "1.0", body)
	p.URL = "file://" + filepath.ToSlash(filepath.Join(dir, pure))
	r := newRun(t, index.Options{Offline: true})
	r.opt.Offline = true
	if got, err := r.fetch(p); err != nil || !got[0].Local {
		t.Errorf("by URL: %+v, %v", got, err)
	}
	p.Hashes = []string{"sha256:" + digestOf(nil)}
	r = newRun(t, index.Options{})
	if _, err := r.fetch(p); err == nil || !strings.Contains(err.Error(), "digest mismatch") {
		t.Errorf("by URL, with another hash: %v", err)
	}
}
