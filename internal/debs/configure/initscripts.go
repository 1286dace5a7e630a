package configure

import (
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
)

// updateRC is update-rc.d(8) where insserv isn't installed: links for the
// runlevels that the script's header names, unless there are any.
func (s *session) updateRC(c *shell.Call) int {
	var words []string
	for _, a := range c.Args {
		if !strings.HasPrefix(a, "-") {
			words = append(words, a)
		}
	}
	if len(words) < 2 || words[1] != "defaults" && words[1] != "defaults-disabled" || strings.Contains(words[0], "/") {
		return 0
	}
	name := words[0]
	for _, level := range "0123456S" {
		for _, i := range s.glob("/etc/rc" + string(level) + ".d/*") {
			link := baseOf(i)
			if len(link) > 3 && link[3:] == name && (link[0] == 'S' || link[0] == 'K') {
				return 0
			}
		}
	}
	data, err := s.root.ReadFile("/etc/init.d/"+name, maxScript)
	if err != nil {
		return c.Fail("error: unable to read /etc/init.d/%s", name)
	}
	start, stop := initLevels(string(data))
	letter := "S"
	if words[1] == "defaults-disabled" {
		letter = "K"
	}
	for _, level := range start {
		if err := s.initLink(level, letter+"01"+name, name); err != nil {
			c.Check(err)
			return c.Fail("%v", err)
		}
	}
	for _, level := range stop {
		if err := s.initLink(level, "K01"+name, name); err != nil {
			c.Check(err)
			return c.Fail("%v", err)
		}
	}
	return 0
}

func (s *session) initLink(level, link, name string) error {
	dir := "/etc/rc" + level + ".d"
	if err := s.root.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if _, err := s.root.Lstat(dir + "/" + link); err == nil {
		return nil
	}
	return s.root.Symlink("../init.d/"+name, dir+"/"+link)
}

// initLevels reads the header of an init script (LSB 3.1, 20.8).
func initLevels(script string) (start, stop []string) {
	in := false
	for line := range strings.Lines(script) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "### BEGIN INIT INFO"):
			in = true
		case strings.HasPrefix(line, "### END INIT INFO"):
			return start, stop
		case in && strings.HasPrefix(line, "# Default-Start:"):
			start = levels(line)
		case in && strings.HasPrefix(line, "# Default-Stop:"):
			stop = levels(line)
		}
	}
	return start, stop
}

func levels(line string) []string {
	var out []string
	for _, w := range strings.Fields(line)[2:] {
		if len(w) == 1 && strings.Contains("0123456Ss", w) {
			out = append(out, strings.ToUpper(w))
		}
	}
	return out
}
