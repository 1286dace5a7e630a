package manifest

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// Config is what an image changes of its base's configuration. A field's
// zero value keeps what the base has.
type Config struct {
	// Entrypoint replaces the base's when it is not nil, and then clears the
	// base's Cmd as well, which was written for the old entrypoint.
	Entrypoint []string `json:"entrypoint,omitempty"`
	// Cmd replaces the base's when it is not nil.
	Cmd []string `json:"cmd,omitempty"`
	// KeepCmd keeps the base's Cmd beside a new Entrypoint.
	KeepCmd bool `json:"keepCmd,omitempty"`
	// Env is added to the base's. Values may hold ${NAME} for a variable of
	// the base and ${NAME:-text} for one that it may lack; $$ is a dollar.
	Env map[string]string `json:"env,omitempty"`
	// WorkingDir is an absolute path.
	WorkingDir string `json:"workdir,omitempty"`
	// User is a name or number, optionally followed by a colon and a group.
	User string `json:"user,omitempty"`
	// Ports are exposed besides the base's: "8000" (TCP) or "53/udp".
	Ports []string `json:"ports,omitempty"`
	// Volumes are absolute paths, added to the base's.
	Volumes []string `json:"volumes,omitempty"`
	// Labels are added to the base's, which stay as they are otherwise.
	Labels map[string]string `json:"labels,omitempty"`
	// Annotations of the image's manifest. The base's own are not taken
	// over: they describe another image.
	Annotations map[string]string `json:"annotations,omitempty"`
	// Created is the image's time and that of its history entries, in whole
	// seconds. The zero time means [DefaultCreated].
	Created time.Time `json:"created,omitzero"`
	// History are lines of the image's history that belong to no layer.
	History []string `json:"history,omitempty"`
	// Author replaces the base's.
	Author string `json:"author,omitempty"`
	// StopSignal is a name ("SIGINT") or number.
	StopSignal string `json:"stopSignal,omitempty"`
	// Healthcheck replaces the base's when it is not nil.
	Healthcheck *Healthcheck `json:"healthcheck,omitempty"`
}

// DefaultCreated is the creation time of an image that was given none, the
// first that every archive format can hold: 1980-01-01.
func DefaultCreated() time.Time { return time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC) }

var (
	signalName = lazyregexp.New(`^(SIG[A-Z0-9+-]{1,12}|[0-9]{1,2})$`)
	userName   = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_.-]*\$?$`)
)

// apply writes c over cf. It reports all that is wrong with c at once.
func (c Config) apply(cf *v1.ConfigFile) error {
	env, err := mergeEnv(cf.Config.Env, c.Env)
	ports, perr := mergePorts(cf.Config.ExposedPorts, c.Ports)
	err = errors.Join(err, perr, c.check())
	if err != nil {
		return err
	}
	cf.Config.Env, cf.Config.ExposedPorts = env, ports
	if c.Entrypoint != nil {
		cf.Config.Entrypoint = slices.Clone(c.Entrypoint)
		if !c.KeepCmd {
			cf.Config.Cmd = nil
		}
	}
	if c.Cmd != nil {
		cf.Config.Cmd = slices.Clone(c.Cmd)
	}
	if c.WorkingDir != "" {
		cf.Config.WorkingDir = path.Clean(c.WorkingDir)
	}
	if c.User != "" {
		cf.Config.User = c.User
	}
	if c.StopSignal != "" {
		cf.Config.StopSignal = c.StopSignal
	}
	if c.Healthcheck != nil {
		cf.Config.Healthcheck = c.Healthcheck.config()
	}
	cf.Config.Volumes = mergeVolumes(cf.Config.Volumes, c.Volumes)
	if c.Author != "" {
		cf.Author = c.Author
	}
	if len(c.Labels) > 0 {
		labels := maps.Clone(cf.Config.Labels)
		if labels == nil {
			labels = map[string]string{}
		}
		maps.Copy(labels, c.Labels)
		cf.Config.Labels = labels
	}
	if err := checkRunnable(cf.Config.User); err != nil {
		return err
	}
	cf.Created = v1.Time{Time: c.created()}
	for _, line := range c.History {
		cf.History = append(cf.History, v1.History{Created: cf.Created, CreatedBy: line, EmptyLayer: true})
	}
	// Triggers are for builds of Dockerfiles that begin with the base.
	cf.Config.OnBuild = nil
	// They name the container and the daemon that the base was committed
	// from, and are of no use to anybody.
	cf.Container, cf.Config.Hostname, cf.Config.Image = "", "", ""
	cf.DockerVersion = "" //nolint:staticcheck // ggcr will drop the field, bases have it
	return nil
}

func (c Config) created() time.Time {
	if c.Created.IsZero() {
		return DefaultCreated()
	}
	return c.Created.UTC().Truncate(time.Second)
}

func (c Config) check() error {
	var errs []error
	if c.WorkingDir != "" && (!path.IsAbs(c.WorkingDir) || hasControl(c.WorkingDir)) {
		errs = append(errs, fmt.Errorf("working directory %q is not an absolute path", c.WorkingDir))
	}
	if c.User != "" {
		if err := checkUser(c.User); err != nil {
			errs = append(errs, err)
		}
	}
	if c.StopSignal != "" && !signalName.MatchString(c.StopSignal) {
		errs = append(errs, fmt.Errorf("stop signal %q is neither a name like SIGTERM nor a number", c.StopSignal))
	}
	for _, v := range c.Volumes {
		if !path.IsAbs(v) || hasControl(v) {
			errs = append(errs, fmt.Errorf("volume %q is not an absolute path", v))
		}
	}
	if err := c.Healthcheck.check(); err != nil {
		errs = append(errs, err)
	}
	for _, list := range [][]string{c.Entrypoint, c.Cmd} {
		for _, arg := range list {
			if strings.ContainsRune(arg, 0) {
				errs = append(errs, fmt.Errorf("argument %q contains a NUL byte", arg))
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.Labels)) {
		if key == "" {
			errs = append(errs, errors.New("a label has an empty name"))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.Annotations)) {
		if key == "" {
			errs = append(errs, errors.New("an annotation has an empty name"))
		}
	}
	// RFC 3339, which the configuration's JSON uses, has four-digit years.
	if y := c.created().Year(); y < 1 || y > 9999 {
		errs = append(errs, fmt.Errorf("creation time %v is out of range", c.Created))
	}
	return errors.Join(errs...)
}

// Check reports what of c can't be applied to the configuration of a base, as
// [Assemble] would: a variable that the base lacks, a user of the base's that no
// runtime takes.
func (c Config) Check(base *v1.ConfigFile) error {
	_, err := c.Over(base)
	return err
}

// Over returns the configuration of a base with c applied, before any layer is
// added. The errors are those of [Config.Check].
func (c Config) Over(base *v1.ConfigFile) (*v1.ConfigFile, error) {
	cf := base.DeepCopy()
	return cf, c.apply(cf)
}

// checkRunnable refuses the base's user where a number in it is out of range:
// runtimes have taken such for root. Names are left to the runtime.
func checkRunnable(user string) error {
	for part := range strings.SplitSeq(user, ":") {
		if strings.Trim(part, "+-0123456789") != "" || part == "" {
			continue
		}
		if _, err := strconv.ParseUint(part, 10, 31); err != nil {
			return fmt.Errorf("the base runs as user %q: %q is not a number below 2147483648", user, part)
		}
	}
	return nil
}

// checkUser accepts "name", "uid", "name:group", "uid:gid" and mixtures.
// Numbers stay below 2^31: containerd wrapped larger ones to root
// (CVE-2024-40635).
func checkUser(user string) error {
	name, group, hasGroup := strings.Cut(user, ":")
	parts := []string{name}
	if hasGroup {
		parts = append(parts, group)
	}
	for _, p := range parts {
		if userName.MatchString(p) {
			continue
		}
		if _, err := strconv.ParseUint(p, 10, 31); err != nil {
			return fmt.Errorf("user %q: %q is neither a name nor a number below 2147483648", user, p)
		}
	}
	return nil
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// mergeVolumes adds volumes to the base's.
func mergeVolumes(base map[string]struct{}, volumes []string) map[string]struct{} {
	if len(volumes) == 0 {
		return base
	}
	out := map[string]struct{}{}
	maps.Copy(out, base)
	for _, v := range volumes {
		out[path.Clean(v)] = struct{}{}
	}
	return out
}

var protocols = []string{"tcp", "udp", "sctp"}

// mergePorts adds ports to the base's in the form "8000/tcp".
func mergePorts(base map[string]struct{}, ports []string) (map[string]struct{}, error) {
	if len(ports) == 0 {
		return base, nil
	}
	out := maps.Clone(base)
	if out == nil {
		out = map[string]struct{}{}
	}
	var errs []error
	for _, p := range ports {
		number, proto, ok := strings.Cut(p, "/")
		if !ok {
			proto = "tcp"
		}
		n, err := strconv.ParseUint(number, 10, 16)
		if err != nil || n == 0 || !slices.Contains(protocols, proto) {
			errs = append(errs, fmt.Errorf("port %q is not of the form 8000 or 53/udp", p))
			continue
		}
		out[fmt.Sprintf("%d/%s", n, proto)] = struct{}{}
	}
	return out, errors.Join(errs...)
}
