package manifest_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/manifest"
)

func TestEnv(t *testing.T) {
	base := []string{"PATH=/bin", "EMPTY=", "TWICE=1", "LANG=C", "TWICE=2"}
	for _, tt := range []struct {
		name string
		add  map[string]string
		want []string // nil means an error
	}{
		{"nothing", nil, base},
		{"sorted at the end", map[string]string{"Z": "1", "A": "2"}, append(slices.Clone(base), "A=2", "Z=1")},
		{"in place", map[string]string{"PATH": "/app:${PATH}"}, []string{"PATH=/app:/bin", "EMPTY=", "TWICE=1", "LANG=C", "TWICE=2"}},
		{"twice in the base", map[string]string{"TWICE": "${TWICE}3"}, []string{"PATH=/bin", "EMPTY=", "TWICE=23", "LANG=C"}},
		{"dollars", map[string]string{"A": "$$a$${PATH}$$$$"}, append(slices.Clone(base), "A=$a${PATH}$$")},
		{"set but empty", map[string]string{"A": "<${EMPTY}>"}, append(slices.Clone(base), "A=<>")},
		{"fallbacks", map[string]string{"A": "${NO:-x}${EMPTY:-y:-z}${LANG:-q}"}, append(slices.Clone(base), "A=xy:-zC")},
		{"not from its neighbours", map[string]string{"A": "1", "B": "${A}"}, nil},
		{"unset", map[string]string{"A": "${NO}"}, nil},
		{"no braces", map[string]string{"A": "$PATH"}, nil},
		{"open brace", map[string]string{"A": "${PATH"}, nil},
		{"dollar at the end", map[string]string{"A": "x$"}, nil},
		{"empty name inside", map[string]string{"A": "${}"}, nil},
		{"odd name inside", map[string]string{"A": "${A B}"}, nil},
		{"equals in the name", map[string]string{"A=B": "1"}, nil},
		{"empty name", map[string]string{"": "1"}, nil},
		{"NUL", map[string]string{"A": "\x00"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			img, err := manifest.Assemble(edited(t, func(cf *v1.ConfigFile) { cf.Config.Env = base }), nil, manifest.Config{Env: tt.add}, manifest.Options{})
			if tt.want == nil {
				if err == nil {
					t.Error("no error")
				}
				return
			}
			must(t, err)
			if diff := cmp.Diff(tt.want, configOf(t, img).Config.Env); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestEntrypointAndCmd(t *testing.T) {
	for _, tt := range []struct {
		name                string
		cfg                 manifest.Config
		entrypoint, command []string
	}{
		{"kept", manifest.Config{}, []string{"/entry"}, []string{"python3"}},
		{"a new entrypoint clears the command", manifest.Config{Entrypoint: []string{"x"}}, []string{"x"}, nil},
		{"both", manifest.Config{Entrypoint: []string{"x"}, Cmd: []string{"y"}}, []string{"x"}, []string{"y"}},
		{"command alone", manifest.Config{Cmd: []string{"y"}}, []string{"/entry"}, []string{"y"}},
		{"cleared", manifest.Config{Entrypoint: []string{}}, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			base := edited(t, func(cf *v1.ConfigFile) { cf.Config.Entrypoint = []string{"/entry"} })
			img, err := manifest.Assemble(base, nil, tt.cfg, manifest.Options{})
			must(t, err)
			got := configOf(t, img).Config
			if !slices.Equal(got.Entrypoint, tt.entrypoint) || !slices.Equal(got.Cmd, tt.command) {
				t.Errorf("got %q and %q", got.Entrypoint, got.Cmd)
			}
		})
	}
}

func TestBaseConfigIsMerged(t *testing.T) {
	base := edited(t, func(cf *v1.ConfigFile) {
		cf.Config.Labels = map[string]string{"keep": "1", "change": "1"}
		cf.Config.ExposedPorts = map[string]struct{}{"80/tcp": {}}
		cf.Config.User, cf.Config.WorkingDir, cf.Author = "nobody", "/srv", "them"
		cf.Container, cf.Config.Image, cf.Config.Hostname = "c0ffee", "sha256:1", "builder"
		cf.DockerVersion = "20" //nolint:staticcheck // old bases have it
	})
	img, err := manifest.Assemble(base, nil, manifest.Config{Labels: map[string]string{"change": "2"}, Ports: []string{"8000"}}, manifest.Options{})
	must(t, err)
	cf := configOf(t, img)
	if diff := cmp.Diff(map[string]string{"keep": "1", "change": "2"}, cf.Config.Labels); diff != "" {
		t.Errorf("labels: %s", diff)
	}
	if got := slices.Sorted(maps.Keys(cf.Config.ExposedPorts)); !slices.Equal(got, []string{"80/tcp", "8000/tcp"}) {
		t.Errorf("ports are %v", got)
	}
	if cf.Config.User != "nobody" || cf.Config.WorkingDir != "/srv" || cf.Author != "them" {
		t.Errorf("user %q, directory %q, author %q", cf.Config.User, cf.Config.WorkingDir, cf.Author)
	}
	raw, err := img.RawConfigFile()
	must(t, err)
	for _, trace := range []string{"c0ffee", "sha256:1\"", "builder", "docker_version"} {
		if strings.Contains(string(raw), trace) {
			t.Errorf("it still holds %s", trace)
		}
	}
}

func TestConfigMistakes(t *testing.T) {
	for _, tt := range []struct {
		name string
		cfg  manifest.Config
		want string // empty means that it is right
	}{
		{"names", manifest.Config{User: "app:www-data"}, ""},
		{"largest number", manifest.Config{User: "2147483647:0"}, ""},
		{"signal number", manifest.Config{StopSignal: "9"}, ""},
		{"signal", manifest.Config{StopSignal: "SIGRTMIN+3"}, ""},
		{"sctp", manifest.Config{Ports: []string{"65535/sctp"}}, ""},
		{"number wraps to root", manifest.Config{User: "4294967296"}, `user "4294967296"`},
		{"2^31", manifest.Config{User: "2147483648"}, "below 2147483648"},
		{"group wraps", manifest.Config{User: "app:4294967296"}, `"4294967296"`},
		{"empty group", manifest.Config{User: "app:"}, `user "app:"`},
		{"line in user", manifest.Config{User: "a\nb"}, "user"},
		{"relative directory", manifest.Config{WorkingDir: "app"}, `working directory "app"`},
		{"port 0", manifest.Config{Ports: []string{"0"}}, `port "0"`},
		{"port 65536", manifest.Config{Ports: []string{"65536"}}, `port "65536"`},
		{"protocol", manifest.Config{Ports: []string{"80/http"}}, `port "80/http"`},
		{"signal name", manifest.Config{StopSignal: "TERM"}, `stop signal "TERM"`},
		{"NUL in argument", manifest.Config{Cmd: []string{"a\x00"}}, "NUL"},
		{"label", manifest.Config{Labels: map[string]string{"": "x"}}, "label"},
		{"annotation", manifest.Config{Annotations: map[string]string{"": "x"}}, "annotation"},
		{"year", manifest.Config{Created: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, "out of range"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := manifest.Assemble(edited(t, func(*v1.ConfigFile) {}), nil, tt.cfg, manifest.Options{})
			if tt.want == "" {
				must(t, err)
			} else if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("the error is %v, not about %q", err, tt.want)
			}
		})
	}
	all := manifest.Config{User: "4294967296", Ports: []string{"x", "y"}, Env: map[string]string{"A": "$", "B": "$"}}
	_, err := manifest.Assemble(edited(t, func(*v1.ConfigFile) {}), nil, all, manifest.Options{})
	for _, want := range []string{`"4294967296"`, `"x"`, `"y"`, `"A"`, `"B"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("not all mistakes are reported at once, %s is missing: %v", want, err)
		}
	}
}

// TestCheckWithBase holds that what doesn't go with the base is told before
// anything is built, and that the base's own configuration stays as it is.
func TestCheckWithBase(t *testing.T) {
	for _, tt := range []struct {
		user string
		cfg  manifest.Config
		want string
	}{
		{"", manifest.Config{Env: map[string]string{"V": "${V}"}}, `the base has no variable "V"`},
		{"", manifest.Config{Env: map[string]string{"V": "${V:-}"}}, ""},
		{"1000", manifest.Config{}, ""},
		{"app", manifest.Config{}, ""},
		{"4294967296", manifest.Config{}, "4294967296"},
		{"1000:99999999999", manifest.Config{}, "99999999999"},
		{"-1", manifest.Config{}, "-1"},
		{"4294967296", manifest.Config{User: "1:1"}, ""},
	} {
		base := &v1.ConfigFile{Config: v1.Config{User: tt.user, OnBuild: []string{"RUN make"}, Env: []string{"PATH=/bin"}}}
		err := tt.cfg.Check(base)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("user %q, %+v: %v, want %q", tt.user, tt.cfg, err, tt.want)
		}
		if base.Config.User != tt.user || len(base.Config.OnBuild) != 1 {
			t.Errorf("the base's configuration was changed: %+v", base.Config)
		}
	}
}
