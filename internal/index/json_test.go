package index

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func entryOf(f *listedFile) (e entry) {
	f.entry(&e, &arena{})
	return e
}

// list reads a page as a client does: into a file list, and back.
func list(t *testing.T, page []byte, slowly bool) ([]entry, error) {
	t.Helper()
	var b []byte
	r := bytes.NewReader(page)
	add := func(f *listedFile) { b = f.append(b) }
	err := parseJSON(r, make([]byte, 100), add)
	if slowly {
		b, r = nil, bytes.NewReader(page)
		err = parseJSON(iotest.OneByteReader(r), make([]byte, 100), add)
	}
	if err != nil {
		return nil, err
	}
	var entries []entry
	if err := eachListed(b, nil, func(f *listedFile) { entries = append(entries, entryOf(f)) }); err != nil {
		t.Errorf("reading the list: %v", err)
	}
	return entries, nil
}

var jsonSeeds = []string{
	`{"meta":{"api-version":"1.1"},"files":[{"filename":"demo-1-py3-none-any.whl","url":"../x","hashes":{"sha256":"` + someHash + `"},"yanked":"y","size":-3,"upload-time":"2020-01-01T00:00:00Z","core-metadata":{"sha256":"00"}}]}`,
	`{"meta":{"api-version":"1.0"},"files":[{"filename":"../demo-1-py3-none-any.whl","url":"https://u:p@h/x#y","yanked":true,"dist-info-metadata":false}]}`,
	`{"meta":{"api-version":"1.0"},"files":[{"filename":"demo-1.tar.gz","url":"//h\\x","hashes":null,"yanked":null},null]}`,
	`{"meta":{"api-version":"2.0"},"files":{}}`,
	`{"files":null,"meta":{"api-version":"1.0"}, "versions":["1",{},[[]],-0.1e+5,1E9,null,true]} `,
	`{"meta":{"api-version":"1.0"},"files":[{"filename":"\u0064emo-1.zip","url":"\ud83d\ude00\n","core-metadata":"x","size":9007199254740993,"requires-python":"<4,\u003e=3","hashes":{"sha256":"` + someHash + `","sha256":null}}]}`,
	`{"meta":{"api-version":"1.0","api-version":"1.1"},"files":[{"filename":"a.zip","size":1.5}],"files":[]}`,
	"{\"meta\":{\"api-version\":\"1.0\"},\"files\":[{\"filename\":\"\xff\xc3\xa9.zip\",\"core-metadata\":null,\"dist-info-metadata\":true}]}",
	`{"meta":{"api-version":"1.0"},"files":[{"filename":"a.zip","size":01}]}`, `{"a":"` + "\x01" + `"}`, `{"a":"\x"}`, `[]`, `null`, `{"a":1}}`, `{,}`, `{"a":[1,]}`, `{"a":-}`, `{"a":tru}`,
}

// FuzzJSON holds what is read of a page to what encoding/json reads.
func FuzzJSON(f *testing.F) {
	for _, s := range jsonSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, wantErr := reference([]byte(s))
		for _, slowly := range []bool{false, true} {
			got, err := list(t, []byte(s), slowly)
			if (err == nil) != (wantErr == nil) {
				t.Fatalf("got the error %v, want %v", err, wantErr)
			}
			if err != nil {
				continue
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(entry{})); diff != "" {
				t.Error(diff)
			}
			checkEntries(t, got)
		}
	})
}

// FuzzFileList reads what a cache may have.
func FuzzFileList(f *testing.F) {
	for _, s := range jsonSeeds {
		var b []byte
		if err := parseJSON(strings.NewReader(s), make([]byte, 100), func(l *listedFile) { b = l.append(b) }); err == nil {
			f.Add(b)
		}
	}
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, b []byte) {
		var again []byte
		var entries []entry
		err := eachListed(b, nil, func(l *listedFile) {
			entries = append(entries, entryOf(l))
			again = l.append(again)
		})
		defer checkEntries(t, entries)
		if err != nil {
			return
		}
		var same []entry
		if err := eachListed(again, nil, func(l *listedFile) { same = append(same, entryOf(l)) }); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(entries, same, cmp.AllowUnexported(entry{})); diff != "" {
			t.Error(diff)
		}
	})
}

func TestDepthOfAPage(t *testing.T) {
	for depth, ok := range map[int]bool{maxDepth - 1: true, maxDepth: false, 1_000_000: false} {
		page := `{"meta":{"api-version":"1.0"},"x":` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + `}`
		if err := parseJSON(strings.NewReader(page), make([]byte, 100), func(*listedFile) {}); (err == nil) != ok {
			t.Errorf("%d: %v", depth, err)
		}
	}
}

// TestBrokenPage tells a connection that breaks from a page that is not JSON:
// only the former is worth another try.
func TestBrokenPage(t *testing.T) {
	broken := errors.New("broken")
	r := func(text string) error {
		return parseJSON(&failingReader{strings.NewReader(text), broken}, make([]byte, 100), func(*listedFile) {})
	}
	var failed *streamError
	if err := r(`{"files":[{"filename":"a`); !errors.Is(err, broken) || !errors.As(err, &failed) {
		t.Errorf("got %v", err)
	}
	if err := r(`{"files":[{]`); errors.Is(err, broken) || !errors.Is(err, ErrContent) {
		t.Errorf("got %v", err)
	}
}

// failingReader fails where its content ends.
type failingReader struct {
	r   *strings.Reader
	err error
}

func (f *failingReader) Read(b []byte) (int, error) {
	if f.r.Len() == 0 {
		return 0, f.err
	}
	return f.r.Read(b)
}

// TestPlainLinks holds the short way to check a link to the long one.
func TestPlainLinks(t *testing.T) {
	const name = "demo-1-py3-none-any.whl"
	first := "https://files.example.com/" + name
	for _, href := range []string{
		first, "https://files.example.com/a/b_c/d+e/~f/" + name, "/a/" + name, "/" + name, "//h/" + name, "/a//" + name, "/a/../" + name, "/a/./" + name, "/.a/" + name,
		"https://files.example.com//" + name, "https://files.example.com:443/" + name, "https://files.example.com.evil/" + name, "https://files.example.com@evil/" + name,
		"https://files.example.com/a?b/" + name, "https://files.example.com/a#b/" + name, "https://files.example.com/%2e/" + name, "http://files.example.com/" + name,
		"https://Files.example.com/" + name, "https://files.example.com/", "https://files.example.com", "https://files.example.com/-x.whl", "https://files.example.com/x y/" + name, "https://files.example.com/é/" + name,
		"https://files.example.com/" + strings.Repeat("a/", maxURL) + name, "/" + strings.Repeat("x", 256), "",
	} {
		long, short := &collector{project: &Project{Name: "demo"}}, &collector{project: &Project{Name: "demo"}}
		short.add(&entry{name: name, href: first}, testPage)
		short.project = &Project{Name: "demo"}
		short.add(&entry{name: name, href: href}, testPage)
		long.add(&entry{name: name, href: href, base: testPage.String()}, testPage)
		if diff := cmp.Diff(long.project.Files, short.project.Files); diff != "" {
			t.Errorf("%.80q: %s", href, diff)
		}
		if diff := cmp.Diff(long.project.Refused, short.project.Refused); diff != "" {
			t.Errorf("%.80q: %s", href, diff)
		}
	}
	l := &collector{project: &Project{Name: "demo"}}
	l.add(&entry{name: name, href: first}, testPage)
	if _, _, ok := l.plainLink(&entry{href: "https://files.example.com/x/" + name}, testPage); !ok {
		t.Error("a plain link is none")
	}
	if _, _, ok := l.plainLink(&entry{href: "/x/" + name}, &url.URL{Scheme: schemeFile}); ok {
		t.Error("a path of this machine is plain")
	}
}

// TestPackedPages serves pages as large indexes do.
func TestPackedPages(t *testing.T) {
	page := fmt.Sprintf(`{"meta":{"api-version":"1.1"},"files":[{"filename":"demo-1-py3-none-any.whl","url":"x","hashes":{"sha256":%q}}]}`, someHash)
	for encoding, tt := range map[string]struct {
		body []byte
		ok   bool
	}{
		"gzip":     {gzipped(t, page), true},
		"identity": {[]byte(page), true},
		"br":       {[]byte(page), false},
		"gzip ":    {[]byte(page), false},
	} {
		s := newServer(t)
		s.mux.HandleFunc("/simple/demo/", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", typeJSON)
			w.Header().Set("Content-Encoding", strings.TrimSpace(encoding))
			_, _ = w.Write(tt.body)
		})
		p, err := newTestClient(t, Options{Tries: 1}, s).Project(t.Context(), "demo")
		if (err == nil) != tt.ok || tt.ok && (len(p.Files) != 1 || p.Files[0].Hashes.SHA256 != someHash) {
			t.Errorf("%s: %+v, %v", encoding, p, err)
		}
	}
	s := newServer(t)
	s.serve("/simple/demo/", typeList, "")
	if p, err := newTestClient(t, Options{}, s).Project(t.Context(), "demo"); !errors.Is(err, ErrContent) {
		t.Errorf("a server sends a file list: %v, %v", p, err)
	}
}

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(text))
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
