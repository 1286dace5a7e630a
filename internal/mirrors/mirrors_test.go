package mirrors

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/registry"
)

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLookup(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "docker.io", "hosts.toml"), `
server = "https://registry-1.docker.io"

[host."https://second.corp/v2/hub"]
  override_path = true
  capabilities = ["pull"]
[host."http://first.corp:5000/proxy"]
  [host."http://first.corp:5000/proxy".header]
    x-team = ["a"]
[host."https://pushonly.corp"]
  capabilities = ["push"]
`)
	write(t, filepath.Join(dir, "registry.corp_5000_", "hosts.toml"), "[host.\"https://port.corp\"]\n")
	write(t, filepath.Join(dir, "_default", "hosts.toml"), "[host.\"https://any.corp\"]\n")
	table := &Table{Dir: dir, Config: map[string][]string{"docker.io": {"mirror.corp/dockerhub", "http://plain:80"}}}
	for host, want := range map[string][]registry.Mirror{
		"index.docker.io": {
			{Host: "mirror.corp", Prefix: "dockerhub"},
			{Host: "plain:80", HTTP: true},
			{Host: "second.corp", Root: "/v2/hub", DigestOnly: true, Namespace: "docker.io"},
			{Host: "first.corp:5000", HTTP: true, Root: "/proxy/v2", Namespace: "docker.io", Header: map[string][]string{"X-Team": {"a"}}},
		},
		"registry.corp:5000": {{Host: "port.corp", Namespace: "registry.corp:5000"}},
		"quay.io":            {{Host: "any.corp", Namespace: "quay.io"}},
	} {
		got, err := table.Lookup(host)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", host, diff)
		}
	}
}

func TestBadInput(t *testing.T) {
	for _, bad := range []string{"", "ftp://x", "https://", "user:hushhush@host", "host?x", "https://a b"} {
		if m, err := Parse(bad); err == nil || strings.Contains(err.Error(), "hushhush") {
			t.Errorf("%q: got %v, %v", bad, m, err)
		}
	}
	for _, bad := range []string{
		"[host", `host = 1` + "\n[host.\"x\"]", `[host."ftp://x"]`, `[host."https://u:p@x"]`, "[host.\"https://x\"]\nca = \"nothere.crt\"",
		"[host.\"https://x\"]\nclient = \"nothere.pem\"", "host.\"https://x\" = 1",
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "quay.io", "hosts.toml"), bad)
		if got, err := (&Table{Dir: dir}).Lookup("quay.io"); err == nil {
			t.Errorf("%q: got %v", bad, got)
		}
	}
	if got, err := (&Table{Dir: t.TempDir()}).Lookup("../x"); err != nil || len(got) > 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

// FuzzHosts holds that any file is read or refused.
func FuzzHosts(f *testing.F) {
	f.Add("[host.\"https://x\"]\nca = [\"a\"]\nclient = [[\"a\",\"b\"]]\nheader.x = \"y\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(t.TempDir(), "hosts.toml")
		write(t, file, text)
		if list, err := readHosts(file, "quay.io"); err != nil && list != nil {
			t.Errorf("got both %v and %v", list, err)
		}
	})
}
