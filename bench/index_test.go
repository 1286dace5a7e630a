package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// get reads what is at a URL of the index.
func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestWheelIndex(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"a_B-1-py3-none-any.whl": "hello", "c-1-py3-none-any.whl": "", "secret": "x"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	x, err := startIndex(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	status, body := get(t, x.url+"a-b/")
	var page struct{ Files []indexFile }
	if err := json.Unmarshal([]byte(body), &page); err != nil || status != http.StatusOK || len(page.Files) != 1 {
		t.Fatalf("%d %q: %v", status, body, err)
	}
	f := page.Files[0]
	const hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
	if f.Filename != "a_B-1-py3-none-any.whl" || f.Size != 5 || f.Hashes["sha256"] != hello {
		t.Errorf("%+v", f)
	}
	if status, body = get(t, strings.TrimSuffix(x.url, "/simple/")+f.URL); status != http.StatusOK || body != "hello" {
		t.Errorf("%d %q", status, body)
	}
	if status, _ = get(t, x.url+"other/"); status != http.StatusNotFound {
		t.Errorf("a project that isn't there: %d", status)
	}
	if first, second := x.takeMost(), x.takeMost(); first != 1 || second != 0 {
		t.Errorf("%d files at a time, then %d", first, second)
	}
	if err := x.stop(); err != nil {
		t.Error(err)
	}
}

func TestSameFiles(t *testing.T) {
	write := func(files map[string]string) string {
		dir := t.TempDir()
		for name, content := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	one := write(map[string]string{"a.whl": "x", "lock": "1"})
	for name, tt := range map[string]struct {
		other map[string]string
		same  bool
	}{
		"same":    {map[string]string{"a.whl": "y"}, true},
		"missing": {nil, false},
		"more":    {map[string]string{"a.whl": "x", "b.whl": ""}, false},
		"size":    {map[string]string{"a.whl": "xy"}, false},
	} {
		if err := sameFiles(one, write(tt.other)); (err == nil) != tt.same {
			t.Errorf("%s: %v", name, err)
		}
	}
}
