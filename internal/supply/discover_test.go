package supply

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/internal/pipconf"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// machineWith is a machine with those variables only, as NAME=VALUE.
func machineWith(t *testing.T, env ...string) *pipconf.Machine {
	t.Helper()
	dir := t.TempDir()
	return &pipconf.Machine{Dir: dir, Root: dir, Getenv: func(name string) string {
		for _, kv := range env {
			if k, v, _ := strings.Cut(kv, "="); k == name {
				return v
			}
		}
		return ""
	}}
}

// TestDiscovered holds which places are asked, in which order, once pip or uv is
// set up on the machine or in the base, and that neither an index of somebody's
// nor a ban is ever joined by the base's own.
func TestDiscovered(t *testing.T) {
	at := func(line int, value string) requirements.Setting {
		return requirements.Setting{Value: value, File: "r.txt", Line: line}
	}
	const builtIn = "PyPI = PackageIndex(\"https://default.example/\", x)\n"
	main, extra := at(1, "https://file.example/simple"), at(2, "https://extra.example")
	for name, tt := range map[string]struct {
		env     []string
		index   []string
		links   []string
		off     bool
		noIndex bool
		file    requirements.Sources
		pip     base.Pip
		want    string // links | indexes
		note    string
	}{
		"the base's built-in index": {
			pip: base.Pip{Models: builtIn}, want: " | https://default.example/simple",
			note: "wheels are looked for at https://default.example (the index built into the base's pip), since neither config nor flags name an index",
		},
		"discovery is off": {off: true, env: []string{"PIP_INDEX_URL=https://a"}, pip: base.Pip{Models: builtIn}, want: " | "},
		"pip's index instead, and no secret is told": {
			env: []string{"PIP_INDEX_URL=https://me:hushhush@a.example/hushhush"}, pip: base.Pip{Models: builtIn}, want: " | https://me:hushhush@a.example/hushhush",
			note: "wheels are looked for at https://a.example (PIP_INDEX_URL), since neither config nor flags name an index",
		},
		"an extra index alone":     {env: []string{"PIP_EXTRA_INDEX_URL=https://a"}, pip: base.Pip{Models: builtIn}, want: " | https://a"},
		"the config's index":       {index: []string{"https://c"}, env: []string{"PIP_INDEX_URL=https://a", "PIP_FIND_LINKS=https://l"}, pip: base.Pip{Models: builtIn}, want: " | https://c"},
		"index: []":                {index: []string{}, env: []string{"PIP_INDEX_URL=https://a"}, pip: base.Pip{Models: builtIn}, want: " | "},
		"the config's links":       {links: []string{"https://l"}, env: []string{"PIP_INDEX_URL=https://a", "PIP_FIND_LINKS=https://m"}, want: "https://l https://m | https://a"},
		"the config's links alone": {links: []string{"https://l"}, pip: base.Pip{Models: builtIn}, want: "https://l | "},
		"a file's index":           {file: requirements.Sources{IndexURL: main}, pip: base.Pip{Models: builtIn}, want: " | https://file.example/simple"},
		"a file can't take a project away": {
			env: []string{"UV_INDEX=https://mine", "UV_DEFAULT_INDEX=https://main"}, file: requirements.Sources{IndexURL: main, ExtraIndexURLs: []requirements.Setting{extra}},
			want: " | https://mine https://extra.example https://main https://file.example/simple",
		},
		"PIP_NO_INDEX": {
			env: []string{"PIP_NO_INDEX=yes", "PIP_FIND_LINKS=https://l"}, file: requirements.Sources{IndexURL: main}, pip: base.Pip{Models: builtIn}, want: "https://l | ",
			note: "no package index is asked, only https://l (PIP_FIND_LINKS, PIP_NO_INDEX), since neither config nor flags name an index",
		},
		"--no-index":          {noIndex: true, env: []string{"PIP_INDEX_URL=https://a", "PIP_FIND_LINKS=https://l"}, pip: base.Pip{Models: builtIn}, want: "https://l | "},
		"links of a variable": {env: []string{"PIP_FIND_LINKS=https://l"}, pip: base.Pip{Models: builtIn}, want: "https://l | https://default.example/simple"},
		"the base's file":     {pip: base.Pip{Models: builtIn, Configs: []base.PipConfig{{Path: "/etc/pip.conf", Text: "[global]\nindex-url=https://b/simple\n"}}}, want: " | https://b/simple"},
		"the base's file, which can't be used": {
			pip: base.Pip{Models: builtIn, Configs: []base.PipConfig{{Path: "/etc/pip.conf", Text: "[global]\nindex-url=http://b/hushhush\n"}}}, want: " | ",
			note: `where the base's pip looks for wheels isn't used: index-url in "/etc/pip.conf of the base": not an https URL`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			img, err := embeddedbase.Open()
			if err != nil {
				t.Fatal(err)
			}
			cfg := &config.Config{Index: tt.index}
			for _, l := range tt.links {
				cfg.FindLinks = append(cfg.FindLinks, config.NewLink("/conf", l))
			}
			opt := Options{NoIndex: tt.noIndex, Discover: machineWith(t, tt.env...), Report: report.New(nil)}
			if tt.off {
				opt.Discover = nil
			}
			lock := &requirements.Lock{Sources: tt.file, Pins: []requirements.Pin{{Name: "x"}}}
			on := &target.Target{Image: &base.Image{Image: img}, Facts: &base.Facts{Pip: tt.pip}}
			p := New(cfg, opt).places()
			got, err := p.ofLock(lock, on)
			if err != nil {
				t.Fatal(err)
			}
			if have := strings.Join(got.links, " ") + " | " + strings.Join(got.indexes, " "); have != tt.want {
				t.Errorf("got %q, want %q", have, tt.want)
			}
			p.noteFound(report.StageFetch, got)
			notes := strings.Join(opt.Report.Notes(), "\n")
			if tt.note != "" && !strings.Contains(notes, tt.note) || strings.Contains(notes, "hushhush") {
				t.Errorf("notes:\n%s\nwant %q", notes, tt.note)
			}
		})
	}
}

// TestAuthorities: an index whose certificate the system doesn't know is asked
// once PIP_CERT names its authority, whatever named the index.
func TestAuthorities(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
	}))
	s.Config.ErrorLog = nil
	defer s.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for env, want := range map[string]string{
		"PIP_CERT=" + file: "", "": "certificate", "PIP_CERT=/dev/null": "reading the certificates of PIP_CERT",
		"PIP_CERT=nowhere.pem": "reading the certificates of PIP_CERT",
	} {
		cfg := &config.Config{Index: []string{s.URL}}
		p := New(cfg, Options{Discover: machineWith(t, env)}).places()
		client, err := p.client(sources{indexes: cfg.Index}, nil)
		if err == nil {
			_, err = client.Project(t.Context(), "x")
		}
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v", env, err)
		}
	}
}
