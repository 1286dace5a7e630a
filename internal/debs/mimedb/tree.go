package mimedb

import "errors"

// treeMagic are the paths that tell a type of a directory's content.
type treeMagic struct {
	typ      string
	priority int
	matches  []treeMatch
}

type treeMatch struct {
	path, kind, mime          string
	cased, executable, filled bool
	children                  []treeMatch
}

func (d *database) readTree(typ string, e *element) error {
	m := treeMagic{typ: typ, matches: readTreeMatches(e)}
	var err error
	if m.priority, err = number(e, "priority"); err != nil {
		return err
	}
	if len(m.matches) == 0 {
		return errors.New("its treemagic has no match")
	}
	d.trees = append(d.trees, m)
	return nil
}

func readTreeMatches(e *element) []treeMatch {
	var list []treeMatch
	for _, c := range e.children {
		if c.name != "treematch" {
			continue
		}
		m := treeMatch{
			path: c.attr("path"), kind: "any", mime: c.attr("mimetype"), cased: c.attr("match-case") == "true",
			executable: c.attr("executable") == "true", filled: c.attr("non-empty") == "true", children: readTreeMatches(c),
		}
		if t := c.attr("type"); t == "file" || t == "directory" || t == "link" {
			m.kind = t
		}
		list = append(list, m)
	}
	return list
}
