package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// walker gathers commands.
type walker struct {
	script   string
	outer    Lookup
	local    map[string]Word // variables that the script sets
	commands []Command
	depth    int
	spent    int // bytes of all words
	branch   string
	tooMany  bool
}

func (w *walker) statements(list []*syntax.Stmt) {
	for _, s := range list {
		w.statement(s)
	}
}

func (w *walker) statement(s *syntax.Stmt) {
	w.depth++
	defer func() { w.depth-- }()
	if w.depth > maxDepth {
		w.add(s, "it is nested too deeply")
		return
	}
	switch c := s.Cmd.(type) {
	case *syntax.CallExpr:
		w.call(s, c)
	case *syntax.DeclClause:
		w.declare(s, c)
	case *syntax.BinaryCmd:
		w.binary(s, c)
	case *syntax.Block:
		w.group(s, c.Stmts, "")
	case *syntax.Subshell:
		w.group(s, c.Stmts, "")
	case *syntax.IfClause:
		w.condition(s, c)
	case *syntax.ForClause, *syntax.WhileClause:
		w.add(s, "it is a loop")
	case *syntax.CaseClause:
		w.add(s, "only running it tells which case it is")
	case *syntax.FuncDecl:
		w.add(s, "it defines a function")
	case *syntax.TestClause:
		w.plain(s, []Word{{Text: "[[", Known: true}})
	case *syntax.ArithmCmd, *syntax.LetClause:
		w.plain(s, []Word{{Text: "let", Known: true}})
	case nil:
		w.redirectsOnly(s)
	default:
		w.add(s, "it is more than a command")
	}
}

// group is a list in braces or parentheses. One whose output goes into a file is
// a single command.
func (w *walker) group(s *syntax.Stmt, list []*syntax.Stmt, why string) {
	if to, writes := w.output(s); writes {
		w.add(s, "it writes a file")
		w.commands[len(w.commands)-1].Writes, w.commands[len(w.commands)-1].To = true, to
		return
	}
	if why != "" {
		w.add(s, why)
		return
	}
	w.statements(list)
}

// binary is a && b, a || b or a | b.
func (w *walker) binary(s *syntax.Stmt, c *syntax.BinaryCmd) {
	switch c.Op {
	case syntax.AndStmt:
		w.statement(c.X)
		w.statement(c.Y)
	case syntax.OrStmt:
		w.or(s, c)
	default:
		w.pipeline(s)
	}
}

// pipeline is a | b: one command, with the programs that it joins.
func (w *walker) pipeline(s *syntax.Stmt) {
	c := w.new(s)
	for side := s; side != nil; {
		b, ok := side.Cmd.(*syntax.BinaryCmd)
		if !ok {
			c.Pipeline = append(c.Pipeline, w.program(side))
			break
		}
		if to, writes := w.output(b.X); writes && !c.Writes {
			c.To, c.Writes = to, true
		}
		if to, writes := w.output(b.Y); writes {
			c.To, c.Writes = to, true
		}
		if inner, ok := b.X.Cmd.(*syntax.BinaryCmd); ok { // a | b | c is (a | b) | c
			c.Pipeline = append(c.Pipeline, w.program(inner.X), w.program(inner.Y))
		} else {
			c.Pipeline = append(c.Pipeline, w.program(b.X))
		}
		side = b.Y
	}
	w.commands = append(w.commands, c)
}

// program is the program of a pipeline's part, unknown where that is more than a
// command.
func (w *walker) program(s *syntax.Stmt) Word {
	if call, ok := s.Cmd.(*syntax.CallExpr); ok {
		if args := w.words(call.Args); len(args) > 0 {
			return args[0]
		}
	}
	return Word{}
}

// or is a || b: where b only forgives or ends, a is what runs.
func (w *walker) or(s *syntax.Stmt, c *syntax.BinaryCmd) {
	if call, ok := c.Y.Cmd.(*syntax.CallExpr); ok && len(call.Args) > 0 {
		switch call.Args[0].Lit() {
		case "true", ":", "exit", "echo":
			w.statement(c.X)
			return
		}
	}
	w.add(s, "only running it tells which side of || runs")
}

func (w *walker) call(s *syntax.Stmt, c *syntax.CallExpr) {
	if len(c.Args) == 0 {
		for _, a := range c.Assigns {
			w.assign(a)
		}
		w.plain(s, []Word{{Text: ":", Known: true}})
		return
	}
	saved := w.local
	if len(c.Assigns) > 0 {
		w.local = map[string]Word{}
		for name, value := range saved {
			w.local[name] = value
		}
	}
	args := w.words(c.Args)
	w.local = saved
	w.plain(s, args)
}

// declare is export NAME=VALUE and its like.
func (w *walker) declare(s *syntax.Stmt, c *syntax.DeclClause) {
	for _, a := range c.Args {
		w.assign(a)
	}
	w.plain(s, []Word{{Text: c.Variant.Value, Known: true}})
}

func (w *walker) assign(a *syntax.Assign) {
	if a.Name == nil {
		return
	}
	switch {
	case a.Value != nil && !a.Append && a.Array == nil && a.Index == nil:
		w.local[a.Name.Value] = w.word(a.Value)
	case a.Naked:
	case a.Value == nil && a.Array == nil && a.Index == nil:
		w.local[a.Name.Value] = Word{Known: true}
	default:
		w.local[a.Name.Value] = Word{}
	}
}

func (w *walker) redirectsOnly(s *syntax.Stmt) {
	if len(s.Redirs) > 0 {
		w.plain(s, []Word{{Text: ":", Known: true}})
	}
}

func (w *walker) plain(s *syntax.Stmt, args []Word) {
	c := w.new(s)
	c.Args = args
	if call, ok := s.Cmd.(*syntax.CallExpr); ok {
		c.Plain = len(call.Assigns) == 0 && len(s.Redirs) == 0 && !s.Background && !s.Negated
	}
	if s.Negated {
		c.Args, c.Why = nil, "only running it tells whether it fails"
	}
	w.commands = append(w.commands, c)
}

func (w *walker) add(s *syntax.Stmt, why string) {
	c := w.new(s)
	c.Why = why
	w.commands = append(w.commands, c)
}

func (w *walker) new(s *syntax.Stmt) Command {
	if len(w.commands) >= maxCommands {
		w.tooMany = true
		w.commands = w.commands[:maxCommands-1]
	}
	begin, end := int(s.Pos().Offset()), int(s.End().Offset())
	c := Command{Offset: begin, Condition: w.branch}
	if begin <= end && end <= len(w.script) {
		c.Text = strings.TrimSpace(w.script[begin:end])
	}
	c.Text = strings.TrimSuffix(c.Text, ";")
	c.To, c.Writes = w.output(s)
	return c
}

// output returns the file that a statement's output goes into.
func (w *walker) output(s *syntax.Stmt) (Word, bool) {
	for _, r := range s.Redirs {
		switch r.Op {
		case syntax.RdrOut, syntax.AppOut, syntax.RdrClob, syntax.RdrAll, syntax.AppAll:
			if to := w.word(r.Word); to.Text != "/dev/null" && to.Text != "/dev/stderr" && to.Text != "/dev/stdout" {
				return to, true
			}
		default:
		}
	}
	return Word{}, false
}
