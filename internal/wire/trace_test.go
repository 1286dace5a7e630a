package wire

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

func TestMaskURL(t *testing.T) {
	for in, want := range map[string]string{
		"https://r.example/v2/a/manifests/1":                                                          "https://r.example/v2/a/manifests/1",
		"https://u:secret@r.example/simple/?x=secret#sha256=secret":                                   "https://r.example/simple/?x=***",
		"https://r.example/v2/a/blobs/uploads/?mount=sha256:ab&from=team/a":                           "https://r.example/v2/a/blobs/uploads/?mount=sha256:ab&from=team/a",
		"https://r.example/v2/a/blobs/uploads/1?_state=secret&digest=sha256:1":                        "https://r.example/v2/a/blobs/uploads/1?_state=***&digest=sha256:1",
		"https://t.example/token?service=r.example&scope=repository%3Aa%3Apull%2Cpush&account=secret": "https://t.example/token?service=r.example&scope=repository:a:pull,push&account=***",
		"https://s.example/b?X-Amz-Signature=secret&X-Amz-Credential=secret":                          "https://s.example/b?X-Amz-Signature=***&X-Amz-Credential=***",
		"https://s.example/b?secret":                                                                  "https://s.example/b?***",
		"https://s.example/b?sec%20ret=1":                                                             "https://s.example/b?***",
		"https://s.example/b?" + strings.Repeat("secret", 10) + "=":                                   "https://s.example/b?***",
		"https://s.example/b?digest=%zz&n=%1B%5B2J":                                                   "https://s.example/b?digest=***&n=%1B%5B2J",
		"https://s.example/b?DIGEST=secret&last=x":                                                    "https://s.example/b?DIGEST=***&last=x",
		"mailto:secret": "mailto:///***",
	} {
		u, err := url.Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		got := MaskURL(u)
		if u.Opaque == "" && got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
		if strings.Contains(got, "secret") {
			t.Errorf("%s: %s shows a secret", in, got)
		}
	}
}

func FuzzMaskURL(f *testing.F) {
	f.Add("u:SECRET@h/p?x=SECRET&digest=a#SECRET")
	f.Add("h/?a=b=SECRET&SECRET")
	f.Fuzz(func(t *testing.T, rest string) {
		u, err := url.Parse("https://" + rest)
		if err != nil {
			return
		}
		got, err := url.Parse(MaskURL(u))
		if err != nil {
			t.Fatalf("%q: %v", MaskURL(u), err)
		}
		if got.User != nil || got.Fragment != "" || got.Path != u.Path && u.Path != "" {
			t.Errorf("%q became %q", rest, got)
		}
		for name, values := range got.Query() {
			for _, v := range values {
				if v != masked && v != "" && !shownQueries[name] {
					t.Errorf("%q: the value of %q is shown", rest, name)
				}
			}
		}
	})
}

// recordTrace returns a sink and a function that returns what it was told.
func recordTrace() (sink func(Exchange), all func() []Exchange) {
	var mu sync.Mutex
	var list []Exchange
	return func(e Exchange) {
			mu.Lock()
			defer mu.Unlock()
			list = append(list, e)
		}, func() []Exchange {
			mu.Lock()
			defer mu.Unlock()
			return list
		}
}

func TestTraced(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, "body")
	}))
	defer s.Close()
	sink, all := recordTrace()
	client := &http.Client{Transport: Traced(NewTransport(), sink)}
	for n := 1; n <= 2; n++ {
		req, err := http.NewRequestWithContext(WithAttempt(t.Context(), n), http.MethodPut, s.URL+"/p?digest=d", strings.NewReader("12345"))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(resp.Body); err != nil || string(b) != "body" {
			t.Errorf("body %q, %v", b, err)
		}
		resp.Body.Close()
	}
	got := all()
	if len(got) != 2 {
		t.Fatalf("%d exchanges, want 2: %+v", len(got), got)
	}
	for i, e := range got {
		want := Exchange{Method: "PUT", URL: s.URL + "/p?digest=d", Status: 201, Sent: 5, Received: 4, Elapsed: e.Elapsed, Reused: i > 0, Attempt: i + 1}
		if e != want || e.Elapsed <= 0 {
			t.Errorf("got %+v, want %+v", e, want)
		}
	}
	if inner := NewTransport(); Traced(inner, nil) != http.RoundTripper(inner) {
		t.Error("there is a tracer without a sink")
	}
}

// TestTraceShowsNoSecret puts a secret into everything that a request and its
// response can carry one in.
func TestTraceShowsNoSecret(t *testing.T) {
	const secret = "hunter2"
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="`+secret+`"`)
		w.Header().Set("Location", "/next?token="+secret)
		w.Header().Set("Set-Cookie", "session="+secret)
		if r.URL.Path == "/broken" {
			w.Header().Set("Content-Length", "100")
		}
		fmt.Fprintf(w, `{"token": %q, "access_token": %q}`, secret, secret)
	}))
	defer s.Close()
	sink, all := recordTrace()
	rt := Traced(NewTransport(), sink)
	host := strings.TrimPrefix(s.URL, "http://")
	for _, address := range []string{
		"http://user:" + secret + "@" + host + "/?sig=" + secret + "#" + secret,
		"http://" + secret + "@" + host + "/broken?" + secret,
		"http://127.0.0.1:1/?token=" + secret,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, bytes.NewBufferString("password="+secret))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("user", secret)
		req.Header.Set("Cookie", "session="+secret)
		if resp, err := rt.RoundTrip(req); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	}
	proxy := NewTransport()
	proxy.Proxy = func(*http.Request) (*url.URL, error) {
		return nil, fmt.Errorf("invalid proxy address %q: %w", "http://user:"+secret+"@proxy", errors.New(secret))
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := Traced(proxy, sink).RoundTrip(req); err == nil {
		resp.Body.Close()
		t.Error("no error of the proxy")
	}
	if got := all(); len(got) != 4 {
		t.Errorf("%d exchanges, want 4", len(got))
	}
	if text := fmt.Sprintf("%+v", all()); strings.Contains(text, secret) {
		t.Errorf("the trace shows a secret: %s", text)
	}
}

func TestErrorText(t *testing.T) {
	_, lookup := net.LookupHost("name.invalid")
	for _, tt := range []struct {
		err  error
		want string
	}{
		{nil, ""},
		{fmt.Errorf("reading http://u:p@h/: %w", io.ErrUnexpectedEOF), "unexpected EOF"},
		{fmt.Errorf("x: %w", ErrStalled), "no progress"},
		{tls.RecordHeaderError{Msg: "x"}, "the server doesn't speak TLS"},
		{fmt.Errorf("x: %w", errors.New("http://u:p@h/")), "error of type *errors.errorString"},
	} {
		if got := errorText(tt.err); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.err, got, tt.want)
		}
	}
	if got := errorText(lookup); lookup != nil && !strings.Contains(got, "name.invalid") {
		t.Errorf("%v: got %q", lookup, got)
	}
}
