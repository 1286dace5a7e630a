package index

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// makeHouse writes files with their names as content.
func makeHouse(t *testing.T, names ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "a house")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFindLinksInADirectory(t *testing.T) {
	s := newServer(t)
	s.page("demo-pkg", `{"filename":"demo_pkg-9.0-py3-none-any.whl","url":"x"}`)
	s.page("other", `{"filename":"other-2.0-py3-none-any.whl","url":"x"}`)
	dir := makeHouse(t, wheelName, "demo_pkg-0.9.tar.gz", "demo_pkg-1.0+local.1-py3-none-any.whl", "unrelated-1-py3-none-any.whl", "notes.txt", ".demo_pkg-3-py3-none-any.whl", "demo_pkg-bad.whl")
	if err := os.Mkdir(filepath.Join(dir, "demo_pkg-4-py3-none-any.whl"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "demo_pkg-5-py3-none-any.whl"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, link := range map[string]string{"path": dir, "URL": fileURL(dir).String()} {
		c := newTestClient(t, Options{FindLinks: []string{link}, Offline: true}, s)
		p := mustProject(t, c, "Demo.Pkg")
		if got, want := filenames(p), "demo_pkg-0.9.tar.gz demo_pkg-1.0+local.1-py3-none-any.whl "+wheelName; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
		if refused := fmt.Sprint(p.Refused); strings.Count(refused, "not a regular file") != 2 || !strings.Contains(refused, "demo_pkg-bad.whl") {
			t.Errorf("%s: refused: %q", name, refused)
		}
		f := p.Files[len(p.Files)-1]
		if f.Path != filepath.Join(dir, wheelName) || f.Size != int64(len(wheelName)) || !c.IsLocal(0) || c.IsLocal(1) || c.Places() != 2 {
			t.Errorf("%s: %+v", name, f)
		}
		b, err := c.Open(context.Background(), f.URL, Range{Offset: 4})
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(b); string(text) != wheelName[4:] || err != nil || b.Offset != 4 || b.Size != f.Size || b.Close() != nil {
			t.Errorf("%s: read %q, %v", name, text, err)
		}
		if _, err := c.Open(context.Background(), f.URL, Range{Offset: 1000}); !errors.Is(err, ErrRange) {
			t.Errorf("%s: beyond the end: %v", name, err)
		}
		if got := s.requests(); len(got) != 0 {
			t.Errorf("%s: requests: %q", name, got)
		}
	}
	// What a directory doesn't know, the index is asked for.
	c := newTestClient(t, Options{FindLinks: []string{dir}}, s)
	if p := mustProject(t, c, "other"); p.Place != 1 || filenames(p) != "other-2.0-py3-none-any.whl" {
		t.Errorf("got %+v", p)
	}
}

func TestFindLinksOnAPage(t *testing.T) {
	s := newServer(t)
	s.serve("/wheels/all.html", "text/html; charset=utf-8", `<a href="../f/`+wheelName+`#sha256=`+someHash+`">x</a>
		<a href="demo_pkg-2.0%2Bcpu-py3-none-any.whl?x=1">y</a><a href="other-1-py3-none-any.whl">z</a>
		<a href="file:///etc/demo_pkg-3-py3-none-any.whl">w</a><a href="..%2fdemo_pkg-4-py3-none-any.whl">v</a><a href="?C=M">sort</a>`)
	s.serve("/private/", "text/html", `<a href="`+wheelName+`">`)
	wheel := s.URL + "/" + wheelName + "#sha256=" + someHash
	local := filepath.Join(makeHouse(t, wheelName), "page.html")
	page := `<a href="` + wheelName + `#sha256=` + someHash + `">x</a><a href="https://h.example.com/demo_pkg-2-py3-none-any.whl">y</a>`
	if err := os.WriteFile(local, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ link, want, refused string }{
		{s.URL + "/wheels/all.html", s.URL + "/f/" + wheelName + " sha256=" + someHash + " " + s.URL + "/wheels/demo_pkg-2.0%2Bcpu-py3-none-any.whl?x=1 ", "neither https nor http"},
		{strings.Replace(s.URL, "://", "://u:s%40crt@", 1) + "/private/", s.URL + "/private/" + wheelName + " ", ""},
		{wheel, s.URL + "/" + wheelName + " sha256=" + someHash + " ", ""},
		{local, fileURL(filepath.Dir(local)).String() + "/" + wheelName + " sha256=" + someHash + " https://h.example.com/demo_pkg-2-py3-none-any.whl ", ""},
	} {
		p := mustProject(t, newTestClient(t, Options{FindLinks: []string{tt.link}}), "demo-pkg")
		if got := describeFiles(p); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.link, got, tt.want)
		}
		if refused := fmt.Sprint(p.Refused); !strings.Contains(refused, tt.refused) || tt.refused == "" && len(p.Refused) > 0 {
			t.Errorf("%s: refused: %s", tt.link, refused)
		}
	}
	if !s.auth["Basic dTpzQGNydA=="] {
		t.Errorf("credentials: %v", s.auth)
	}
	// A page is read once, for however many projects.
	s.requests()
	c := newTestClient(t, Options{FindLinks: []string{s.URL + "/wheels/all.html"}})
	for _, name := range []string{"demo-pkg", "other", "absent"} {
		if _, err := c.Project(context.Background(), name); (name == "absent") != errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := s.requests(); len(got) != 1 {
		t.Errorf("requests: %q", got)
	}
}

// TestFindLinksThatCantBeRead holds a place that is out of order to be an
// error, so that its projects aren't taken from elsewhere, and to tell no
// secrets.
func TestFindLinksThatCantBeRead(t *testing.T) {
	s := newServer(t)
	s.page("demo-pkg", `{"filename":"`+wheelName+`","url":"x"}`)
	s.serve("/text", "text/plain", wheelName)
	s.mux.HandleFunc("/down", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	secret := strings.Replace(s.URL, "://", "://u:s3cret@", 1)
	dir := makeHouse(t, "notes.txt")
	for link, want := range map[string]string{
		filepath.Join(dir, "gone"):      "no such file",
		filepath.Join(dir, "notes.txt"): "not a directory, a page (.html) or a wheel",
		secret + "/s3cret?k=s3cret":     "there is no such page (HTTP 404)",
		secret + "/text":                `unexpected content type "text/plain"`,
		secret + "/down":                "HTTP 502",
		"ftp://u:s3cret@h/x":            "neither https nor http",
		"file://u:s3cret@h/x":           "not a file URL",
		"":                              "empty",
	} {
		c, err := New(Options{FindLinks: []string{link}, URLs: []string{s.URL + "/simple"}, Tries: 1, Backoff: time.Millisecond})
		if err == nil {
			_, err = c.Project(context.Background(), "demo-pkg")
		}
		if err == nil || errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: got %v, want %q", link, err, want)
		}
	}
}

// TestAPageFromTheNetworkNamesNoFilesHere holds a hostile page to its server.
func TestAPageFromTheNetworkNamesNoFilesHere(t *testing.T) {
	dir := makeHouse(t, wheelName)
	s := newServer(t)
	s.page("demo-pkg", `{"filename":"`+wheelName+`","url":"`+fileURL(dir).String()+"/"+wheelName+`"}`)
	if p := mustProject(t, newTestClient(t, Options{}, s), "demo-pkg"); len(p.Files) != 0 || len(p.Refused) != 1 {
		t.Errorf("got %+v", p)
	}
}
