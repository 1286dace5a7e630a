package configure

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/packages"
	"github.com/assemble-image/assemble/internal/debs/shell"
)

const maxScript = 1 << 20

// maxTail bounds what a warning quotes of a script's output.
const maxTail = 200

// runScript interprets a maintainer script; nil stands for a package that has
// none of this name.
func (s *session) runScript(st *state, script string, data []byte, args ...string) error {
	if data == nil {
		return nil
	}
	before, beforeScript := s.current, s.script
	s.current, s.script = st, script
	defer func() { s.current, s.script = before, beforeScript }()
	s.result.Scripts++
	var out bytes.Buffer
	status, err := shell.Run(s.ctx, s.shellOptions(st, script, &out), infoDir+packages.InfoName(st.name, st.arch, st.same)+"."+script, data, args...)
	if s.opt.Output != nil && out.Len() > 0 {
		s.opt.Output(st.name, script, out.Bytes())
	}
	if unsupported, ok := errors.AsType[*shell.UnsupportedError](err); ok {
		s.result.Failed++
		s.warn(Warning{Package: st.name, Script: script, Command: unsupported.What, Consequence: "it is not interpreted, and what the script does from there on is left undone"})
		return nil
	}
	if err != nil {
		return &ScriptError{Package: st.name, Script: script, Err: err}
	}
	if status != 0 {
		s.result.Failed++
		s.warn(Warning{Package: st.name, Script: script, Consequence: fmt.Sprintf("it ended with status %d, and what it would have done after that is left undone%s", status, tail(out.String()))})
	}
	return nil
}

// tail is the last line of what a script printed.
func tail(text string) string {
	text = strings.TrimSpace(text)
	text = text[strings.LastIndexByte(text, '\n')+1:]
	if text == "" {
		return ""
	}
	return fmt.Sprintf(" (%q)", text[:min(len(text), maxTail)])
}

func (s *session) shellOptions(st *state, script string, out *bytes.Buffer) shell.Options {
	return shell.Options{
		Root: s.root, Commands: s.commands(), Programs: s.programs(), Unknown: s.unknown,
		Sourced: map[string]string{"/usr/share/debconf/confmodule": confmodule, "/usr/share/debconf/confmodule.sh": confmodule},
		Output:  out, Limits: s.opt.Limits,
		Env: map[string]string{
			"PATH":                              "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			"HOME":                              "/root",
			"LC_ALL":                            "C",
			"DEBIAN_FRONTEND":                   "noninteractive",
			"DPKG_ADMINDIR":                     adminDir,
			"DPKG_ROOT":                         "",
			"DPKG_RUNNING_VERSION":              "1.21.22",
			"DPKG_MAINTSCRIPT_PACKAGE":          st.name,
			"DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT": "1",
			"DPKG_MAINTSCRIPT_ARCH":             archOf(st.arch, s.opt.Arch),
			"DPKG_MAINTSCRIPT_NAME":             script,
			"DPKG_MAINTSCRIPT_DEBUG":            "0",
		},
	}
}

func archOf(arch, native string) string {
	if arch == "all" || arch == "" {
		return native
	}
	return arch
}

// configureOne calls a package's postinst, and its debconf script before it,
// as debconf does when a postinst loads its library.
func (s *session) configureOne(st *state) error {
	p := st.pkg
	postinst := p.file("postinst")
	args := []string{"configure", p.Old}
	if templates := p.file("templates"); templates != nil {
		s.debconf.load(st.name, templates)
	}
	if config := p.file("config"); config != nil && bytes.Contains(postinst, []byte("confmodule")) {
		if err := s.runScript(st, "config", config, args...); err != nil {
			return err
		}
	}
	if err := s.runScript(st, "postinst", postinst, args...); err != nil {
		return err
	}
	st.configured = true
	s.result.Configured = append(s.result.Configured, st.name)
	return nil
}
