package smoke

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
)

func TestOptionsErrors(t *testing.T) {
	for _, tt := range []struct {
		name string
		opt  Options
		want string
	}{
		{"nothing", Options{}, "nothing to check"},
		{"port", Options{HTTP: &HTTPProbe{}}, "port 0"},
		{"path", Options{HTTP: &HTTPProbe{Port: 1, Path: "x"}}, `path "x"`},
		{"path with a line", Options{HTTP: &HTTPProbe{Port: 1, Path: "/\r\nX: y"}}, "no absolute path"},
		{"status", Options{HTTP: &HTTPProbe{Port: 1, Status: 1}}, "status 1"},
		{"both", Options{HTTP: &HTTPProbe{Port: 1}, Command: []string{"x"}}, "can't go with a command"},
		{"env", Options{Command: []string{"x"}, Env: []string{"A"}}, `"A" is no NAME=value`},
		{"module", Options{Imports: []string{"os; evil()"}}, "no name of a Python module"},
		{"negative", Options{Imports: []string{"os"}, Memory: -1}, "can't be negative"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Run(t.Context(), empty.Image, tt.opt); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	env := map[string]string{}
	getenv := func(name string) string { return env[name] }
	check := func(opt Options, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, opt.addresses(getenv)); diff != "" {
			t.Error(diff)
		}
	}
	check(Options{}, "/run/containerd/containerd.sock")
	env["XDG_RUNTIME_DIR"] = "/run/user/1"
	check(Options{}, "/run/containerd/containerd.sock", "/run/user/1/containerd/containerd.sock", "/run/user/1/containerd-rootless/containerd.sock")
	env["CONTAINERD_ADDRESS"] = "unix:///x.sock"
	check(Options{}, "/x.sock")
	check(Options{Address: "/y.sock"}, "/y.sock")
}

func TestUnavailable(t *testing.T) {
	dir := t.TempDir()
	dead := filepath.Join(dir, "dead.sock")
	l, err := net.Listen("unix", dead)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Close()
	for _, tt := range []struct{ address, want string }{
		{filepath.Join(dir, "none.sock"), "no containerd: there is no socket"},
		{dead, "no containerd listens on socket"},
	} {
		err := Available(t.Context(), v1.Platform{OS: "linux", Architecture: "amd64"}, Options{Address: tt.address})
		if _, ok := errors.AsType[*UnavailableError](err); !ok || !strings.Contains(err.Error(), tt.want) {
			if strings.Contains(err.Error(), "emulation") {
				t.Skip("this machine doesn't run amd64")
			}
			t.Errorf("error %v, want an UnavailableError with %q", err, tt.want)
		}
	}
}

func TestChoose(t *testing.T) {
	broken := errors.New("overlay over overlay")
	for _, tt := range []struct {
		name, wanted string
		state        map[string]error
		want         string
	}{
		{"default", "", map[string]error{"overlayfs": nil, "native": nil}, "overlayfs"},
		{"fallback", "", map[string]error{"overlayfs": broken, "native": nil}, "native"},
		{"missing", "", map[string]error{"native": nil}, "native"},
		{"asked for", "native", map[string]error{"overlayfs": nil, "native": nil}, "native"},
		{"asked for, broken", "overlayfs", map[string]error{"overlayfs": broken, "native": nil}, ""},
		{"none", "", nil, ""},
	} {
		got, err := choose(tt.wanted, tt.state)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s: got %q, %v; want %q", tt.name, got, err, tt.want)
		}
	}
}

func TestStopSignal(t *testing.T) {
	for in, want := range map[string]string{
		"": "SIGTERM", "SIGINT": "SIGINT", "quit": "SIGQUIT", "9": "SIGKILL", "SIGNONE": "", "-1": "", "99": "",
	} {
		sig, err := stopSignal(in)
		if (err == nil) != (want != "") || err == nil && signalName(int(sig)) != want {
			t.Errorf("%q: %v, %v; want %q", in, sig, err, want)
		}
	}
}

func TestNetworkFiles(t *testing.T) {
	a, err := networkFiles(false)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"127.0.0.1\tlocalhost", "etc/resolv.conf"} {
		if !strings.Contains(string(a), want) {
			t.Errorf("network files lack %q", want)
		}
	}
	b, err := networkFiles(true)
	if err != nil {
		t.Fatal(err)
	}
	if host, err := os.ReadFile("/etc/hosts"); err == nil && !strings.Contains(string(b), string(host)) {
		t.Error("the host's network has not the host's names")
	}
}
