package fetch

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
)

const (
	pure   = "demo-1.0-py3-none-any.whl"
	native = "demo-1.0-cp310-cp310-manylinux_2_17_aarch64.whl"
	wrong  = "demo-1.0-cp310-cp310-win_amd64.whl"
)

func TestFetchesOnceAndTheBest(t *testing.T) {
	s := newServer(t)
	for _, name := range []string{pure, native, wrong} {
		s.files[name] = noise(name, 3000)
	}
	s.page("demo", pure, native, wrong, "demo-1.0.tar.gz")
	r := newRun(t, index.Options{}, s)
	p := pin(t, "Demo", "1.0", s.files[pure], s.files[native], s.files[wrong])
	got, err := r.fetch(p)
	if err != nil {
		t.Fatal(err)
	}
	want := Fetched{Path: filepath.Join(r.opt.Dir, native), SHA256: digestOf(s.files[native]), Size: 3000, Server: strings.TrimPrefix(s.URL, "http://"), Received: 3000}
	want.Filename = got[0].Filename
	if diff := cmp.Diff(want.Path+fmt.Sprint(want.SHA256, want.Size, want.Server, want.Received), got[0].Path+fmt.Sprint(got[0].SHA256, got[0].Size, got[0].Server, got[0].Received)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{native: digestOf(s.files[native])}, r.wheelhouse(t)); diff != "" {
		t.Error(diff)
	}
	s.requests()
	s.Close()
	got, err = r.fetch(p)
	if err != nil || got[0].Server != "" || got[0].Received != 0 || got[0].SHA256 != want.SHA256 {
		t.Errorf("again: %+v, %v", got, err)
	}
}

func TestAllThatIsMissingIsTold(t *testing.T) {
	s := newServer(t)
	for _, name := range []string{pure, wrong, "other-2.0-py3-none-any.whl", "hash-1.0-py3-none-any.whl", "good-1.0-py3-none-any.whl", "src-1.0.tar.gz", "evil-2.0-py3-none-any.whl"} {
		s.files[name] = noise(name, 100)
	}
	s.page("demo", wrong)
	s.page("other", "other-2.0-py3-none-any.whl")
	s.page("hash", "hash-1.0-py3-none-any.whl")
	s.page("good", "good-1.0-py3-none-any.whl")
	s.page("src", "src-1.0.tar.gz")
	s.page("evil", `..%2fevil-1.0-py3-none-any.whl|,"hashes":{}`)
	r := newRun(t, index.Options{}, s)
	_, err := r.fetch(
		pin(t, "demo", "1.0", s.files[wrong]), pin(t, "other", "1.0", nil), pin(t, "hash", "1.0", []byte("x")), pin(t, "good", "1.0", s.files["good-1.0-py3-none-any.whl"]),
		pin(t, "src", "1.0", s.files["src-1.0.tar.gz"]), pin(t, "unknown", "1.0", nil), pin(t, "evil", "1.0", nil))
	text := fmt.Sprint(err)
	for _, want := range []string{
		"no wheel for demo==1.0: the target can't install what 127.0.0.1:", wrong,
		"other==1.0: 127.0.0.1:", "doesn't have this version; compatible wheels exist for 2.0",
		"hash==1.0: 127.0.0.1:", "hash-1.0-py3-none-any.whl (sha256=" + digestOf(s.files["hash-1.0-py3-none-any.whl"]) + "), whose hash is not in the lock",
		"src==1.0: 127.0.0.1:", "has only a source archive, src-1.0.tar.gz",
		"unknown==1.0: no index knows the project",
		"evil==1.0:", "refused:",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in:\n%s", want, text)
		}
	}
	var gone *wheels.MissingError
	if !errors.As(err, &gone) || strings.Contains(text, "good") {
		t.Errorf("got %v", err)
	}
	if len(r.wheelhouse(t)) != 0 || s.requests() != "" {
		t.Error("something was downloaded")
	}
}

func TestOfflineAsksNobody(t *testing.T) {
	r := newRun(t, index.Options{})
	r.opt.Offline = true
	p := pin(t, "demo", "1.0", []byte("x"))
	p.URL = "https://files.example.com/" + pure
	if _, err := r.fetch(p, pin(t, "b", "1", nil)); err == nil || strings.Count(err.Error(), "offline") != 2 {
		t.Errorf("got %v", err)
	}
}

func TestManyAtATime(t *testing.T) {
	s := newServer(t)
	var pins []requirements.Pin
	for i := range 30 {
		name := fmt.Sprintf("p%d-1-py3-none-any.whl", i)
		s.files[name] = noise(name, 1000)
		s.page(fmt.Sprintf("p%d", i), name)
		pins = append(pins, pin(t, fmt.Sprintf("p%d", i), "1", s.files[name]))
	}
	var once sync.Once
	full := make(chan struct{})
	s.between = func() {
		s.mu.Lock()
		if s.most >= 8 {
			once.Do(func() { close(full) })
		}
		s.mu.Unlock()
		select {
		case <-full:
		case <-time.After(5 * time.Second):
		}
	}
	r := newRun(t, index.Options{}, s)
	got, err := r.fetch(pins...)
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range got {
		if want := fmt.Sprintf("p%d-1-py3-none-any.whl", i); g.Filename.String() != want {
			t.Errorf("wheel %d is %s", i, g.Filename)
		}
	}
	if s.most < 8 || s.most > defaultJobs {
		t.Errorf("%d downloads at a time", s.most)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(s.files)), slices.Sorted(maps.Keys(r.wheelhouse(t)))); diff != "" {
		t.Error(diff)
	}
}

func TestYankedFilesAreTakenWithANote(t *testing.T) {
	s := newServer(t)
	s.files[pure] = noise(pure, 10)
	s.page("demo", fmt.Sprintf(`%s|,"hashes":{"sha256":%q},"yanked":"it\u001b[31m burns"`, pure, digestOf(s.files[pure])))
	r := newRun(t, index.Options{}, s)
	if _, err := r.fetch(pin(t, "demo", "1.0", s.files[pure])); err != nil {
		t.Fatal(err)
	}
	if want := []string{"lock.txt:7: demo==1.0 was yanked: it [31m burns"}; !slices.Equal(r.notes, want) {
		t.Errorf("notes: %q", r.notes)
	}
}

// TestYankedLocalBuild holds that a pin takes a yanked file only where the lock
// allows no other that fits (PEP 592), though its version is higher.
func TestYankedLocalBuild(t *testing.T) {
	const plain, local, other = "demo-1.0-py3-none-any.whl", "demo-1.0+cpu-py3-none-any.whl", "demo-1.0-cp310-cp310-win_amd64.whl"
	const yanked, silent = `,"yanked":true`, ``
	hash := func(name string) string { return fmt.Sprintf(`,"hashes":{"sha256":%q}`, digestOf(noise(name, 100))) }
	for _, tt := range []struct {
		name, want string
		page       []string
		locked     []string
	}{
		{"local build yanked", plain, []string{plain + "|" + hash(plain), local + "|" + hash(local) + yanked}, []string{plain, local}},
		{"public version yanked", local, []string{plain + "|" + hash(plain) + yanked, local + "|" + hash(local)}, []string{plain, local}},
		{"neither", local, []string{plain + "|" + hash(plain), local + "|" + hash(local)}, []string{plain, local}},
		{"both", local, []string{plain + "|" + hash(plain) + yanked, local + "|" + hash(local) + yanked}, []string{plain, local}},
		{"only the yanked one is locked", local, []string{plain + "|" + hash(plain), local + "|" + hash(local) + yanked}, []string{local}},
		{"only the yanked one fits", local, []string{other + "|" + hash(other), local + "|" + hash(local) + yanked}, []string{other, local}},
		{"no hashes on the page", plain, []string{plain + "|" + silent + `,"size":100`, local + "|" + yanked}, []string{plain, local}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			p := pin(t, "demo", "1.0")
			for _, name := range tt.locked {
				p.Hashes = append(p.Hashes, "sha256:"+digestOf(noise(name, 100)))
			}
			for _, name := range []string{plain, local, other} {
				s.files[name] = noise(name, 100)
			}
			s.page("demo", tt.page...)
			got, err := newRun(t, index.Options{}, s).fetch(p)
			if err != nil || got[0].Filename.String() != tt.want {
				t.Errorf("got %+v, %v; want %s", got, err, tt.want)
			}
		})
	}
}

func TestMirrorsAreTriedInOrder(t *testing.T) {
	down, bad, good := newServer(t), newServer(t), newServer(t)
	down.mux.HandleFunc("/simple/demo/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	good.files[pure] = noise(pure, 5000)
	bad.files[pure] = noise("other", 5000)
	for _, s := range []*server{bad, good} {
		s.page("demo", fmt.Sprintf(`%s|,"hashes":{"sha256":%q}`, pure, digestOf(good.files[pure])))
	}
	r := newRun(t, index.Options{Tries: 2}, down, bad, good)
	p := pin(t, "demo", "1.0", good.files[pure])
	if _, err := r.fetch(p); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{pure: digestOf(good.files[pure])}, r.wheelhouse(t)); diff != "" {
		t.Error(diff)
	}
	notes := strings.Join(r.notes, "\n")
	for _, want := range []string{"HTTP 503", "got sha256:" + digestOf(bad.files[pure])} {
		if !strings.Contains(notes, want) {
			t.Errorf("%q is not in:\n%s", want, notes)
		}
	}
	// Where no index is left, the failure of one is the error.
	r = newRun(t, index.Options{Tries: 2}, down)
	var gone *wheels.MissingError
	if _, err := r.fetch(p); err == nil || errors.As(err, &gone) || !strings.Contains(err.Error(), "HTTP 503") {
		t.Errorf("got %v", err)
	}
}

func TestPinsThatNameFiles(t *testing.T) {
	s := newServer(t)
	for _, name := range []string{pure, native} {
		s.files[name] = noise(name, 700)
	}
	asked := map[string]bool{}
	s.between = func() {}
	at := func(name string) string { return s.URL + "/files/" + name }
	s.mux.HandleFunc("/private/{name}", func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		asked[user+":"+password] = true
		_, _ = w.Write(s.files[r.PathValue("name")])
	})
	byURL := pin(t, "demo", "1.0", s.files[pure])
	byURL.URL = strings.Replace(s.URL, "://", "://me:s%40crt@", 1) + "/private/" + pure
	listed := pin(t, "demo", "1.0", s.files[pure], s.files[native])
	for _, name := range []string{pure, native} {
		listed.Wheels = append(listed.Wheels, requirements.Wheel{Name: name, URL: at(name), Hashes: []string{"sha256:" + digestOf(s.files[name])}, Size: 700})
	}
	for name, tt := range map[string]struct {
		pin  requirements.Pin
		want string
	}{"URL": {byURL, pure}, "listed": {listed, native}} {
		r := newRun(t, index.Options{})
		got, err := r.fetch(tt.pin)
		if err != nil || got[0].Filename.String() != tt.want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if !asked["me:s@crt"] || len(asked) != 1 {
		t.Errorf("credentials: %v", asked)
	}
	for bad, want := range map[string]string{
		at(wrong):                              "the target can't install",
		at("other-1.0-py3-none-any.whl"):       `is for project "other"`,
		at("..%2fdemo-1.0-py3-none-any.whl"):   "path separator",
		"ftp://me:s%40crt@example.com/" + pure: "neither https nor http",
	} {
		p := byURL
		p.URL = bad
		r := newRun(t, index.Options{})
		if _, err := r.fetch(p); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "crt") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	local := pin(t, "demo", "1.0", s.files[pure])
	local.Path = filepath.Join(t.TempDir(), pure)
	if err := os.WriteFile(local.Path, s.files[pure], 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := newRun(t, index.Options{}).fetch(local); err != nil || got[0].Path != local.Path {
		t.Errorf("path: %v, %v", got, err)
	}
	local.Hashes = []string{"sha256:" + digestOf(nil)}
	var mismatch *wheels.HashMismatchError
	if _, err := newRun(t, index.Options{}).fetch(local); !errors.As(err, &mismatch) {
		t.Errorf("path with another hash: %v", err)
	}
}
