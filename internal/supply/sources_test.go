package supply

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// TestSources holds what config, flags and files say together to an order in
// which a file can't take a project away from the config's index.
func TestSources(t *testing.T) {
	at := func(line int, value string) requirements.Setting {
		return requirements.Setting{Value: value, File: "r.txt", Line: line}
	}
	one, extra, two := at(1, "https://u:s3cret@one.example.com/t0ken/simple"), at(2, "https://extra.example.com"), at(3, "https://two.example.com")
	none := at(4, "")
	for name, tt := range map[string]struct {
		index   []string
		links   []string
		noIndex bool
		files   []requirements.Sources
		want    string // links | indexes
		note    string
		err     string
	}{
		"nothing":              {want: " | "},
		"config":               {index: []string{"https://c"}, links: []string{"/v", "https://l"}, want: "/v https://l | https://c"},
		"file":                 {files: []requirements.Sources{{IndexURL: one, ExtraIndexURLs: []requirements.Setting{extra}}}, want: " | " + extra.Value + " " + one.Value},
		"both":                 {index: []string{"https://c"}, files: []requirements.Sources{{IndexURL: one, ExtraIndexURLs: []requirements.Setting{extra}}}, want: " | https://c " + extra.Value, note: "r.txt:1: the index https://one.example.com isn't used: the config or a flag names another"},
		"both, the same":       {index: []string{two.Value + "/"}, files: []requirements.Sources{{IndexURL: two}}, want: " | " + two.Value + "/"},
		"links add up":         {links: []string{"/v"}, files: []requirements.Sources{{FindLinks: []requirements.Setting{at(1, "https://l"), at(2, "/v/"), at(3, "/w")}}}, want: "/v https://l /w | "},
		"two files":            {files: []requirements.Sources{{IndexURL: two}, {IndexURL: two, ExtraIndexURLs: []requirements.Setting{extra}}}, want: " | " + extra.Value + " " + two.Value},
		"two files at odds":    {files: []requirements.Sources{{IndexURL: two}, {IndexURL: one}}, err: "r.txt:1: a second index; r.txt:3 names another"},
		"--no-index":           {index: []string{"https://c"}, links: []string{"/v"}, noIndex: true, files: []requirements.Sources{{IndexURL: one}}, want: "/v | ", note: "no index is used: --no-index"},
		"index: []":            {index: []string{}, files: []requirements.Sources{{ExtraIndexURLs: []requirements.Setting{extra}}}, want: " | ", note: "no index is used: the config's list of indexes is empty"},
		"--no-index in a file": {index: []string{"https://c"}, files: []requirements.Sources{{NoIndex: none, ExtraIndexURLs: []requirements.Setting{extra}}}, want: " | ", note: "no index is used: --no-index at r.txt:4"},
		"--no-index, no index": {noIndex: true, want: " | "},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := &config.Config{Index: tt.index}
			for _, l := range tt.links {
				cfg.FindLinks = append(cfg.FindLinks, config.NewLink("/conf", l))
			}
			p := New(cfg, Options{NoIndex: tt.noIndex})
			got, err := p.places().collect(report.StageFetch, func(path string) string { return path }, tt.files...)
			if tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Errorf("got %v, want %s", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got.links, " ")+" | "+strings.Join(got.indexes, " ")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			notes := strings.Join(p.opt.Report.Notes(), "\n")
			if notes != tt.note || strings.Contains(notes, "s3cret") || strings.Contains(notes, "t0ken") {
				t.Errorf("notes %q, want %q", notes, tt.note)
			}
		})
	}
}

// TestFindLinksCountFromTheirFile takes a relative --find-links from the
// directory of its file, wherever the program was started, or else from the
// current one, as pip does.
func TestFindLinksCountFromTheirFile(t *testing.T) {
	conf, cwd := t.TempDir(), t.TempDir()
	t.Chdir(cwd)
	for _, dir := range []string{filepath.Join(conf, "locks", "sub", "w"), filepath.Join(cwd, "here"), filepath.Join(conf, "locks", "w")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	lock := config.NewPath(conf, "locks/my.lock")
	at := func(path string) string { return beside(lock, path) }
	for _, tt := range []struct{ file, value, want string }{
		{"locks/my.lock", "w", filepath.Join(conf, "locks", "w")},
		{"locks/sub/more.txt", "./w", filepath.Join(conf, "locks", "sub", "w")},
		{"locks/my.lock", "here", filepath.Join(cwd, "here")},
		{"locks/my.lock", "nowhere", filepath.Join(conf, "locks", "nowhere")},
		{"locks/my.lock", "/abs", "/abs"},
		{"locks/my.lock", "https://h/x", "https://h/x"},
		{"locks/my.lock", "FILE:///x", "FILE:///x"},
	} {
		got := linkTarget(requirements.Setting{Value: tt.value, File: tt.file, Line: 1}, at)
		if got != tt.want {
			t.Errorf("%s in %s: got %s, want %s", tt.value, tt.file, got, tt.want)
		}
	}
}

// TestEnvironmentCredentialsAreTheConfigs keeps them from an index that a lock
// names.
func TestEnvironmentCredentialsAreTheConfigs(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("NETRC", "")
	t.Setenv("ASSEMBLE_INDEX_USERNAME", "user")
	t.Setenv("ASSEMBLE_INDEX_PASSWORD", "s3cret")
	for _, configured := range []bool{true, false} {
		seen := askIndex(t, configured)
		if want := configured; (seen != "") != want {
			t.Errorf("configured %v: Authorization %q", configured, seen)
		}
	}
}

// askIndex looks a project up on an index that the config names, or a lock, and
// returns the Authorization that it was sent.
func askIndex(t *testing.T, configured bool) (seen string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Get("Authorization")
		http.NotFound(w, r)
	}))
	defer server.Close()
	cfg, src := &config.Config{}, sources{indexes: []string{server.URL}}
	if configured {
		cfg.Index = src.indexes
	}
	client, err := New(cfg, Options{}).places().client(src, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Project(t.Context(), "demo"); !errors.Is(err, index.ErrNotFound) {
		t.Fatal(err)
	}
	return seen
}
