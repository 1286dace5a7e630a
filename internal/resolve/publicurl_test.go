package resolve

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/internal/wheeltest"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
)

func TestPublicURL(t *testing.T) {
	const file = "https://files.example.com/a%2Bb/demo-1.0-py3-none-any.whl"
	for query, want := range map[string]string{
		"": "", "?": "", "?raw=true": "?raw=true", "?Download=1&ref=v1.0-rc.1": "?Download=1&ref=v1.0-rc.1",
		"?path=dist%2Fdemo.whl": "?path=dist%2Fdemo.whl",
		"?sig=abc":              "", "?raw=true&sig=abc": "", "?X-Amz-Signature=00&X-Amz-Expires=60": "", "?token=t": "",
		"?sv=2024&se=2030&sp=r&sig=x%3D": "", "?Expires=1&Signature=x&Key-Pair-Id=y": "", "?abcdef0123456789": "", "?anything=1": "",
		"?version=" + strings.Repeat("a", 32): "", "?ref=" + strings.Repeat("a/", 60): "", "?name=%zz": "", "?name=a%3Db": "", "?raw=true;sig=x": "",
	} {
		if got := publicURL(file + query); got != file+want {
			t.Errorf("%s: got %s", query, got)
		}
	}
	for address, want := range map[string]string{
		"https://user:secret@h/demo-1.0-py3-none-any.whl":       "https://h/demo-1.0-py3-none-any.whl",
		"https://token@h/demo-1.0-py3-none-any.whl?sig=x":       "https://h/demo-1.0-py3-none-any.whl",
		"https://h/demo-1.0-py3-none-any.whl?sig=x#egg=demo":    "https://h/demo-1.0-py3-none-any.whl#egg=demo",
		"https://h/@scope/demo-1.0-py3-none-any.whl":            "https://h/@scope/demo-1.0-py3-none-any.whl",
		"https://u:s%zz@h/demo-1.0-py3-none-any.whl?sig=secret": "",
	} {
		if got := publicURL(address); got != want {
			t.Errorf("%s: got %s", address, got)
		}
	}
}

// TestSignaturesStayOutOfLocks holds that the signature in a page's link opens
// the file and isn't written, said or noted.
func TestSignaturesStayOutOfLocks(t *testing.T) {
	const secret = "s3cr3t"
	good, bad := wheeltest.Wheel{Name: "demo", Version: "1.0"}, wheeltest.Wheel{Name: "demo", Version: "2.0", MetadataFile: "Name: other\n\n"}
	var opened int
	mux := http.NewServeMux()
	for _, w := range []wheeltest.Wheel{good, bad} {
		mux.HandleFunc("/files/"+w.Filename(), func(out http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("sig") != secret {
				http.Error(out, "no signature "+secret, http.StatusForbidden)
				return
			}
			opened++
			_, _ = out.Write(w.Bytes())
		})
	}
	mux.HandleFunc("/simple/demo/", func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Type", "text/html")
		for _, w := range []wheeltest.Wheel{good, bad} {
			fmt.Fprintf(out, `<a href="/files/%s?sig=%s#%s">x</a>`, w.Filename(), secret, strings.Replace(sha(w), ":", "=", 1))
		}
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	client, err := index.New(index.Options{URLs: []string{server.URL + "/simple"}})
	if err != nil {
		t.Fatal(err)
	}
	env, ladder := testTarget(t)
	opt := Options{Provider: Index(client, wheels.DigestCache{}), Env: env, Ladder: ladder}
	direct := wish1(t, "demo @ "+server.URL+"/files/"+good.Filename()+"?sig="+secret)
	direct.Hashes = []string{sha(good)}
	for name, reqs := range map[string][]requirements.Requirement{"by name": {wish1(t, "demo")}, "by URL": {direct}} {
		s, err := Resolve(context.Background(), reqs, opt)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var pylock, hashed bytes.Buffer
		if err := s.WritePylock(&pylock, WriteOptions{AllFiles: true}); err != nil {
			t.Fatal(err)
		}
		if err := s.WriteRequirements(&hashed, WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		said := fmt.Sprint(pylock.String(), hashed.String(), s.Warnings)
		if strings.Contains(said, secret) || !strings.Contains(pylock.String(), server.URL+"/files/"+good.Filename()+`"`) {
			t.Errorf("%s: %s", name, said)
		}
		if name == "by URL" && !strings.Contains(said, "its URL is written without its query") {
			t.Errorf("%s: no warning: %v", name, s.Warnings)
		}
	}
	if opened == 0 {
		t.Error("no file was opened")
	}
	_, err = Resolve(context.Background(), []requirements.Requirement{wish1(t, "demo>=2")}, opt)
	if err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("got %v", err)
	}
}

// sha returns a wheel's digest as requirements have it.
func sha(w wheeltest.Wheel) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(w.Bytes())) }
