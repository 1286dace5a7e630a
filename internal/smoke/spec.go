package smoke

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/contrib/seccomp"
	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/pkg/oci"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/sys/user"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// defaultPath is what runtimes give an image without a PATH of its own.
const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// A containerRequest is what one container is created from.
type containerRequest struct {
	id       string
	platform v1.Platform
	config   v1.Config
	user     *user.ExecUser
	args     []string // nil means the image's own
	opt      Options
	// What the host turned out to lack; see start.
	noLimits, noSeccomp, noCgroup bool
}

// spec maps an image's configuration to a runtime configuration, as the
// image-spec's conversion.md says, with containerd's defaults: the usual
// capabilities, no new privileges, masked paths, the default seccomp profile.
// ctx carries the namespace, which names the cgroup.
func (q containerRequest) spec(ctx context.Context) (*specs.Spec, error) {
	args, err := q.command()
	if err != nil {
		return nil, err
	}
	opts := []oci.SpecOpts{
		oci.WithDefaultUnixDevices,
		oci.WithProcessArgs(args...),
		oci.WithHostname(hostname),
		oci.WithoutRunMount,
		q.process,
	}
	if q.opt.ReadOnly {
		opts = append(opts, oci.WithRootFSReadonly(), oci.WithMounts(q.writableMounts()))
	}
	if !q.noLimits && q.opt.Memory > 0 {
		opts = append(opts, oci.WithMemoryLimit(uint64(q.opt.Memory)))
	}
	if !q.noSeccomp {
		// Last: the profile depends on the capabilities.
		opts = append(opts, seccomp.WithDefaultProfile())
	}
	s, err := oci.GenerateSpecWithPlatform(ctx, nil, q.platform.String(), &containers.Container{ID: q.id}, opts...)
	if err != nil {
		return nil, fmt.Errorf("generating runtime spec of container %q: %w", q.id, err)
	}
	if q.noCgroup {
		s.Linux.CgroupsPath = ""
	}
	return s, nil
}

// command is the process to start: Entrypoint followed by Cmd.
func (q containerRequest) command() ([]string, error) {
	if q.args != nil {
		return q.args, nil
	}
	args := slices.Concat(q.config.Entrypoint, q.config.Cmd)
	if len(args) == 0 || args[0] == "" {
		return nil, errors.New("image has neither an entrypoint nor a command")
	}
	return args, nil
}

func (q containerRequest) process(_ context.Context, _ oci.Client, _ *containers.Container, s *specs.Spec) error {
	p := s.Process
	p.Env = mergeEnv(q.config.Env, q.opt.Env)
	if !hasEnv(p.Env, "PATH") {
		p.Env = append(p.Env, defaultPath)
	}
	if !hasEnv(p.Env, "HOSTNAME") {
		p.Env = append(p.Env, "HOSTNAME="+hostname)
	}
	p.Cwd = "/"
	if q.config.WorkingDir != "" {
		p.Cwd = q.config.WorkingDir
	}
	if !strings.HasPrefix(p.Cwd, "/") {
		return fmt.Errorf("image's working directory %q is not absolute", p.Cwd)
	}
	p.User = specs.User{UID: uint32(q.user.Uid), GID: uint32(q.user.Gid)}
	for _, gid := range q.user.Sgids {
		p.User.AdditionalGids = append(p.User.AdditionalGids, uint32(gid))
	}
	// containerd's default of 1024 open files is too low for servers; without it
	// the process inherits containerd's limits, as under Kubernetes.
	p.Rlimits = nil
	return nil
}

// writableMounts lists the mounts that are writable under a read-only root.
func (q containerRequest) writableMounts() []specs.Mount {
	dirs := map[string]bool{"/tmp": true, "/run": true}
	for dir := range q.config.Volumes {
		if strings.HasPrefix(dir, "/") && dir != "/" {
			dirs[dir] = true
		}
	}
	mounts := make([]specs.Mount, 0, len(dirs))
	for _, dir := range slices.Sorted(maps.Keys(dirs)) {
		mounts = append(mounts, specs.Mount{
			Destination: dir, Type: "tmpfs", Source: "tmpfs",
			Options: []string{"nosuid", "nodev", "mode=1777", "size=256m"},
		})
	}
	return mounts
}
