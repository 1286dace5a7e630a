package smoke

import (
	"slices"
	"testing"

	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/sys/user"
	"github.com/opencontainers/runtime-spec/specs-go"
)

func testRequest() containerRequest {
	return containerRequest{
		id:       "assemble-smoke-0123456789ab-http-0",
		platform: v1.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"},
		config: v1.Config{
			Entrypoint: []string{"gunicorn", "-k", "x"}, Cmd: []string{"main:app"},
			Env: []string{"PATH=/opt/bin", "A=1"}, WorkingDir: "/app", Volumes: map[string]struct{}{"/app/logs": {}, "bad": {}},
		},
		user: &user.ExecUser{Uid: 1000, Gid: 1001, Sgids: []int{44}},
		opt:  Options{Env: []string{"A=2", "B=3"}},
	}
}

func makeSpec(t *testing.T, q containerRequest) *specs.Spec {
	t.Helper()
	s, err := q.spec(namespaces.WithNamespace(t.Context(), "assemble"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSpec(t *testing.T) {
	s := makeSpec(t, testRequest())
	p := s.Process
	for _, c := range []struct {
		name      string
		want, got any
	}{
		{"args", []string{"gunicorn", "-k", "x", "main:app"}, p.Args},
		{"env", []string{"PATH=/opt/bin", "A=2", "B=3", "HOSTNAME=smoke"}, p.Env},
		{"cwd", "/app", p.Cwd},
		{"user", specs.User{UID: 1000, GID: 1001, AdditionalGids: []uint32{44}}, p.User},
		{"no new privileges", true, p.NoNewPrivileges},
		{"inheritable capabilities", 0, len(p.Capabilities.Inheritable)},
		{"ambient capabilities", 0, len(p.Capabilities.Ambient)},
		{"limits on open files", 0, len(p.Rlimits)},
		{"cgroup", "/assemble/assemble-smoke-0123456789ab-http-0", s.Linux.CgroupsPath},
		{"own network", true, hasNamespace(s, specs.NetworkNamespace)},
		{"seccomp", true, s.Linux.Seccomp != nil},
		{"masked paths", true, slices.Contains(s.Linux.MaskedPaths, "/proc/kcore")},
		{"writable root", false, s.Root.Readonly},
		{"run", false, hasMount(s, "/run")},
		{"shm", true, hasMount(s, "/dev/shm")},
		{"no memory limit", true, s.Linux.Resources.Memory == nil},
		{"no CPU limit", true, s.Linux.Resources.CPU == nil},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestSpecOptions(t *testing.T) {
	q := testRequest()
	q.opt.Memory, q.opt.ReadOnly = 64<<20, true
	q.args, q.config.Env, q.config.WorkingDir, q.noSeccomp = []string{"true"}, nil, "", true
	s := makeSpec(t, q)
	for _, c := range []struct {
		name      string
		want, got any
	}{
		{"args", []string{"true"}, s.Process.Args},
		{"env", []string{"A=2", "B=3", defaultPath, "HOSTNAME=smoke"}, s.Process.Env},
		{"cwd", "/", s.Process.Cwd},
		{"memory", int64(64 << 20), *s.Linux.Resources.Memory.Limit},
		{"read-only root", true, s.Root.Readonly},
		{"tmp", true, hasMount(s, "/tmp")},
		{"volume", true, hasMount(s, "/app/logs")},
		{"relative volume", false, hasMount(s, "bad")},
		{"no seccomp", true, s.Linux.Seccomp == nil},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	q.noLimits = true
	if s := makeSpec(t, q); s.Linux.Resources.Memory != nil {
		t.Error("the memory limit is still set")
	}
}

func TestSpecErrors(t *testing.T) {
	ctx := namespaces.WithNamespace(t.Context(), "assemble")
	q := testRequest()
	q.config.Entrypoint, q.config.Cmd = nil, nil
	if _, err := q.spec(ctx); err == nil {
		t.Error("no error for an image without a command")
	}
	q = testRequest()
	q.config.WorkingDir = "app"
	if _, err := q.spec(ctx); err == nil {
		t.Error("no error for a relative working directory")
	}
}

func hasNamespace(s *specs.Spec, kind specs.LinuxNamespaceType) bool {
	return slices.ContainsFunc(s.Linux.Namespaces, func(n specs.LinuxNamespace) bool { return n.Type == kind })
}

func hasMount(s *specs.Spec, dir string) bool {
	return slices.ContainsFunc(s.Mounts, func(m specs.Mount) bool { return m.Destination == dir })
}
