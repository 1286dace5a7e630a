package configure

import (
	_ "embed" // the list of input methods below
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
)

// gioModules is what GIO's modules of Debian 12 extend.
var gioModules = map[string]string{
	"libdconfsettings.so":            "gsettings-backend",
	"libgiognomeproxy.so":            "gio-proxy-resolver",
	"libgiognutls.so":                "gio-tls-backend",
	"libgiolibproxy.so":              "gio-proxy-resolver",
	"libgioremote-volume-monitor.so": "gio-native-volume-monitor,gio-volume-monitor",
	"libgvfsdbus.so":                 "gio-vfs,gio-volume-monitor",
}

// gioQuery is gio-querymodules: it writes giomodule.cache into the directory
// that it is given. A module that isn't in the cache is looked at by each
// program, so that one that isn't known here costs time only; but a cache that
// lacks one hides it.
func (s *session) gioQuery(c *shell.Call) int {
	for _, a := range c.Args {
		dir := c.Path(a)
		var out strings.Builder
		var unknown []string
		for _, path := range s.glob(dir + "/*.so") {
			name := baseOf(path)
			if gioModules[name] == "" {
				unknown = append(unknown, name)
				continue
			}
			out.WriteString(name + ": " + gioModules[name] + "\n")
		}
		if len(unknown) > 0 {
			s.warn(Warning{
				Package: s.current.name, Script: s.script, Command: "gio-querymodules",
				Consequence: "what " + strings.Join(unknown, ", ") + " offers isn't known, so there is no giomodule.cache, and GIO looks at all its modules when it starts",
			})
			_ = s.root.Remove(dir + "/giomodule.cache") // it would hide them
			continue
		}
		if err := s.update(dir+"/giomodule.cache", out.String()); err != nil {
			c.Check(err)
			return c.Fail("%v", err)
		}
	}
	return 0
}

// inputMethods is what the input methods of GTK 3 in Debian 12 offer, a
// paragraph each.
//
//go:embed data/immodules.txt
var inputMethods string

// inputMethodQuery is gtk-query-immodules-3.0 --update-cache.
func (s *session) inputMethodQuery(c *shell.Call) int {
	dirs := s.glob2("/usr/lib/*/gtk-3.0")
	if len(c.Args) != 1 || c.Args[0] != "--update-cache" || len(dirs) != 1 {
		return s.leave(c)
	}
	known := map[string]string{}
	for block := range strings.SplitSeq(inputMethods, "\n\n") {
		if name, rest, ok := strings.Cut(strings.Trim(block, "\n"), "\n"); ok {
			known[name] = rest
		}
	}
	lib := strings.TrimSuffix(dirs[0], "/gtk-3.0")
	var out strings.Builder
	out.WriteString("# GTK+ Input Method Modules file\n# Automatically generated file, do not edit\n")
	out.WriteString("# Created by " + lib + "/libgtk-3-0/gtk-query-immodules-3.0 from gtk+-" + s.upstream("libgtk-3-0") + "\n#\n")
	at := dirs[0]
	out.WriteString("# ModulesPath = " + strings.Join([]string{at + "/3.0.0/linux/immodules", at + "/3.0.0/immodules", at + "/linux/immodules", at + "/immodules"}, ":") + "\n#\n")
	for _, path := range s.glob(at + "/3.0.0/immodules/*.so") {
		text := known[baseOf(path)]
		if text == "" {
			s.warn(Warning{Package: s.current.name, Script: s.script, Command: "gtk-query-immodules-3.0", Consequence: path + " isn't entered into immodules.cache, so its input method isn't found"})
			continue
		}
		out.WriteString("\"" + path + "\" \n" + strings.ReplaceAll(text, "\n", " \n") + " \n\n")
	}
	if err := s.update(at+"/3.0.0/immodules.cache", out.String()); err != nil {
		c.Check(err)
		return c.Fail("%v", err)
	}
	return 0
}
