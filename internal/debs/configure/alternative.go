package configure

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// alternative is a group of update-alternatives(1): a link, those that go with
// it, and the paths that they may lead to.
type alternative struct {
	name, link string
	manual     bool
	slaves     []slave
	choices    []choice
}

type slave struct{ name, link string }

type choice struct {
	path     string
	priority int
	slaves   map[string]string
}

// parseAlternative reads a file of dpkg's database: the mode, the link, the
// names and links of the slaves, an empty line; then of each choice the path,
// the priority, and a path or an empty line for each slave.
func parseAlternative(name string, data []byte) (*alternative, error) {
	lines := strings.Split(string(data), "\n")
	next := func() string {
		if len(lines) == 0 {
			return ""
		}
		line := lines[0]
		lines = lines[1:]
		return line
	}
	a := &alternative{name: name, manual: next() == "manual", link: next()}
	for line := next(); line != ""; line = next() {
		a.slaves = append(a.slaves, slave{name: line, link: next()})
	}
	for path := next(); path != ""; path = next() {
		priority, err := strconv.Atoi(next())
		if err != nil {
			return nil, fmt.Errorf("%s: the priority of %q is no number", name, path)
		}
		c := choice{path: path, priority: priority, slaves: map[string]string{}}
		for _, s := range a.slaves {
			if p := next(); p != "" {
				c.slaves[s.name] = p
			}
		}
		a.choices = append(a.choices, c)
	}
	return a, nil
}

// text is the file of dpkg's database, with the slaves that a choice has and
// everything sorted.
func (a *alternative) text() string {
	a.slaves = slices.DeleteFunc(a.slaves, func(s slave) bool {
		return !slices.ContainsFunc(a.choices, func(c choice) bool { return c.slaves[s.name] != "" })
	})
	slices.SortFunc(a.slaves, func(x, y slave) int { return strings.Compare(x.name, y.name) })
	slices.SortFunc(a.choices, func(x, y choice) int { return strings.Compare(x.path, y.path) })
	var b strings.Builder
	mode := "auto"
	if a.manual {
		mode = "manual"
	}
	fmt.Fprintf(&b, "%s\n%s\n", mode, a.link)
	for _, s := range a.slaves {
		fmt.Fprintf(&b, "%s\n%s\n", s.name, s.link)
	}
	b.WriteByte('\n')
	for _, c := range a.choices {
		fmt.Fprintf(&b, "%s\n%d\n", c.path, c.priority)
		for _, s := range a.slaves {
			b.WriteString(c.slaves[s.name] + "\n")
		}
	}
	b.WriteByte('\n')
	return b.String()
}

// best is the choice of the highest priority, the first one of equals.
func (a *alternative) best() *choice {
	var best *choice
	for i := range a.choices {
		if best == nil || a.choices[i].priority > best.priority {
			best = &a.choices[i]
		}
	}
	return best
}

func (a *alternative) find(path string) *choice {
	for i := range a.choices {
		if a.choices[i].path == path {
			return &a.choices[i]
		}
	}
	return nil
}

// show is what --list, --display and --query print.
func (a *alternative) show(action, current string) string {
	var b strings.Builder
	mode, best := "auto", a.best()
	if a.manual {
		mode = "manual"
	}
	if current == "" {
		current = "none"
	}
	switch action {
	case "--query":
		fmt.Fprintf(&b, "Name: %s\nLink: %s\n", a.name, a.link)
		for i, sl := range a.slaves {
			if i == 0 {
				b.WriteString("Slaves:\n")
			}
			fmt.Fprintf(&b, " %s %s\n", sl.name, sl.link)
		}
		fmt.Fprintf(&b, "Status: %s\n", mode)
		if best != nil {
			fmt.Fprintf(&b, "Best: %s\n", best.path)
		}
		fmt.Fprintf(&b, "Value: %s\n", current)
	case "--display":
		fmt.Fprintf(&b, "%s - %s mode\n", a.name, mode)
		if best != nil {
			fmt.Fprintf(&b, "  link best version is %s\n", best.path)
		}
		fmt.Fprintf(&b, "  link currently points to %s\n  link %s is %s\n", current, a.name, a.link)
		for _, sl := range a.slaves {
			fmt.Fprintf(&b, "  slave %s is %s\n", sl.name, sl.link)
		}
	}
	for _, ch := range a.choices {
		switch action {
		case "--query":
			fmt.Fprintf(&b, "\nAlternative: %s\nPriority: %d\n", ch.path, ch.priority)
			if len(ch.slaves) > 0 {
				b.WriteString("Slaves:\n")
			}
		case "--display":
			fmt.Fprintf(&b, "%s - priority %d\n", ch.path, ch.priority)
		default:
			fmt.Fprintln(&b, ch.path)
			continue
		}
		for _, sl := range a.slaves {
			if p := ch.slaves[sl.name]; p != "" && action == "--query" {
				fmt.Fprintf(&b, " %s %s\n", sl.name, p)
			} else if p != "" {
				fmt.Fprintf(&b, "  slave %s: %s\n", sl.name, p)
			}
		}
	}
	return b.String()
}
