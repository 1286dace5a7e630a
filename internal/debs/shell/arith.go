package shell

import (
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

func (s *state) number(x syntax.ArithmExpr) string {
	if x == nil {
		return "0"
	}
	return strconv.FormatInt(s.arith(x), 10)
}

// arith computes an expression (POSIX, XCU 2.6.4).
func (s *state) arith(x syntax.ArithmExpr) int64 {
	s.enter()
	defer s.leave()
	s.spend(perCommand)
	switch x := x.(type) {
	case *syntax.Word:
		return s.integer(s.word(x))
	case *syntax.ParenArithm:
		return s.arith(x.X)
	case *syntax.UnaryArithm:
		return s.unary(x)
	case *syntax.BinaryArithm:
		return s.binaryArith(x)
	}
	unsupported("an arithmetic expression of another shell")
	return 0
}

// integer reads a number, or the variable of that name.
func (s *state) integer(text string) int64 {
	for range 20 {
		text = strings.TrimSpace(text)
		if text == "" {
			return 0
		}
		if n, err := strconv.ParseInt(text, 0, 64); err == nil {
			return n
		}
		if !syntax.ValidName(text) {
			return s.expression(text)
		}
		text, _ = s.get(text)
	}
	s.complain("arithmetic expression: expecting primary: %q", text)
	s.flow, s.status = exiting, 2
	return 0
}

// expression evaluates what an expansion within an expression gave, such as
// "6 * 100 + 1".
func (s *state) expression(text string) int64 {
	s.enter()
	defer s.leave()
	s.spend(len(text) * 10)
	x, err := parseArith(text)
	if err != nil || x == nil {
		s.complain("arithmetic expression: expecting primary: %q", text)
		s.flow, s.status = exiting, 2
		return 0
	}
	if w, ok := x.(*syntax.Word); ok && w.Lit() == text { // neither a number nor a name
		s.complain("arithmetic expression: expecting EOF: %q", text)
		s.flow, s.status = exiting, 2
		return 0
	}
	return s.arith(x)
}

func (s *state) unary(x *syntax.UnaryArithm) int64 {
	v := s.arith(x.X)
	switch x.Op {
	case syntax.Not:
		return int64(1 - truth(v == 0))
	case syntax.BitNegation:
		return ^v
	case syntax.Plus:
		return v
	case syntax.Minus:
		return -v
	default:
	}
	next := v + 1
	if x.Op == syntax.Dec {
		next = v - 1
	}
	s.assignNumber(x.X, next)
	if x.Post {
		return v
	}
	return next
}

func (s *state) assignNumber(x syntax.ArithmExpr, v int64) {
	if w, ok := x.(*syntax.Word); ok && syntax.ValidName(w.Lit()) {
		s.set(w.Lit(), strconv.FormatInt(v, 10))
		return
	}
	unsupported("an assignment to an array's element in arithmetic")
}

func (s *state) binaryArith(x *syntax.BinaryArithm) int64 {
	switch x.Op {
	case syntax.AndArit:
		return flag(s.arith(x.X) != 0 && s.arith(x.Y) != 0)
	case syntax.OrArit:
		return flag(s.arith(x.X) != 0 || s.arith(x.Y) != 0)
	case syntax.TernQuest:
		y, ok := x.Y.(*syntax.BinaryArithm)
		if !ok {
			return 0
		}
		if s.arith(x.X) != 0 {
			return s.arith(y.X)
		}
		return s.arith(y.Y)
	case syntax.Assgn:
		v := s.arith(x.Y)
		s.assignNumber(x.X, v)
		return v
	default:
	}
	a, b := s.arith(x.X), s.arith(x.Y)
	if op, ok := assigning[x.Op]; ok {
		v := s.compute(op, a, b)
		s.assignNumber(x.X, v)
		return v
	}
	return s.compute(x.Op, a, b)
}

var assigning = map[syntax.BinAritOperator]syntax.BinAritOperator{
	syntax.AddAssgn: syntax.Add, syntax.SubAssgn: syntax.Sub, syntax.MulAssgn: syntax.Mul,
	syntax.QuoAssgn: syntax.Quo, syntax.RemAssgn: syntax.Rem, syntax.AndAssgn: syntax.And,
	syntax.OrAssgn: syntax.Or, syntax.XorAssgn: syntax.Xor, syntax.ShlAssgn: syntax.Shl, syntax.ShrAssgn: syntax.Shr,
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (s *state) compute(op syntax.BinAritOperator, a, b int64) int64 {
	switch op {
	case syntax.Add:
		return a + b
	case syntax.Sub:
		return a - b
	case syntax.Mul:
		return a * b
	case syntax.Quo, syntax.Rem:
		if b == 0 {
			s.complain("arithmetic expression: division by zero")
			s.flow, s.status = exiting, 2
			return 0
		}
		if op == syntax.Quo {
			return a / b
		}
		return a % b
	case syntax.And:
		return a & b
	case syntax.Or:
		return a | b
	case syntax.Xor:
		return a ^ b
	case syntax.Shl:
		return a << (uint64(b) & 63)
	case syntax.Shr:
		return a >> (uint64(b) & 63)
	case syntax.Eql:
		return flag(a == b)
	case syntax.Neq:
		return flag(a != b)
	case syntax.Lss:
		return flag(a < b)
	case syntax.Gtr:
		return flag(a > b)
	case syntax.Leq:
		return flag(a <= b)
	case syntax.Geq:
		return flag(a >= b)
	case syntax.Comma:
		return b
	default:
	}
	unsupported("the arithmetic operator " + op.String())
	return 0
}
