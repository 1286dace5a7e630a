package stage

import (
	"path"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/assemble-image/assemble/internal/adopt/dockerfile"
	"github.com/assemble-image/assemble/internal/adopt/draft"
	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// instruction follows one instruction. building says that the stage is none of
// those that become the image.
func (in *interpreter) instruction(s *State, i *dockerfile.Instruction, building bool) {
	if run, ok := i.Command.(*instructions.RunCommand); ok {
		in.run(s, i, run, building)
		return
	}
	step := in.step(i)
	if i.Err != nil {
		leave(step, "it can't be read: "+draft.OneLine(i.Err.Error()))
		return
	}
	switch c := i.Command.(type) {
	case *instructions.ArgCommand:
		in.arg(s, step, i, false)
	case *instructions.EnvCommand:
		in.env(s, step, c)
	case *instructions.CopyCommand:
		in.copyFiles(s, step, c)
	case *instructions.AddCommand:
		in.addFiles(s, step, c)
	case *instructions.WorkdirCommand:
		in.workdir(s, step, c.Path)
	case *instructions.UserCommand:
		if user, ok := in.known(s, step, c.User); ok {
			s.User = Setting{Value: strings.TrimSpace(user), Step: step}
			carry(step, "user")
		}
	case *instructions.ShellCommand:
		s.shell = c.Shell
		skip(step, "no shell runs while an image is assembled")
	case *instructions.OnbuildCommand:
		leave(step, "images have no triggers here; put what it does into the config of the image that is built upon this one")
	default:
		in.metadata(s, step, i)
	}
	if building && step.Status == draft.Carried {
		skip(step, "it is for the stage that only builds")
	}
}

// metadata follows what changes the image's configuration alone.
func (in *interpreter) metadata(s *State, step *draft.Step, i *dockerfile.Instruction) {
	switch c := i.Command.(type) {
	case *instructions.LabelCommand:
		for _, kv := range c.Labels {
			in.label(s, step, kv.Key, kv.Value)
		}
	case *instructions.MaintainerCommand:
		in.label(s, step, "org.opencontainers.image.authors", c.Maintainer)
	case *instructions.ExposeCommand:
		in.expose(s, step, c.Ports)
	case *instructions.VolumeCommand:
		for _, v := range c.Volumes {
			if dir, ok := in.known(s, step, v); ok {
				s.Volumes = set(s.Volumes, Setting{Key: absolute(s, dir), Value: absolute(s, dir), Step: step})
				carry(step, "volumes")
			}
		}
	case *instructions.StopSignalCommand:
		if signal, ok := in.known(s, step, c.Signal); ok {
			s.Signal = Setting{Value: signal, Step: step}
			carry(step, "stop_signal")
		}
	case *instructions.HealthCheckCommand:
		in.health(s, step, c)
	case *instructions.EntrypointCommand:
		s.Entrypoint = in.process(s, step, c.ShellDependantCmdLine)
		if !s.setCmd { // as Docker resets it
			s.Cmd = nil
		}
		carry(step, "entrypoint")
	case *instructions.CmdCommand:
		s.Cmd, s.setCmd = in.process(s, step, c.ShellDependantCmdLine), true
		carry(step, "cmd")
	default:
		leave(step, "assemble has nothing like it")
	}
}

// arg is ARG (Dockerfile reference, "ARG"); global ones stand before any FROM.
func (in *interpreter) arg(s *State, step *draft.Step, i *dockerfile.Instruction, global bool) {
	c, ok := i.Command.(*instructions.ArgCommand)
	if !ok || i.Err != nil {
		leave(step, "it can't be read")
		return
	}
	skip(step, "there are no build arguments; its value is in what uses it")
	for _, a := range c.Args {
		given, isGiven := in.opt.Args[a.Key]
		before, isGlobal := in.global.args[a.Key]
		switch {
		case isGiven:
			s.args[a.Key] = given
		case a.Value != nil:
			value, err := in.expand(s, *a.Value)
			if err != nil {
				value = *a.Value
			}
			s.args[a.Key] = marked.ReplaceAllString(value, "")
		case isGlobal && !global:
			s.args[a.Key] = before
		default:
			s.args[a.Key] = mark // declared, without a value
			skip(step, "it has no value; --build-arg "+a.Key+"=… gives one")
		}
	}
}

func (in *interpreter) workdir(s *State, step *draft.Step, dir string) {
	if dir, ok := in.known(s, step, dir); ok && dir != "" {
		s.Workdir = Setting{Value: absolute(s, dir), Step: step}
		carry(step, "workdir")
	}
}

func (in *interpreter) label(s *State, step *draft.Step, key, value string) {
	key, okKey := in.known(s, step, key)
	value, okValue := in.known(s, step, value)
	if okKey && okValue {
		s.Labels = set(s.Labels, Setting{Key: key, Value: value, Step: step})
		if step.Status != draft.Left {
			carry(step, "labels")
		}
	}
}

// portForm is what EXPOSE takes: a port or a range, and a protocol.
var portForm = lazyregexp.New(`^([0-9]{1,5})(?:-([0-9]{1,5}))?(?:/(tcp|udp|sctp))?$`)

// maxPorts bounds how many ports a range may name.
const maxPorts = 256

func (in *interpreter) expose(s *State, step *draft.Step, ports []string) {
	carry(step, "ports")
	for _, word := range ports {
		text, ok := in.known(s, step, word)
		if !ok {
			return
		}
		for _, text := range strings.Fields(text) {
			m := portForm.FindStringSubmatch(strings.ToLower(text))
			if m == nil {
				leave(step, "that is no port; write its number into the config")
				return
			}
			first, _ := strconv.Atoi(m[1])
			last, err := strconv.Atoi(m[2])
			if err != nil {
				last = first
			}
			if first < 1 || last > 65535 || last < first || last-first >= maxPorts {
				leave(step, "ports are from 1 to 65535, and each stands in the config; name those that are used")
				return
			}
			for p := first; p <= last; p++ {
				port := strconv.Itoa(p)
				if m[3] != "" && m[3] != "tcp" {
					port += "/" + m[3]
				}
				s.Ports = set(s.Ports, Setting{Key: port, Value: port, Step: step})
			}
		}
	}
}

// absolute makes a path of the image absolute and clean.
func absolute(s *State, p string) string {
	if !path.IsAbs(p) {
		p = path.Join("/", s.Workdir.Value, p)
	}
	return path.Clean(p)
}
