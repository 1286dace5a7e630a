package configure

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
	"github.com/assemble-image/assemble/internal/debs/tools"
)

// commands are what scripts find whatever the root has.
func (s *session) commands() map[string]shell.Command {
	if s.known != nil {
		return s.known
	}
	m := maps.Clone(tools.Commands())
	for name, f := range map[string]shell.Command{
		"update-alternatives": s.updateAlternatives, "_db": s.debconfCommand, "dpkg": s.dpkg, "dpkg-trigger": s.dpkgTrigger,
		"dpkg-query":  func(c *shell.Call) int { return s.query(c, c.Args) },
		"dpkg-divert": s.dpkgDivert, "dpkg-statoverride": s.dpkgStatoverride, "ldconfig": s.ldconfig,
		"update-ca-certificates": s.updateCertificates,
	} {
		m[name] = f
	}
	s.known = m
	return m
}

// done are programs that have nothing to do in an image: they speak to a
// running system, or make what is made again when it is needed.
var done = []string{
	"deb-systemd-invoke", "invoke-rc.d", "service", "start-stop-daemon",
	"systemd-machine-id-setup", "systemd-detect-virt", "udevadm", "apparmor_parser", "update-initramfs", "update-grub", "busctl",
	"dbus-send", "telinit", "journalctl", "modprobe", "depmod", "sysctl", "mount", "umount", "chvt", "update-binfmts",
	"py3compile", "py3clean", "pycompile", "pyclean", "pypy3compile", "pypy3clean", "mandb", "update-menus", "nscd",
	"install-docs", "dh_installdocs", "update-info-dir", "install-info", "apt-key", "needrestart", "iptables", "rmmod", "killall5", "dbus-uuidgen", "ischroot", "pwck", "grpck",
}

// undone are programs whose work is left undone, and what follows from that.
var undone = map[string]string{
	"fc-cache":                   "there is no cache of fonts, so programs that use fontconfig start slower where they can't write one",
	"localedef":                  "the locale that it would make is missing: use LANG=C.UTF-8, or the package locales-all",
	"gtk-query-immodules-3.0":    "there is no immodules.cache, so GTK's input methods aren't found",
	"gtk-update-icon-cache":      "there is no cache of icons, so the first use is slower",
	"update-icon-caches":         "there is no cache of icons, so the first use is slower",
	"update-mime":                "/etc/mailcap isn't written",
	"update-desktop-database":    "there is no cache of desktop files, so no program is found for a file's type",
	"systemd-tmpfiles":           "the files of its tmpfiles.d aren't made",
	"pam-auth-update":            "PAM's common files stay as they are",
	"dot":                        "graphviz' list of plugins isn't written, so dot knows no output format until \"dot -c\" is run",
	"libgvc6-config-update":      "graphviz' list of plugins isn't written, so dot knows no output format until \"dot -c\" is run",
	"keytool":                    "Java's trust store stays as it is",
	"update-java-alternatives":   "Java's alternatives stay as they are",
	"update-gconf-defaults":      "GConf's defaults aren't written",
	"update-xmlcatalog":          "the catalogue of XML stays as it is",
	"update-catalog":             "the catalogue of SGML stays as it is",
	"mktexlsr":                   "TeX's list of files isn't written",
	"update-fonts-dir":           "fonts.dir isn't written, which only the X server reads",
	"update-fonts-scale":         "fonts.scale isn't written, which only the X server reads",
	"update-fonts-alias":         "fonts.alias isn't written, which only the X server reads",
	"odbcinst":                   "the ODBC driver isn't entered into /etc/odbcinst.ini",
	"ssh-keygen":                 "the server's keys aren't made",
	"gst-inspect-1.0":            "there is no registry of GStreamer's plugins, so the first use is slower",
	"update-gsfontmap":           "Ghostscript's list of fonts isn't written",
	"perl":                       "what it would do is left undone",
	"python3":                    "what it would do is left undone",
	"unopkg":                     "the extension isn't registered",
	"gconf-schemas":              "GConf's schemas aren't registered",
	"update-vlc-plugin-cache-20": "there is no cache of VLC's plugins",
}

// programs are what scripts find if the root has a program of that name.
func (s *session) programs() map[string]shell.Command {
	if s.present != nil {
		return s.present
	}
	s.present = map[string]shell.Command{}
	for _, name := range done {
		s.present[name] = func(*shell.Call) int { return 0 }
	}
	for name := range undone {
		s.present[name] = s.leave
	}
	for name, f := range map[string]shell.Command{
		"java": s.java, "update-rc.d": s.updateRC, "mountpoint": mountpoint, "update-locale": s.updateLocale,
		"systemd-sysusers": tools.Sysusers, "setcap": tools.Setcap, "awk": s.awk, "mawk": s.awk, "gawk": s.awk, "perl": s.perl,
		"libgvc6-config-update": s.graphvizConfig, "gdk-pixbuf-query-loaders": s.pixbufQuery,
		"deb-systemd-helper": s.unitHelper, "systemctl": s.systemctl,
		"glib-compile-schemas": s.compileSchemas, "update-mime-database": s.updateMIME, "gio-querymodules": s.gioQuery, "gtk-query-immodules-3.0": s.inputMethodQuery,
	} {
		s.present[name] = f
	}
	return s.present
}

// mountpoint finds /proc mounted, which scripts demand, and nothing else.
func mountpoint(c *shell.Call) int {
	if len(c.Args) > 0 && c.Args[len(c.Args)-1] == "/proc" {
		return 0
	}
	return 1
}

// awk does what [tools.Awk] can.
func (s *session) awk(c *shell.Call) int {
	if status, done := tools.Awk(c); done {
		return status
	}
	if len(c.Args) == 1 && c.Args[0] == langProgram {
		return langOf(c)
	}
	s.warn(Warning{Package: s.current.name, Script: s.script, Command: "awk", Consequence: "the program is not interpreted, and prints nothing"})
	return 0
}

// langProgram is what locales' config script asks awk: the value of LANG in lines
// of an environment.
const langProgram = `/^LANG=/ {gsub("\"", ""); sub("LANG=", ""); lang=$0;} END {print lang}`

func langOf(c *shell.Call) int {
	input, err := c.ReadAll(c.Stdin)
	if err != nil {
		return c.Fail("%v", err)
	}
	lang := ""
	for line := range strings.Lines(string(input)) {
		if value, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "LANG="); ok {
			lang = strings.ReplaceAll(value, "\"", "")
		}
	}
	fmt.Fprintln(c.Stdout, lang)
	return 0
}

// perl does one program, ucf's: it quotes what isn't a letter, digit or
// underscore.
func (s *session) perl(c *shell.Call) int {
	if len(c.Args) != 2 || c.Args[0] != "-nle" || c.Args[1] != `print "\Q$_\E\n"` {
		return s.leave(c)
	}
	input, err := c.ReadAll(c.Stdin)
	if err != nil {
		return c.Fail("%v", err)
	}
	var b strings.Builder
	for _, ch := range []byte(strings.TrimSuffix(string(input), "\n")) {
		if ch != '_' && (ch < '0' || ch > '9') && (ch < 'A' || ch > 'Z') && (ch < 'a' || ch > 'z') && ch < 128 {
			b.WriteByte('\\')
		}
		b.WriteByte(ch)
	}
	_, _ = c.Stdout.Write([]byte(b.String() + "\n\n"))
	return 0
}

// updateLocale is update-locale(8): it writes /etc/default/locale.
func (s *session) updateLocale(c *shell.Call) int {
	var b strings.Builder
	b.WriteString("#  File generated by update-locale\n")
	for _, a := range c.Args {
		name, value, set := strings.Cut(a, "=")
		if strings.HasPrefix(a, "-") || !set && name != "" {
			continue
		}
		if strings.ContainsAny(value, " \t\"'") {
			value = "\"" + value + "\""
		}
		b.WriteString(name + "=" + value + "\n")
	}
	if err := s.update("/etc/default/locale", b.String()); err != nil {
		c.Check(err)
		return c.Fail("%v", err)
	}
	return 0
}

// leave notes a program whose work is left undone. It is taken to succeed, as
// what depends on it would fail the more.
func (s *session) leave(c *shell.Call) int {
	name := baseOf(c.Name)
	s.warn(Warning{Package: s.current.name, Script: s.script, Command: name, Consequence: undone[name]})
	return 0
}

// unknown is called for a program that is no shell script, and that isn't
// known here.
func (s *session) unknown(c *shell.Call, path string) int {
	if run := s.programs()[baseOf(path)]; run != nil { // elsewhere than in PATH
		return run(c)
	}
	if strings.HasPrefix(baseOf(path), "python3") && slices.ContainsFunc(c.Args, func(a string) bool { return baseOf(a) == "py_compile.py" }) {
		return 0 // modules are compiled when they are imported
	}
	s.warn(Warning{Package: s.current.name, Script: s.script, Command: path, Consequence: "it is a program, and not run: what it would do is left undone"})
	return 0
}

func baseOf(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '/' {
			return path[i+1:]
		}
	}
	return path
}
