package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSamePins(t *testing.T) {
	hash := " --hash=sha256:" + strings.Repeat("a", 64) + "\n"
	write := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	one := write("ours.lock", "a_b[x,y]==1.0"+hash+"c==2"+hash)
	for text, same := range map[string]bool{
		"c==2.0" + hash + "a-b[y, x]==1.0" + hash:                    true,
		"c==2.1" + hash + "a-b[y, x]==1.0" + hash:                    false,
		"c==2.0" + hash + "a-b[y]==1.0" + hash:                       false,
		"c==2.0" + hash:                                              false,
		"c==2.0" + hash + "a-b[y, x]==1.0" + hash + "d==1" + hash:    false,
		"c==2.0" + hash + "a-b[y, x]==1.0 ; os_name=='posix'" + hash: true,
	} {
		if err := samePins(t.Context(), one, write("theirs.lock", text)); (err == nil) != same {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestReplayIndex records an index, and replays it when that is gone.
func TestReplayIndex(t *testing.T) {
	const wheel, metadata = "demo-1-py3-none-any.whl", "Metadata-Version: 2.1\nName: demo\nVersion: 1\n"
	mux := http.NewServeMux()
	mux.HandleFunc("/simple/demo/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", jsonPage)
		fmt.Fprintf(w, `{"meta":{"api-version":"1.1"},"files":[{"filename":%q,"url":"../../f/%s","hashes":{}},{"filename":"demo-1.zip","url":"x","hashes":{}}]}`, wheel, wheel)
	})
	mux.HandleFunc("/f/"+wheel+".metadata", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, metadata) })
	upstream := httptest.NewServer(mux)
	dir := t.TempDir()
	for range 2 {
		x, err := startReplay(t.Context(), upstream.URL+"/simple", dir)
		if err != nil {
			t.Fatal(err)
		}
		status, page := get(t, x.url+"demo/")
		if status != http.StatusOK || strings.Count(page, `"core-metadata":true`) != 1 || !strings.Contains(page, `"url":"/files/`+wheel+`"`) {
			t.Errorf("%d %s", status, page)
		}
		root := strings.TrimSuffix(x.url, "/simple/")
		if status, text := get(t, root+"/files/"+wheel+".metadata"); status != http.StatusOK || text != metadata {
			t.Errorf("%d %q", status, text)
		}
		for _, missing := range []string{"/simple/other/", "/files/other-1-py3-none-any.whl.metadata", "/files/" + wheel} {
			if status, _ := get(t, root+missing); status != http.StatusNotFound {
				t.Errorf("%s: %d", missing, status)
			}
		}
		if err := x.stop(); err != nil {
			t.Error(err)
		}
		upstream.Close()
	}
}
