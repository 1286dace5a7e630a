package index

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/assemble-image/assemble/internal/wire"
)

// secrets are what must not show anywhere, in the ways it could be written.
func secrets(user, password string) []string {
	return []string{
		user, password, url.QueryEscape(password), url.PathEscape(password), url.UserPassword(user, password).String(),
		base64.StdEncoding.EncodeToString([]byte(user + ":" + password)),
	}
}

const (
	testUser     = "alice-u"
	testPassword = "p@ss/w:rd s3cret"
)

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

func withUser(address string) string {
	return strings.Replace(address, "://", "://"+url.UserPassword(testUser, testPassword).String()+"@", 1)
}

func TestCredentialsStayAtTheirOrigin(t *testing.T) {
	index, files := newServer(t), newServer(t)
	index.page("demo", fmt.Sprintf(`{"filename":"demo-1-py3-none-any.whl","url":"%s/f/demo-1-py3-none-any.whl"}`, files.URL),
		`{"filename":"demo-2-py3-none-any.whl","url":"/moved/demo-2-py3-none-any.whl"}`)
	index.mux.Handle("/moved/", http.RedirectHandler(withUser(files.URL)+"/f/x", http.StatusFound))
	files.serve("/f/", "application/octet-stream", "wheel")
	store := newMapStore()
	var notes []string
	c, err := New(Options{URLs: []string{withUser(index.URL) + "/simple/"}, Cache: store, Note: func(s string) { notes = append(notes, s) }})
	if err != nil {
		t.Fatal(err)
	}
	p := mustProject(t, c, "demo")
	for _, f := range p.Files {
		b, err := c.Open(context.Background(), f.URL, Range{})
		if err != nil {
			t.Fatal(err)
		}
		b.Close()
	}
	if !index.auth[basic(testUser, testPassword)] || len(index.auth) != 1 {
		t.Errorf("the index saw %v", index.auth)
	}
	if len(files.auth) != 1 || !files.auth[""] {
		t.Errorf("the other origin saw %v", files.auth)
	}
	_, missing := c.Project(context.Background(), "missing")
	text := fmt.Sprintf("%v %+v %q %v %#v", missing, p, notes, c.PlaceName(0), c.own)
	for k, v := range store.m {
		text += k + string(v)
	}
	for _, s := range secrets(testUser, testPassword) {
		if strings.Contains(text, s) {
			t.Errorf("%q shows in %s", s, text)
		}
	}
}

func TestErrorsHoldNoSecrets(t *testing.T) {
	s := newServer(t)
	for path, status := range map[string]int{"a": 401, "b": 403, "c": 500, "d": 429} {
		s.mux.HandleFunc("/simple/"+path+"/", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, r.Header)
		})
	}
	s.mux.Handle("/simple/e/", http.RedirectHandler(withUser("http://files.example.com/x")+"?token="+url.QueryEscape(testPassword), http.StatusFound))
	s.mux.HandleFunc("/simple/f/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", withUser("http://files.example.com/")+"%zz")
		w.WriteHeader(http.StatusFound)
	})
	var text strings.Builder
	c := newTestClient(t, Options{URLs: []string{withUser(s.URL) + "/simple"}, Tries: 2, Note: func(s string) { text.WriteString(s + "\n") }})
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		_, err := c.Project(context.Background(), name)
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		fmt.Fprintf(&text, "%v\n", err)
	}
	for _, bad := range []string{"https://" + testPassword + "%zz@h/", "ftp://u:" + testPassword + "@example.com/", "https://u:hidden-one@/x"} {
		_, err := New(Options{URLs: []string{bad}})
		if err == nil {
			t.Errorf("%q was taken", bad)
		}
		fmt.Fprintf(&text, "%v\n", err)
	}
	for _, s := range append(secrets(testUser, testPassword), "hidden-one") {
		if strings.Contains(text.String(), s) {
			t.Errorf("%q shows in:\n%s", s, text.String())
		}
	}
}

func TestCredentialsFromElsewhere(t *testing.T) {
	u := func(s string) *url.URL { v, _ := url.Parse(s); return v }
	ring, err := ParseNetrc("machine files.example.com login n password np\nmachine index.example.com login alice password late\nmachine 127.0.0.1 login l password lp\ndefault login d password dp")
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{EnvUsername: "e", EnvPassword: "ep"}
	c := newTestClient(t, Options{
		URLs:            []string{"https://env.example.com/simple", "https://alice@index.example.com/simple"},
		IndexCredential: EnvironmentCredential(func(k string) string { return env[k] }),
		Keyring:         ring.Keyring(),
	})
	for _, tt := range []struct{ at, want string }{
		{"https://env.example.com/x", "e:ep"},
		{"https://ENV.example.com:443/x", "e:ep"},
		{"https://env.example.com:8443/x", ""},
		{"http://env.example.com/x", ""},
		{"https://index.example.com/x", "alice:late"}, // the URL names the user, netrc has the password
		{"https://files.example.com:444/x", "n:np"},
		{"http://files.example.com/x", ""},
		{"https://sub.files.example.com/x", ""},
		{"https://elsewhere.example.com/x", ""},
		{"http://127.0.0.1:99/x", "l:lp"},
	} {
		cred, ok := c.credential(u(tt.at))
		got := ""
		if ok {
			got = cred.Username + ":" + cred.Password
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.at, got, tt.want)
		}
	}
}

func TestUnsafeWaysAreRefused(t *testing.T) {
	plainServer := newServer(t)
	plainServer.serve("/", "text/html", "")
	secure := startServer(t, httptest.NewTLSServer)
	secure.mux.Handle("/simple/down/", http.RedirectHandler(plainServer.URL+"/", http.StatusFound))
	secure.mux.Handle("/simple/loop/", http.RedirectHandler("/simple/loop/", http.StatusFound))
	c := newTestClient(t, Options{Transport: secure.Client().Transport}, secure)
	if _, err := c.Project(context.Background(), "down"); !errors.Is(err, wire.ErrInsecure) {
		t.Errorf("https to http: %v", err)
	}
	if _, err := c.Project(context.Background(), "loop"); err == nil || !strings.Contains(err.Error(), "redirects") {
		t.Errorf("a loop: %v", err)
	}
	if n := len(plainServer.requests()); n != 0 {
		t.Errorf("the plain server saw %d requests", n)
	}
	remote := newTestClient(t, Options{URLs: []string{"https://index.example.com/simple"}, Tries: 1})
	for _, at := range []string{plainServer.URL + "/x", "https://169.254.169.254/x", "https://10.0.0.1/x", "https://[::1]/x", "https://localhost/x", "http://files.example.com/x", "ftp://files.example.com/x"} {
		if _, err := remote.Open(context.Background(), at, Range{}); !errors.Is(err, wire.ErrInsecure) && !strings.Contains(fmt.Sprint(err), "neither https nor http") {
			t.Errorf("%s: %v", at, err)
		}
	}
	if n := len(plainServer.requests()); n != 0 {
		t.Errorf("a link of a remote index reached this machine: %d requests", n)
	}
	if _, err := remote.Adopt(plainServer.URL + "/x"); err != nil {
		t.Fatal(err)
	}
	if _, err := remote.Open(context.Background(), plainServer.URL+"/x", Range{}); err != nil {
		t.Errorf("a URL that the user gave: %v", err)
	}
}

func TestWaitsAsTheIndexAsks(t *testing.T) {
	s := newServer(t)
	first := true
	s.mux.HandleFunc("/simple/demo/", func(w http.ResponseWriter, _ *http.Request) {
		if first {
			first = false
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		w.Header().Set("Content-Type", "text/html")
	})
	began := time.Now()
	mustProject(t, newTestClient(t, Options{}, s), "demo")
	if d := time.Since(began); d < time.Second {
		t.Errorf("it waited for %v only", d)
	}
	s.mux.HandleFunc("/simple/never/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) })
	if _, err := newTestClient(t, Options{Tries: 3}, s).Project(context.Background(), "never"); !errors.Is(err, ErrRateLimited) {
		t.Errorf("got %v", err)
	}
	if n := len(s.requests()); n != 2+3 {
		t.Errorf("%d requests", n)
	}
}

func TestBrokenAndSlowPagesAreReadAgain(t *testing.T) {
	for name, fault := range map[string]http.HandlerFunc{
		"short": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "<a")
		},
		"slow": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				fmt.Fprint(w, " ")
				_ = http.NewResponseController(w).Flush()
				time.Sleep(20 * time.Millisecond)
			}
		},
		"silent": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"502":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			first := true
			s.mux.HandleFunc("/simple/demo/", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				if first {
					first = false
					fault(w, r)
					return
				}
				fmt.Fprint(w, `<a href="demo-1-py3-none-any.whl">`)
			})
			c := newTestClient(t, Options{Stall: time.Second}, s)
			if got := filenames(mustProject(t, c, "demo")); got != "demo-1-py3-none-any.whl" {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestBodiesAreBounded(t *testing.T) {
	for _, tt := range []struct {
		length, announced int64
		want              bool
	}{{10, 10, true}, {10, -1, true}, {11, 11, false}, {11, -1, false}, {5, 1 << 50, false}} {
		resp := &http.Response{Body: io.NopCloser(strings.NewReader(strings.Repeat("x", int(tt.length)))), ContentLength: tt.announced}
		b, err := readBounded(resp, 10)
		if (err == nil) != tt.want || tt.want != (int64(len(b)) == tt.length) || err != nil && !errors.Is(err, ErrContent) {
			t.Errorf("%+v: %d bytes, %v", tt, len(b), err)
		}
	}
}
