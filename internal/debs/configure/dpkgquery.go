package configure

import (
	"fmt"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/control"
	"github.com/assemble-image/assemble/internal/debs/packages"
	"github.com/assemble-image/assemble/internal/debs/shell"
)

// query is dpkg-query(1): -s, -W, -L, -S, -l and -c.
func (s *session) query(c *shell.Call, args []string) int {
	format := "${Package}\t${Version}\n"
	var action string
	var names []string
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "-f" && i+1 < len(args):
			i++
			format = args[i]
		case strings.HasPrefix(a, "--showformat="):
			format = a[len("--showformat="):]
		case strings.HasPrefix(a, "-f"):
			format = strings.TrimPrefix(a[2:], "=")
		case strings.HasPrefix(a, "-") && action == "":
			action = a
		default:
			names = append(names, a)
		}
	}
	switch action {
	case "-s", "--status", "-p", "--print-avail":
		return s.eachNamed(c, names, func(st *state) {
			raw := st.raw
			if st.pkg != nil {
				raw = s.stanza(st)
			}
			_, _ = c.Stdout.Write(raw)
			fmt.Fprintln(c.Stdout)
		})
	case "-W", "--show":
		return s.eachNamed(c, names, func(st *state) { fmt.Fprint(c.Stdout, s.show(st, format)) })
	case "-l", "--list":
		return s.eachNamed(c, names, func(st *state) { fmt.Fprintf(c.Stdout, "ii  %s %s %s\n", st.name, st.version, st.arch) })
	case "-L", "--listfiles":
		return s.eachNamed(c, names, func(st *state) {
			data, err := s.root.ReadFile(infoDir+packages.InfoName(st.name, st.arch, st.same)+".list", maxDatabase)
			if err == nil {
				_, _ = c.Stdout.Write(data)
			}
		})
	case "-c", "--control-path":
		if len(names) == 2 {
			if st := s.states[names[0]]; st != nil {
				path := infoDir + packages.InfoName(st.name, st.arch, st.same) + "." + names[1]
				if s.root.Exists(path) {
					fmt.Fprintln(c.Stdout, path)
				}
				return 0
			}
		}
		return 1
	case "-S", "--search":
		return s.searchOwner(c, names)
	}
	s.warn(Warning{Package: s.current.name, Script: s.script, Command: c.Name + " " + action, Consequence: "it is not interpreted, and fails"})
	return 2
}

// eachNamed calls f for the packages that names or patterns stand for.
func (s *session) eachNamed(c *shell.Call, names []string, f func(*state)) int {
	status := 0
	for _, name := range names {
		bare, arch, _ := strings.Cut(name, ":")
		if strings.ContainsAny(bare, "*?[") {
			found := false
			for _, st := range s.sorted() {
				if c.Match(bare, st.name) {
					found = true
					f(st)
				}
			}
			if found {
				continue
			}
		} else if st := s.states[bare]; st != nil && (arch == "" || arch == "any" || arch == archOf(st.arch, s.opt.Arch)) {
			f(st)
			continue
		}
		c.Fail("no packages found matching %s", name)
		status = 1
	}
	return status
}

// show fills a format of dpkg-query in.
func (s *session) show(st *state, format string) string {
	raw := st.raw
	if st.pkg != nil {
		raw = s.stanza(st)
	}
	fields, err := control.ParseOne(raw, control.Options{})
	if err != nil {
		return ""
	}
	status := fields.Get("Status")
	words := append(strings.Fields(status), "", "", "")
	var b strings.Builder
	for rest := format; rest != ""; {
		i := strings.Index(rest, "${")
		if i < 0 {
			b.WriteString(rest)
			break
		}
		b.WriteString(rest[:i])
		name, after, ok := strings.Cut(rest[i+2:], "}")
		if !ok {
			break
		}
		rest = after
		name, _, _ = strings.Cut(name, ";")
		switch name {
		case "db:Status-Status":
			b.WriteString(words[2])
		case "db:Status-Want":
			b.WriteString(words[0])
		case "db:Status-Abbrev":
			b.WriteString("ii ")
		case "binary:Package":
			b.WriteString(packages.InfoName(st.name, st.arch, st.same))
		default:
			b.WriteString(fields.Get(name))
		}
	}
	return strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\\`, `\`).Replace(b.String())
}

// searchOwner tells which packages ship a path.
func (s *session) searchOwner(c *shell.Call, names []string) int {
	status := 0
	for _, name := range names {
		var owners []string
		for _, st := range s.sorted() {
			data, err := s.root.ReadFile(infoDir+packages.InfoName(st.name, st.arch, st.same)+".list", maxDatabase)
			if err != nil {
				continue
			}
			c.Spend(len(data) / 8)
			if strings.Contains("\n"+string(data), "\n"+name+"\n") {
				owners = append(owners, packages.InfoName(st.name, st.arch, st.same))
			}
		}
		if len(owners) == 0 {
			c.Fail("no path found matching pattern %s", name)
			status = 1
			continue
		}
		fmt.Fprintf(c.Stdout, "%s: %s\n", strings.Join(owners, ", "), name)
	}
	return status
}
