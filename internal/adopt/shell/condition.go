package shell

import (
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// condition is if … then … else … fi. Where known values decide, only the branch
// that they choose is taken.
func (w *walker) condition(s *syntax.Stmt, c *syntax.IfClause) {
	if _, writes := w.output(s); writes {
		w.add(s, "it writes a file")
		return
	}
	for branch := c; branch != nil; branch = branch.Else {
		if len(branch.Cond) == 0 { // else
			w.statements(branch.Then)
			return
		}
		holds, known := w.holds(branch.Cond)
		if !known {
			w.add(s, "only running it tells which branch it takes")
			return
		}
		if holds {
			before := w.branch
			w.branch = strings.TrimSpace(w.source(branch.Cond[0]))
			w.statements(branch.Then)
			w.branch = before
			return
		}
	}
	w.plain(s, []Word{{Text: ":", Known: true}}) // no branch is taken
}

// holds evaluates a condition that is a test of known values (POSIX.1-2024,
// test).
func (w *walker) holds(cond []*syntax.Stmt) (holds, known bool) {
	if len(cond) != 1 || cond[0].Background || len(cond[0].Redirs) > 0 {
		return false, false
	}
	switch c := cond[0].Cmd.(type) {
	case *syntax.CallExpr:
		args := make([]Word, 0, len(c.Args))
		for _, a := range c.Args {
			args = append(args, w.word(a)) // quotes or not, a test of known values
		}
		holds, known = evaluate(args)
	case *syntax.BinaryCmd:
		if c.Op != syntax.AndStmt && c.Op != syntax.OrStmt {
			return false, false
		}
		x, knownX := w.holds([]*syntax.Stmt{c.X})
		y, knownY := w.holds([]*syntax.Stmt{c.Y})
		known = knownX && knownY
		holds = x && y || c.Op == syntax.OrStmt && (x || y)
	}
	return holds != cond[0].Negated, known
}

// evaluate is test EXPRESSION or [ EXPRESSION ].
func evaluate(args []Word) (holds, known bool) {
	texts := make([]string, len(args))
	for i, a := range args {
		if !a.Known {
			return false, false
		}
		texts[i] = a.Text
	}
	switch {
	case len(texts) == 1 && (texts[0] == "true" || texts[0] == ":"):
		return true, true
	case len(texts) == 1 && texts[0] == "false":
		return false, true
	case len(texts) > 1 && texts[0] == "test":
		texts = texts[1:]
	case len(texts) > 2 && texts[0] == "[" && texts[len(texts)-1] == "]":
		texts = texts[1 : len(texts)-1]
	default:
		return false, false
	}
	if texts[0] == "!" && len(texts) > 1 {
		holds, known = test(texts[1:])
		return !holds, known
	}
	return test(texts)
}

func test(x []string) (holds, known bool) {
	switch len(x) {
	case 1:
		return x[0] != "", true
	case 2:
		return x[0] == "-n" && x[1] != "" || x[0] == "-z" && x[1] == "", x[0] == "-n" || x[0] == "-z"
	case 3:
		return compare(x[0], x[1], x[2])
	}
	return false, false
}

func compare(a, op, b string) (holds, known bool) {
	switch op {
	case "=", "==":
		return a == b, true
	case "!=":
		return a != b, true
	}
	n, errN := strconv.Atoi(a)
	m, errM := strconv.Atoi(b)
	if errN != nil || errM != nil {
		return false, false
	}
	switch op {
	case "-eq":
		return n == m, true
	case "-ne":
		return n != m, true
	case "-gt":
		return n > m, true
	case "-ge":
		return n >= m, true
	case "-lt":
		return n < m, true
	case "-le":
		return n <= m, true
	}
	return false, false
}
