package index

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/tags"
)

const (
	wheelName = "demo_pkg-1.0-py3-none-any.whl"
	someHash  = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

func textOf(s string) *string { return &s }

func TestProjectFromJSON(t *testing.T) {
	s := newServer(t)
	s.page("demo-pkg",
		`{"filename":"`+wheelName+`","url":"../../files/`+wheelName+`#egg=x","hashes":{"sha256":"`+strings.ToUpper(someHash)+`","md5":"00","sha512":"beef"},"requires-python":">=3.8","yanked":"broken","size":12,"upload-time":"2025-01-02T03:04:05.600Z","core-metadata":{"sha256":"`+someHash+`"}}`,
		`{"filename":"demo_pkg-0.9.tar.gz","url":"https://files.example.com/demo_pkg-0.9.tar.gz","hashes":{},"requires-python":null,"yanked":false,"dist-info-metadata":true}`,
		`{"filename":"demo_pkg-0.9.exe","url":"x.exe","hashes":{}}`,
	)
	p := mustProject(t, newTestClient(t, Options{}, s), "Demo.Pkg")
	wheel, err := tags.ParseFilename(wheelName)
	if err != nil {
		t.Fatal(err)
	}
	want := []File{{
		Filename: wheelName, URL: s.URL + "/files/" + wheelName,
		Hashes: Hashes{SHA256: someHash}, RequiresPython: ">=3.8", Yanked: textOf("broken"), Size: 12,
		UploadTime:  time.Date(2025, 1, 2, 3, 4, 5, 600e6, time.UTC),
		HasMetadata: true, MetadataHashes: Hashes{SHA256: someHash}, Wheel: &wheel,
	}, {
		Filename: "demo_pkg-0.9.tar.gz", URL: "https://files.example.com/demo_pkg-0.9.tar.gz", Size: -1,
	}}
	if diff := cmp.Diff(want, p.Files, cmp.Comparer(func(a, b pep440.Version) bool { return a.Equal(b) })); diff != "" {
		t.Error(diff)
	}
	if got := s.requests(); len(got) != 1 || got[0] != "/simple/demo-pkg/" {
		t.Errorf("requests: %q", got)
	}
}

func TestProjectFromHTML(t *testing.T) {
	for _, tt := range []struct{ name, body, want, refused string }{
		{"relative, with hash", `<!DOCTYPE html><html><body><a href="../../f/` + wheelName + `#sha256=` + someHash + `">x</a></body></html>`, "/f/" + wheelName + " sha256=" + someHash + " ", ""},
		{"upper case and single quotes", `<A HREF='` + wheelName + `'>x</A>`, "/simple/demo-pkg/" + wheelName + " ", ""},
		{"escaped in its URL", `<a href="demo%5Fpkg-1.0-py3-none-any.whl">x`, "/simple/demo-pkg/demo%5Fpkg-1.0-py3-none-any.whl ", ""},
		{"base", `<base href="/other/"><base href="/third/"><a href="` + wheelName + `">`, "/other/" + wheelName + " ", ""},
		{"late base", `<a href="` + wheelName + `"><base href="/other/">`, "/other/" + wheelName + " ", ""},
		{"entities", `<a href="` + wheelName + `?a=1&amp;b=2" data-requires-python="&gt;=3.8, &lt;4" data-yanked="a &quot;bad&quot; one">`, "/simple/demo-pkg/" + wheelName + "?a=1&b=2 >=3.8, <4 yanked:a \"bad\" one ", ""},
		{"yanked without a reason", `<a data-yanked href="` + wheelName + `">`, "/simple/demo-pkg/" + wheelName + " yanked: ", ""},
		{"metadata", `<a href="` + wheelName + `" data-dist-info-metadata="sha256=` + someHash + `">`, "/simple/demo-pkg/" + wheelName + " metadata:sha256=" + someHash + " ", ""},
		{"metadata's new name counts", `<a href="` + wheelName + `" data-core-metadata="false" data-dist-info-metadata="true">`, "/simple/demo-pkg/" + wheelName + " ", ""},
		{"inside script and comment", `<script>"<a href='` + wheelName + `'>"</script><!-- <a href="` + wheelName + `"> -->`, "", ""},
		{"no href", `<a name="x">x</a><a href="  ">y</a>`, "", ""},
		{"other project", `<a href="other-1.0-py3-none-any.whl">x</a>`, "", `it is for project "other"`},
		{"a path in the name", `<a href="..%2f..%2fdemo_pkg-1.0-py3-none-any.whl">`, "", "its name has a path separator"},
		{"a path, escaped twice", `<a href="%252e%252e%252fdemo_pkg-1.0-py3-none-any.whl">`, "", "its name is escaped twice"},
		{"backslash", `<a href="..%5cdemo_pkg-1.0-py3-none-any.whl">`, "", "its name has a path separator"},
		{"newline", `<a href="demo_pkg%0a-1.0-py3-none-any.whl">`, "", "unprintable characters"},
		{"scheme", `<a href="file:///etc/demo_pkg-1.0-py3-none-any.whl">`, "", "neither https nor http"},
		{"script URL", `<a href="javascript:demo_pkg-1.0-py3-none-any.whl">`, "", "its URL"},
		{"not a wheel's name", `<a href="demo_pkg-1.0.whl">`, "", "five or six parts"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			s.serve("/simple/demo-pkg/", "text/html; charset=UTF-8", tt.body)
			p := mustProject(t, newTestClient(t, Options{}, s), "demo-pkg")
			if got := strings.ReplaceAll(describeFiles(p), s.URL, ""); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			var refused string
			if len(p.Refused) > 0 {
				refused = p.Refused[0].String()
			}
			if (tt.refused == "") != (refused == "") || !strings.Contains(refused, tt.refused) {
				t.Errorf("refused: %q, want %q", refused, tt.refused)
			}
		})
	}
}

// describeFiles writes down what tests look at.
func describeFiles(p *Project) string {
	var b strings.Builder
	for _, f := range p.Files {
		b.WriteString(f.URL + " " + f.Hashes.String())
		if f.RequiresPython != "" {
			b.WriteString(f.RequiresPython + " ")
		}
		if f.Yanked != nil {
			b.WriteString("yanked:" + *f.Yanked + " ")
		}
		if f.HasMetadata {
			b.WriteString("metadata:" + f.MetadataHashes.String())
		}
	}
	return b.String()
}

func TestPagesThatAreRefused(t *testing.T) {
	for _, tt := range []struct{ name, kind, body, want string }{
		{"version 2", typeJSON, `{"meta":{"api-version":"2.0"},"files":[]}`, "API version 2.0"},
		{"no version", typeJSON, `{"files":[]}`, "the page has no API version"},
		{"malformed version", typeJSON, `{"meta":{"api-version":"1"},"files":[]}`, "malformed API version"},
		{"not JSON", typeJSON, `<html>`, "not the JSON of PEP 691"},
		{"nameless file", typeJSON, `{"meta":{"api-version":"1.0"},"files":[{"url":"x"}]}`, "file 1 of the page has no name"},
		{"version 2 in HTML", "text/html", `<meta name="pypi:repository-version" content="2.0">`, "API version 2.0"},
		{"type", "text/plain", "x", "content type"},
		{"newer type", "application/vnd.pypi.simple.v2+json", "{}", "content type"},
		{"charset", "text/html; charset=utf-16", "x", "not in UTF-8"},
		{"huge tag", "text/html", `<a href="` + strings.Repeat("x", maxToken+1) + `">`, "not HTML"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			s.serve("/simple/demo/", tt.kind, tt.body)
			p, err := newTestClient(t, Options{}, s).Project(context.Background(), "demo")
			if p != nil || !errors.Is(err, ErrContent) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, %v; want %q", p, err, tt.want)
			}
			if n := len(s.requests()); n != 1 {
				t.Errorf("%d requests, want 1", n)
			}
		})
	}
}

func TestNewerMinorVersionsAreTaken(t *testing.T) {
	s := newServer(t)
	s.serve("/simple/demo/", typeJSON, `{"meta":{"api-version":"1.99"},"files":[{"filename":"demo-1-py3-none-any.whl","url":"a","new":{}}]}`)
	if p := mustProject(t, newTestClient(t, Options{}, s), "demo"); filenames(p) != "demo-1-py3-none-any.whl" {
		t.Errorf("got %q", filenames(p))
	}
}

func TestTheFirstIndexThatKnowsTheProjectAnswers(t *testing.T) {
	first, second := newServer(t), newServer(t)
	first.page("private", `{"filename":"private-1-py3-none-any.whl","url":"x"}`)
	second.page("private", `{"filename":"private-99-py3-none-any.whl","url":"x"}`)
	second.page("public", `{"filename":"public-1-py3-none-any.whl","url":"x"}`)
	second.page("broken", `{"filename":"broken-99-py3-none-any.whl","url":"x"}`)
	first.mux.HandleFunc("/simple/broken/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	c := newTestClient(t, Options{}, first, second)
	if got := filenames(mustProject(t, c, "private")); got != "private-1-py3-none-any.whl" {
		t.Errorf("private: %q", got)
	}
	if p := mustProject(t, c, "public"); p.Place != 1 {
		t.Errorf("public: index %d", p.Place)
	}
	// An index that fails must not let a later one answer in its place.
	if _, err := c.Project(context.Background(), "broken"); !errors.Is(err, ErrDenied) {
		t.Errorf("broken: %v", err)
	}
	if _, err := c.Project(context.Background(), "unknown"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
	if _, err := c.Project(context.Background(), "../x"); err == nil {
		t.Error("a path was taken for a name")
	}
}

func TestRedirectToAnotherNameKeepsRelativeLinks(t *testing.T) {
	s := newServer(t)
	s.mux.Handle("/simple/demo/", http.RedirectHandler("/mirror/Demo/index.html", http.StatusMovedPermanently))
	s.serve("/mirror/Demo/", "text/html", `<a href="demo-1-py3-none-any.whl">`)
	p := mustProject(t, newTestClient(t, Options{}, s), "demo")
	if want := s.URL + "/mirror/Demo/demo-1-py3-none-any.whl"; len(p.Files) != 1 || p.Files[0].URL != want {
		t.Errorf("got %v, want %q", p.Files, want)
	}
}

func TestFits(t *testing.T) {
	s := newServer(t)
	s.page("demo", `{"filename":"demo-1-py3-none-any.whl","url":"x"}`, `{"filename":"demo-1-cp310-cp310-win32.whl","url":"x"}`, `{"filename":"demo-1.tar.gz","url":"x"}`)
	c := newTestClient(t, Options{Fits: func(list []tags.Tag) bool { return list[0].Platform == "any" }}, s)
	if p := mustProject(t, c, "demo"); filenames(p) != "demo-1-py3-none-any.whl demo-1.tar.gz" || p.Unfit != 1 {
		t.Errorf("got %q, %d unfit", filenames(p), p.Unfit)
	}
}

func TestSourceVersion(t *testing.T) {
	for _, tt := range []struct{ file, project, want string }{
		{"demo_pkg-1.0.tar.gz", "demo-pkg", "1.0"},
		{"demo-pkg-2.0rc1.zip", "demo-pkg", "2.0rc1"},
		{"demo-pkg-2.0.tar.gz", "demo", ""},
		{"demo-2.0-1.tar.gz", "demo", "2.0.post1"},
		{"demo-2.0.egg", "demo", ""},
	} {
		v, ok := SourceVersion(tt.file, tt.project)
		if ok != (tt.want != "") || ok && v.String() != tt.want {
			t.Errorf("%s: got %v %v, want %q", tt.file, v, ok, tt.want)
		}
	}
}

func TestSecurePagesDontLeadToPlainHTTP(t *testing.T) {
	e := entry{href: "http://files.example.com/demo-1-py3-none-any.whl"}
	page, _ := url.Parse("https://index.example.com/simple/demo/")
	if _, err := (&collector{project: &Project{Name: "demo"}}).check(&e, page); err == nil || !strings.Contains(err.Error(), "plain HTTP") {
		t.Errorf("got %v", err)
	}
}
