package smoke

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"golang.org/x/sys/unix"
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
		{"path with a line", Options{HTTP: &HTTPProbe{Port: 1, Path: "/\r\nX: y"}}, "not an absolute path"},
		{"status", Options{HTTP: &HTTPProbe{Port: 1, Status: 1}}, "status 1"},
		{"longer than the test", Options{StaysUp: time.Minute, Timeout: time.Minute}, "can't stay up for 1m0s in a test that may take 1m0s"},
		{"env", Options{Command: []string{"x"}, Env: []string{"A"}}, `"A" is not NAME=value`},
		{"module", Options{Imports: []string{"os; evil()"}}, "not a valid Python module name"},
		{"negative", Options{Imports: []string{"os"}, Memory: -1}, "must not be negative"},
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
		{filepath.Join(dir, "none.sock"), "does not exist"},
		{dead, "nothing listens on containerd's socket"},
	} {
		_, err := connect(t.Context(), Options{Address: tt.address, Namespace: defaultNamespace})
		if _, ok := errors.AsType[*UnavailableError](err); !ok || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want an UnavailableError with %q", err, tt.want)
		}
	}
}

// TestPermission: a socket that this user may not use is told apart from none,
// also where the directory can't be searched, and one that can be used is.
func TestPermission(t *testing.T) {
	dir := t.TempDir()
	closed, hidden, usable := filepath.Join(dir, "closed.sock"), filepath.Join(dir, "hidden", "x.sock"), filepath.Join(dir, "usable.sock")
	if err := os.Mkdir(filepath.Dir(hidden), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{closed, hidden, usable} {
		l, err := net.Listen("unix", name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
	}
	for name, mode := range map[string]os.FileMode{closed: 0, filepath.Dir(hidden): 0, usable: 0o777, dir: 0o755, filepath.Dir(dir): 0o755} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Dir(hidden), 0o700) })
	asNobody(t)
	for _, tt := range []struct {
		addresses []string
		want      string
	}{
		{[]string{closed}, "no permission to use containerd's socket " + strconv.Quote(closed)},
		{[]string{hidden}, "no permission to use containerd's socket " + strconv.Quote(hidden)},
		{[]string{filepath.Join(dir, "none.sock"), closed}, "no permission"},
		{[]string{closed, filepath.Join(dir, "none.sock")}, "no permission"},
		{[]string{filepath.Join(dir, "none.sock")}, "no containerd"},
		{[]string{closed, hidden, usable}, ""},
	} {
		address, err := dialAny(t.Context(), tt.addresses)
		var unavailable *UnavailableError
		switch {
		case tt.want == "" && (err != nil || address != usable):
			t.Errorf("%v: %q, error %v", tt.addresses, address, err)
		case tt.want == "":
		case !errors.As(err, &unavailable) || !strings.Contains(err.Error(), tt.want) || unavailable.Denied != strings.HasPrefix(tt.want, "no permission"):
			t.Errorf("%v: error %v, want %q", tt.addresses, err, tt.want)
		}
	}
}

// asNobody gives the test's thread another user's access to files, if this is
// root: nothing is closed to root.
func asNobody(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	runtime.LockOSThread()
	if err := unix.Setfsuid(65534); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		if unix.Setfsuid(0) == nil {
			runtime.UnlockOSThread()
		} // else the thread ends with the test
	})
}

func TestChooseSnapshotter(t *testing.T) {
	broken := errors.New("overlay over overlay")
	for _, tt := range []struct {
		name  string
		state map[string]error
		want  string
	}{
		{"default", map[string]error{"overlayfs": nil, "native": nil}, "overlayfs"},
		{"fallback", map[string]error{"overlayfs": broken, "native": nil}, "native"},
		{"missing", map[string]error{"native": nil}, "native"},
		{"both broken", map[string]error{"overlayfs": broken, "native": broken}, ""},
		{"none", nil, ""},
	} {
		got, err := chooseSnapshotter(tt.state)
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
	a, err := networkFiles()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"127.0.0.1\tlocalhost", "etc/resolv.conf"} {
		if !strings.Contains(string(a), want) {
			t.Errorf("network files lack %q", want)
		}
	}
}
