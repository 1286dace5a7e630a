package shell

import (
	"mvdan.cc/sh/v3/syntax"
)

type stmt = syntax.Stmt

// function is a shell function.
type function struct{ body *stmt }

func (s *state) stmts(list []*stmt) {
	for _, st := range list {
		if s.flow != onward {
			return
		}
		s.stmt(st)
	}
}

// stmt runs one statement with its redirections.
func (s *state) stmt(st *stmt) {
	s.enter()
	defer s.leave()
	s.spend(perCommand)
	if st.Coprocess || st.Disown {
		unsupported("a coprocess")
	}
	if st.Background {
		s.background(st)
		return
	}
	if st.Negated {
		s.unjudged++
	}
	s.redirected(st)
	if st.Negated {
		s.unjudged--
		if s.flow == onward {
			s.status = truth(s.status != 0)
		}
	} else if s.judged(st.Cmd) && s.status != 0 && s.errexit && s.unjudged == 0 && s.flow == onward {
		s.flow = exiting
	}
}

func truth(ok bool) int {
	if ok {
		return 0
	}
	return 1
}

// judged reports whether errexit looks at a command's status: not at lists,
// whose own commands were looked at.
func (s *state) judged(cmd syntax.Command) bool {
	switch c := cmd.(type) {
	case nil, *syntax.CallExpr, *syntax.Subshell, *syntax.DeclClause, *syntax.ArithmCmd, *syntax.TestClause, *syntax.LetClause:
		return true
	case *syntax.BinaryCmd:
		return c.Op == syntax.Pipe || c.Op == syntax.PipeAll
	}
	return false
}

// background runs a job at once, since nothing here goes on beside.
func (s *state) background(st *stmt) {
	job := *st
	job.Background = false
	s.pids++
	s.lastPid = 1000 + s.pids
	s.subshell(func(c *state) {
		c.fds[0] = stream{r: empty{}}
		c.unjudged = 0
		c.stmt(&job)
	})
	s.status = 0
}

func (s *state) redirected(st *stmt) {
	if len(st.Redirs) == 0 {
		s.command(st.Cmd)
		return
	}
	if call, ok := st.Cmd.(*syntax.CallExpr); ok && len(call.Args) == 1 && call.Args[0].Lit() == "exec" {
		s.assign(call.Assigns)
		if !s.redirect(st.Redirs, nil) {
			s.flow, s.status = exiting, 2
			return
		}
		s.status = 0
		return
	}
	before := map[int]stream{}
	ok := s.redirect(st.Redirs, before)
	if ok {
		s.command(st.Cmd)
	} else {
		s.status = 1
	}
	for n, f := range before {
		if now := s.fds[n]; now.c != f.c {
			now.close()
		}
		if f == (stream{}) {
			delete(s.fds, n)
		} else {
			s.fds[n] = f
		}
	}
}

func (s *state) command(cmd syntax.Command) {
	switch c := cmd.(type) {
	case nil:
		s.status = 0
	case *syntax.CallExpr:
		s.call(c)
	case *syntax.Block:
		s.stmts(c.Stmts)
	case *syntax.Subshell:
		s.subshell(func(sub *state) { sub.stmts(c.Stmts) })
	case *syntax.IfClause:
		s.ifClause(c)
	case *syntax.WhileClause:
		s.while(c)
	case *syntax.ForClause:
		s.forClause(c)
	case *syntax.CaseClause:
		s.caseClause(c)
	case *syntax.BinaryCmd:
		s.binary(c)
	case *syntax.FuncDecl:
		if c.Name == nil {
			unsupported("a function without a name")
		}
		if s.funcs[c.Name.Value] == nil {
			s.hold(len(c.Name.Value) + perField)
		}
		s.funcs[c.Name.Value] = &function{c.Body}
		s.status = 0
	case *syntax.DeclClause:
		s.declare(c)
	case *syntax.ArithmCmd:
		s.status = truth(s.arith(c.X) != 0)
	case *syntax.LetClause:
		for _, x := range c.Exprs {
			s.status = truth(s.arith(x) != 0)
		}
	case *syntax.TestClause:
		s.status = truth(s.testExpr(c.X))
	case *syntax.TimeClause:
		if c.Stmt != nil {
			s.stmt(c.Stmt)
		}
	default:
		unsupported("a coprocess or test declaration")
	}
}

func (s *state) binary(b *syntax.BinaryCmd) {
	switch b.Op {
	case syntax.Pipe, syntax.PipeAll:
		s.pipe(b)
		return
	default:
	}
	s.unjudged++
	s.stmt(b.X)
	s.unjudged--
	if s.flow == onward && (s.status == 0) == (b.Op == syntax.AndStmt) {
		s.stmt(b.Y)
	}
}

// pipe runs the left side, then the right one with what it printed.
func (s *state) pipe(b *syntax.BinaryCmd) {
	held := s.memory
	out := &capture{m: s.meter}
	s.subshell(func(c *state) {
		c.fds[1] = stream{w: out}
		if b.Op == syntax.PipeAll {
			c.fds[2] = stream{w: out}
		}
		c.stmt(b.X)
	})
	left := s.status
	s.subshell(func(c *state) {
		c.fds[0] = stream{r: s.limitReader(&out.buf)}
		c.stmt(b.Y)
	})
	if s.pipefail && s.status == 0 {
		s.status = left
	}
	s.memory = held
}

// cond runs the statements of a condition.
func (s *state) cond(list []*stmt) bool {
	s.unjudged++
	s.stmts(list)
	s.unjudged--
	return s.status == 0
}

func (s *state) ifClause(c *syntax.IfClause) {
	for ; c != nil; c = c.Else {
		if len(c.Cond) == 0 || s.cond(c.Cond) && s.flow == onward { // "else" has no condition
			s.status = 0
			s.stmts(c.Then)
			return
		}
		if s.flow != onward {
			return
		}
	}
	s.status = 0
}

func (s *state) while(c *syntax.WhileClause) {
	s.loops++
	defer func() { s.loops-- }()
	status := 0
	for {
		s.spend(perCommand)
		ok := s.cond(c.Cond)
		if s.flow == onward && ok != c.Until {
			s.stmts(c.Do)
			status = s.status
		} else if s.flow == onward {
			break
		}
		if s.leaveLoop() {
			status = s.status
			break
		}
	}
	s.status = status
}

// leaveLoop reports whether a loop ends, by what its body did.
func (s *state) leaveLoop() bool {
	switch s.flow {
	case breaking, continuing:
		if s.levels--; s.levels > 0 {
			return true
		}
		leave := s.flow == breaking
		s.flow = onward
		return leave
	default:
	}
	return s.flow != onward
}

func (s *state) forClause(c *syntax.ForClause) {
	if c.Select {
		unsupported("select")
	}
	s.loops++
	defer func() { s.loops-- }()
	it, ok := c.Loop.(*syntax.WordIter)
	if !ok {
		s.cLoop(c)
		return
	}
	items := s.params
	if it.InPos.IsValid() {
		items = s.words(it.Items)
	}
	held := size(items)
	s.hold(held)
	s.status = 0
	for _, item := range items {
		s.spend(perCommand)
		s.set(it.Name.Value, item)
		s.stmts(c.Do)
		if s.leaveLoop() {
			break
		}
	}
	s.hold(-held)
}

func (s *state) cLoop(c *syntax.ForClause) {
	l, ok := c.Loop.(*syntax.CStyleLoop)
	if !ok {
		return
	}
	if l.Init != nil {
		s.arith(l.Init)
	}
	for s.status = 0; l.Cond == nil || s.arith(l.Cond) != 0; {
		s.spend(perCommand)
		s.stmts(c.Do)
		if s.leaveLoop() {
			break
		}
		if l.Post != nil {
			s.arith(l.Post)
		}
	}
}

func (s *state) caseClause(c *syntax.CaseClause) {
	word := s.word(c.Word)
	s.status = 0
	through := false
	for _, item := range c.Items {
		matched := through
		for _, p := range item.Patterns {
			if matched {
				break
			}
			matched = s.match(s.pattern(p), word)
		}
		if !matched {
			continue
		}
		s.stmts(item.Stmts)
		if item.Op == syntax.Break || s.flow != onward {
			return
		}
		through = item.Op == syntax.Fallthrough
	}
}

// size is what a list of words costs in memory.
func size(words []string) int {
	n := 0
	for _, w := range words {
		n += len(w) + perField
	}
	return n
}
