package configure

import (
	"errors"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/gschema"
	"github.com/assemble-image/assemble/internal/debs/root"
	"github.com/assemble-image/assemble/internal/debs/shell"
)

// compileSchemas is glib-compile-schemas: it writes gschemas.compiled into the
// directory that it is given.
func (s *session) compileSchemas(c *shell.Call) int {
	var dir string
	for _, a := range c.Args {
		if !strings.HasPrefix(a, "-") {
			dir = c.Path(a)
		}
	}
	list, err := s.root.ReadDir(dir)
	if err != nil {
		return c.Fail("You should give exactly one directory name")
	}
	var files []gschema.File
	for _, i := range list {
		if !strings.HasSuffix(i.Name, ".xml") && !strings.HasSuffix(i.Name, ".override") {
			continue
		}
		data, err := s.root.ReadFile(dir+"/"+i.Name, maxScript)
		if err != nil {
			return c.Fail("%v", err)
		}
		c.Spend(len(data))
		files = append(files, gschema.File{Name: i.Name, Data: data})
	}
	data, problems := gschema.Compile(files)
	for _, p := range problems {
		c.Fail("%v; it is passed over", p)
	}
	to := dir + "/gschemas.compiled"
	if data == nil {
		err = s.root.Remove(to)
		if errors.Is(err, root.ErrNotExist) {
			err = nil
		}
	} else {
		err = s.update(to, string(data))
	}
	if err != nil {
		c.Check(err)
		return c.Fail("%v", err)
	}
	return 0
}
