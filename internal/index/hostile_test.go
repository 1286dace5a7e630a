package index

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// A page of millions of links takes hundreds of bytes for each in memory.
func TestPagesWithTooManyFiles(t *testing.T) {
	const many = maxFiles + 1
	link := `<a href="demo_pkg-1.0-py3-none-any.whl">`
	file := `{"filename":"demo_pkg-1.0-py3-none-any.whl","url":"x"}`
	for name, tt := range map[string]struct{ kind, body string }{
		"HTML": {typeHTML, strings.Repeat(link, many)},
		"JSON": {typeJSON, `{"meta":{"api-version":"1.1"},"files":[` + strings.Repeat(file+",", many-1) + file + `]}`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			s.serve("/simple/demo-pkg/", tt.kind, tt.body)
			_, err := newTestClient(t, Options{}, s).Project(t.Context(), "demo-pkg")
			if !errors.Is(err, ErrContent) || !strings.Contains(err.Error(), fmt.Sprintf("limit of %d files exceeded", maxFiles)) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A page of find_links serves all projects: that it can't be read must not be
// found out for each of them.
func TestAFlatPageThatFailsIsAskedOnce(t *testing.T) {
	s := newServer(t)
	var asked atomic.Int32
	s.mux.HandleFunc("/links", func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	c := newTestClient(t, Options{FindLinks: []string{s.URL + "/links"}, Tries: 3}, s)
	for i := range 20 {
		if _, err := c.ProjectOn(t.Context(), 0, fmt.Sprintf("p%d", i), nil); err == nil {
			t.Error("no error")
		}
	}
	if n := asked.Load(); n > 3 {
		t.Errorf("it was asked for %d times", n)
	}
}

// What is no URL for lack of a few characters may have a password all the same.
func TestMistypedFindLinksTellNoSecrets(t *testing.T) {
	for _, link := range []string{
		"https:me:hushhush@example.com/x", "HTTP:/me:hushhush@example.com/x", "file://me:hushhush@localhost/x", "file://me:hush%2fhush@example.com/x",
		"me:hushhush@example.com/x", "/tmp/me:hushhush@example.com/x", "me:hush@hush/x@example.com", "/tmp/me:hush/hush@example.com",
		"file:///tmp/me:hushhush@example.com",
	} {
		c, err := New(Options{FindLinks: []string{link}})
		if err == nil {
			_, err = c.Project(t.Context(), "demo")
		}
		if err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: %v", link, err)
		}
	}
	c, err := New(Options{FindLinks: []string{"/tmp/no@such:thing"}})
	if err != nil || c.PlaceName(0) != `"/tmp/no@such:thing"` {
		t.Errorf("%v", err)
	}
}

// An index can't send us to a file; that is told by what it did.
func TestARedirectToAFile(t *testing.T) {
	s := newServer(t)
	s.mux.Handle("/simple/demo/", http.RedirectHandler("file:///etc/passwd", http.StatusFound))
	_, err := newTestClient(t, Options{}, s).Project(t.Context(), "demo")
	if err == nil || !strings.Contains(err.Error(), `refused for safety: the index redirects to a URL of scheme "file"`) {
		t.Errorf("got %v", err)
	}
}
