package configure

import (
	"maps"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/packages"
)

const triggersDir = adminDir + "/triggers/"

// triggers are who is interested in what (deb-triggers(5)).
type triggers struct {
	// explicit are the packages interested in a trigger's name, files those in
	// a path, with dpkg's suffix "/noawait" where they say so.
	explicit, files map[string][]string
	// lines are those of the file triggers in dpkg's order: new ones come last.
	lines [][2]string
}

func newTriggers() *triggers {
	return &triggers{explicit: map[string][]string{}, files: map[string][]string{}}
}

// loadTriggers reads the base's.
func (s *session) loadTriggers() {
	s.triggers = newTriggers()
	list, err := s.root.ReadDir(triggersDir)
	if err != nil {
		return
	}
	for _, f := range list {
		data, err := s.root.ReadFile(triggersDir+f.Name, maxScript)
		if err != nil || !f.Mode.IsRegular() || f.Name == "Lock" || f.Name == "Unincorp" {
			continue
		}
		for line := range strings.Lines(string(data)) {
			words := strings.Fields(line)
			switch {
			case f.Name == "File" && len(words) == 2:
				s.triggers.files[words[0]] = append(s.triggers.files[words[0]], words[1])
				s.triggers.lines = append(s.triggers.lines, [2]string{words[0], words[1]})
			case f.Name != "File" && len(words) == 1:
				s.triggers.explicit[f.Name] = append(s.triggers.explicit[f.Name], words[0])
			}
		}
	}
}

// each calls f for the directives of a package's triggers file.
func eachTrigger(data []byte, f func(directive, name string)) {
	for line := range strings.Lines(string(data)) {
		line, _, _ = strings.Cut(line, "#")
		if words := strings.Fields(line); len(words) == 2 {
			f(words[0], words[1])
		}
	}
}

// activateByPackage notes the package's interests, and activates the triggers
// that its control file and its paths name.
func (s *session) activateByPackage(p *Package) {
	for _, m := range []map[string][]string{s.triggers.explicit, s.triggers.files} {
		for name, list := range m {
			m[name] = slices.DeleteFunc(list, func(who string) bool { return s.interested(who) == p.Name })
			if len(m[name]) == 0 {
				delete(m, name)
			}
		}
	}
	s.triggers.lines = slices.DeleteFunc(s.triggers.lines, func(l [2]string) bool { return s.interested(l[1]) == p.Name })
	eachTrigger(p.file("triggers"), func(directive, name string) {
		who := packages.InfoName(p.Name, p.Arch, p.same())
		switch directive {
		case "interest-noawait":
			who += "/noawait"
		case "interest", "interest-await":
		default:
			s.activate(name)
			return
		}
		m := s.triggers.explicit
		if strings.HasPrefix(name, "/") {
			m = s.triggers.files
			s.triggers.lines = append(s.triggers.lines, [2]string{name, who})
		}
		m[name] = append(m[name], who)
	})
	for _, path := range p.Paths {
		s.activateFile(path)
	}
	for _, path := range p.Dropped {
		s.activateFile(path)
	}
}

// interested returns the package that a line of the database means.
func (s *session) interested(who string) string {
	who, _, _ = strings.Cut(who, "/")
	who, _, _ = strings.Cut(who, ":")
	return who
}

// activateFile activates the triggers of a path and of the directories above.
func (s *session) activateFile(path string) {
	for at := path; at != "" && at != "/"; at = at[:strings.LastIndexByte(at, '/')] {
		if s.triggers.files[at] != nil {
			s.activate(at)
		}
	}
}

// activate makes a trigger pending in all packages that are interested and
// configured: the others do its work when they are configured.
func (s *session) activate(name string) {
	list := s.triggers.explicit[name]
	if strings.HasPrefix(name, "/") {
		list = s.triggers.files[name]
	}
	if name == ldconfigTrigger && len(list) == 0 {
		s.unheard = true
	}
	for _, who := range list {
		st := s.states[s.interested(who)]
		if st == nil || !st.configured || slices.Contains(st.pending, name) {
			continue
		}
		if len(st.pending) == 0 {
			s.queued = append(s.queued, st)
		}
		st.pending = append(st.pending, name)
	}
}

// maxTriggerRuns bounds how often triggers are processed: they may activate
// each other, which dpkg finds and calls a cycle.
const maxTriggerRuns = 10_000

// processTriggers calls the postinst of the packages with pending triggers.
func (s *session) processTriggers() error {
	for n := 0; len(s.queued) > 0; n++ {
		st := s.queued[0]
		s.queued = s.queued[1:]
		if n > maxTriggerRuns {
			s.warn(Warning{Package: st.name, Script: "postinst", Consequence: "its triggers activate each other without an end, and were given up"})
			return nil
		}
		names := st.pending
		st.pending = nil
		data, err := s.root.ReadFile(infoDir+packages.InfoName(st.name, st.arch, st.same)+".postinst", maxScript)
		if err != nil {
			continue
		}
		if err := s.runScript(st, "postinst", data, "triggered", strings.Join(names, " ")); err != nil {
			return err
		}
	}
	return nil
}

// writeTriggers writes the database of interests, if it isn't as it was.
func (s *session) writeTriggers() error {
	var b strings.Builder
	for _, l := range s.triggers.lines {
		b.WriteString(l[0] + " " + l[1] + "\n")
	}
	if err := s.update(triggersDir+"File", b.String()); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(s.triggers.explicit)) {
		if err := s.update(triggersDir+name, strings.Join(s.triggers.explicit[name], "\n")+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// update writes a file unless it has that content, or would be empty and isn't
// there.
func (s *session) update(path, text string) error {
	old, err := s.root.ReadFile(path, maxDatabase)
	if err == nil && string(old) == text || err != nil && text == "" {
		return nil
	}
	if err := s.root.MkdirAll(path[:strings.LastIndexByte(path, '/')], 0o755); err != nil {
		return err
	}
	return s.root.WriteFile(path, []byte(text), 0o644)
}
