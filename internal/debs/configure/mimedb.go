package configure

import (
	"strings"

	"github.com/assemble-image/assemble/internal/debs/mimedb"
	"github.com/assemble-image/assemble/internal/debs/shell"
)

// mimeCost is how many steps of a script a byte of XML counts for.
const mimeCost = 8

// maxMIME bounds one of its files; shared-mime-info's own has 2.5 MB.
const maxMIME = 8 << 20

// updateMIME is update-mime-database: it compiles the XML files in the directory
// packages of the one that it is given.
func (s *session) updateMIME(c *shell.Call) int {
	var dir string
	for _, a := range c.Args {
		if !strings.HasPrefix(a, "-") {
			dir = c.Path(a)
		}
	}
	list, err := s.root.ReadDir(dir + "/packages")
	if dir == "" || err != nil {
		return c.Fail("Directory '%s/packages' does not exist!", dir)
	}
	var sources []mimedb.File
	for _, i := range list {
		if !strings.HasSuffix(i.Name, ".xml") {
			continue
		}
		data, err := s.root.ReadFile(dir+"/packages/"+i.Name, maxMIME)
		if err != nil {
			return c.Fail("%v", err)
		}
		c.Spend(mimeCost * len(data))
		sources = append(sources, mimedb.File{Path: i.Name, Data: data})
	}
	files, problems := mimedb.Compile(sources)
	for _, p := range problems {
		c.Fail("%v; it is passed over", p)
	}
	for _, f := range files {
		err := s.update(dir+"/"+f.Path, string(f.Data))
		if err == nil && len(f.Data) == 0 && !s.root.Exists(dir+"/"+f.Path) {
			err = s.root.WriteFile(dir+"/"+f.Path, nil, 0o644)
		}
		if err != nil {
			c.Check(err)
			return c.Fail("%v", err)
		}
	}
	return 0
}
