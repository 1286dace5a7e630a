package configure

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/control"
	"github.com/assemble-image/assemble/internal/debs/packages"
	"github.com/assemble-image/assemble/internal/debs/shell"
	"github.com/assemble-image/assemble/internal/debs/version"
)

// dpkg answers what scripts ask of dpkg(1).
func (s *session) dpkg(c *shell.Call) int {
	args := slices.DeleteFunc(slices.Clone(c.Args), func(a string) bool {
		return strings.HasPrefix(a, "--admindir") || strings.HasPrefix(a, "--root") || a == "--no-pager" || a == "--"
	})
	if len(args) == 0 {
		c.Fail("error: need an action option")
		return 2
	}
	switch args[0] {
	case "--compare-versions":
		return compareVersions(c, args[1:])
	case "--print-architecture":
		fmt.Fprintln(c.Stdout, s.opt.Arch)
		return 0
	case "--print-foreign-architectures":
		return 0
	case "--validate-version":
		if len(args) > 1 {
			if _, err := version.Parse(args[1]); err == nil {
				return 0
			}
		}
		return 1
	}
	if strings.HasPrefix(args[0], "--assert-") {
		return 0
	}
	return s.query(c, args)
}

// compareVersions is dpkg --compare-versions: an empty version is earlier than
// any other to the named operators, and later to those with "-nl".
func compareVersions(c *shell.Call, args []string) int {
	if len(args) != 3 {
		c.Fail("error: --compare-versions takes three arguments: <version> <relation> <version>")
		return 2
	}
	a, op, b := args[0], args[1], args[2]
	op, emptyIsLater := strings.CutSuffix(op, "-nl")
	if a == "" || b == "" {
		order := len(b) - len(a) // the empty one is later
		if !emptyIsLater {
			order = -order
		}
		return verdict(c, cmp.Compare(order, 0), op)
	}
	return verdict(c, version.Compare(a, b), op)
}

func verdict(c *shell.Call, order int, op string) int {
	ok := false
	switch op {
	case "lt", "<<":
		ok = order < 0
	case "le", "<=", "<":
		ok = order <= 0
	case "eq", "=":
		ok = order == 0
	case "ne":
		ok = order != 0
	case "ge", ">=", ">":
		ok = order >= 0
	case "gt", ">>":
		ok = order > 0
	default:
		c.Fail("error: --compare-versions bad relation '%s'", op)
		return 2
	}
	if ok {
		return 0
	}
	return 1
}

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

// dpkgTrigger is dpkg-trigger(1).
func (s *session) dpkgTrigger(c *shell.Call) int {
	for _, a := range c.Args {
		if !strings.HasPrefix(a, "-") {
			s.activate(a)
		}
	}
	return 0
}

// dpkgDivert is dpkg-divert(1): the database has three lines for each path, it,
// where it goes, and whose the file in its place is.
func (s *session) dpkgDivert(c *shell.Call) int {
	var action, to, path string
	owner, rename := s.current.name, false
	for i := 0; i < len(c.Args); i++ {
		a := c.Args[i]
		value := func(name string) (string, bool) {
			if v, ok := strings.CutPrefix(a, name+"="); ok {
				return v, true
			}
			if a == name && i+1 < len(c.Args) {
				i++
				return c.Args[i], true
			}
			return "", false
		}
		if v, ok := value("--package"); ok {
			owner = v
		} else if v, ok := value("--divert"); ok {
			to = v
		} else if _, ok := value("--admindir"); ok {
			continue
		} else if a == "--rename" {
			rename = true
		} else if a == "--local" {
			owner = ":"
		} else if a == "--add" || a == "--remove" || a == "--list" || a == "--truename" || a == "--listpackage" {
			action = a
		} else if !strings.HasPrefix(a, "-") {
			path = a
		}
	}
	return s.divert(c, action, path, to, owner, rename)
}

func (s *session) divert(c *shell.Call, action, path, to, owner string, rename bool) int {
	data, _ := s.root.ReadFile(adminDir+"/diversions", maxDatabase) // none is none
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	at := -1
	for i := 0; i+2 < len(lines); i += 3 {
		if lines[i] == path {
			at = i
		}
	}
	if to == "" {
		to = path + ".distrib"
	}
	save := func() int {
		text := strings.Join(lines, "\n")
		if text != "" {
			text += "\n"
		}
		if err := s.root.WriteFile(adminDir+"/diversions", []byte(text), 0o644); err != nil {
			c.Check(err)
			return c.Fail("%v", err)
		}
		return 0
	}
	switch action {
	case "--truename":
		if at >= 0 && lines[at+2] != owner {
			path = lines[at+1]
		}
		fmt.Fprintln(c.Stdout, path)
		return 0
	case "--listpackage":
		if at >= 0 {
			fmt.Fprintln(c.Stdout, lines[at+2])
		}
		return 0
	case "--list":
		for i := 0; i+2 < len(lines); i += 3 {
			if path == "" || c.Match(path, lines[i]) || c.Match(path, lines[i+1]) {
				fmt.Fprintf(c.Stdout, "diversion of %s to %s by %s\n", lines[i], lines[i+1], lines[i+2])
			}
		}
		return 0
	case "--remove":
		if at < 0 {
			return 0
		}
		to = lines[at+1]
		lines = slices.Delete(lines, at, at+3)
		if rename && s.root.Exists(to) {
			_ = s.root.Rename(to, path) // what is in the way stays
		}
		return save()
	}
	if at >= 0 {
		if lines[at+1] == to && lines[at+2] == owner {
			return 0
		}
		c.Fail("error: '%s' is diverted already", path)
		return 2
	}
	if len(lines) == 1 && lines[0] == "" {
		lines = nil
	}
	lines = append(lines, path, to, owner)
	if rename && s.root.Exists(path) {
		if err := s.root.Rename(path, to); err != nil {
			return c.Fail("%v", err)
		}
	}
	return save()
}

// dpkgStatoverride is dpkg-statoverride(1).
func (s *session) dpkgStatoverride(c *shell.Call) int {
	var action string
	var params []string
	update := false
	for _, a := range c.Args {
		switch {
		case a == "--add" || a == "--remove" || a == "--list":
			action = a
		case a == "--update":
			update = true
		case !strings.HasPrefix(a, "-"):
			params = append(params, a)
		}
	}
	file := adminDir + "/statoverride"
	data, _ := s.root.ReadFile(file, maxDatabase) // none is none
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	switch action {
	case "--list":
		found := 1
		for _, l := range lines {
			if f := strings.Fields(l); len(f) == 4 && (len(params) == 0 || c.Match(params[0], f[3])) {
				fmt.Fprintln(c.Stdout, l)
				found = 0
			}
		}
		return found
	case "--remove":
		lines = slices.DeleteFunc(lines, func(l string) bool {
			f := strings.Fields(l)
			return len(f) == 4 && len(params) > 0 && f[3] == params[0]
		})
	default:
		if len(params) != 4 {
			c.Fail("error: --add needs four arguments")
			return 2
		}
		lines = append(slices.DeleteFunc(lines, func(l string) bool { return l == "" }), strings.Join(params, " "))
		if update && s.root.Exists(params[3]) {
			if st := c.Run("chown", params[0]+":"+params[1], params[3]); st != 0 {
				return st
			}
			if st := c.Run("chmod", params[2], params[3]); st != 0 {
				return st
			}
		}
	}
	text := strings.Join(lines, "\n")
	if text != "" {
		text += "\n"
	}
	if err := s.root.WriteFile(file, []byte(text), 0o644); err != nil {
		c.Check(err)
		return c.Fail("%v", err)
	}
	return 0
}
