package shell

import (
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

func (s *state) bracket(args []string) {
	if len(args) == 0 || args[len(args)-1] != "]" {
		s.complain("[: missing ]")
		s.status = 2
		return
	}
	s.status = s.test(args[:len(args)-1])
}

// tester evaluates the arguments of test from left to right.
type tester struct {
	s    *state
	args []string
	err  string
}

// test is POSIX's test.
func (s *state) test(args []string) int {
	t := &tester{s: s, args: args}
	ok := len(args) > 0 && t.or()
	if t.err == "" && len(t.args) > 0 {
		t.err = "unexpected operator"
	}
	if t.err != "" {
		s.complain("test: %s", t.err)
		return 2
	}
	return truth(ok)
}

func (t *tester) or() bool {
	t.s.enter()
	defer t.s.leave()
	ok := t.and()
	for len(t.args) > 1 && t.args[0] == "-o" {
		t.args = t.args[1:]
		ok = t.and() || ok
	}
	return ok
}

func (t *tester) and() bool {
	ok := t.not()
	for len(t.args) > 1 && t.args[0] == "-a" {
		t.args = t.args[1:]
		ok = t.not() && ok
	}
	return ok
}

func (t *tester) not() bool {
	t.s.enter()
	defer t.s.leave()
	if len(t.args) > 1 && t.args[0] == "!" && (len(t.args) == 2 || !isBinary(t.args[1])) {
		t.args = t.args[1:]
		return !t.not()
	}
	return t.primary()
}

func isBinary(op string) bool {
	switch op {
	case "=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef":
		return true
	}
	return false
}

func (t *tester) primary() bool {
	a := t.args
	switch {
	case len(a) == 0:
		t.err = "argument expected"
		return false
	case len(a) >= 3 && isBinary(a[1]):
		t.args = a[3:]
		return t.binary(a[0], a[1], a[2])
	case a[0] == "(" && len(a) > 1:
		t.args = a[1:]
		ok := t.or()
		if len(t.args) == 0 || t.args[0] != ")" {
			t.err = "closing paren expected"
			return false
		}
		t.args = t.args[1:]
		return ok
	case len(a) >= 2 && len(a[0]) == 2 && a[0][0] == '-' && strings.IndexByte("bcdefghknprstuwxzGLOSvo", a[0][1]) >= 0:
		t.args = a[2:]
		return t.s.unaryTest(a[0], a[1])
	}
	t.args = a[1:]
	return a[0] != ""
}

func (t *tester) binary(a, op, b string) bool {
	switch op {
	case "=", "==":
		return a == b
	case "!=":
		return a != b
	case "<":
		return a < b
	case ">":
		return a > b
	case "-nt", "-ot", "-ef":
		return t.s.compareFiles(a, op, b)
	}
	x, errX := strconv.ParseInt(strings.TrimSpace(a), 10, 64)
	y, errY := strconv.ParseInt(strings.TrimSpace(b), 10, 64)
	if errX != nil || errY != nil {
		t.err = fmt.Sprintf("Illegal number: %s", map[bool]string{true: a, false: b}[errX != nil])
		return false
	}
	return compareNumbers(x, op, y)
}

func compareNumbers(x int64, op string, y int64) bool {
	switch op {
	case "-eq":
		return x == y
	case "-ne":
		return x != y
	case "-lt":
		return x < y
	case "-le":
		return x <= y
	case "-gt":
		return x > y
	}
	return x >= y
}

// compareFiles tells which of two files changed later, or whether they are
// one.
func (s *state) compareFiles(a, op, b string) bool {
	x, errX := s.Root.Stat(s.abs(a))
	y, errY := s.Root.Stat(s.abs(b))
	switch op {
	case "-ef":
		return errX == nil && errY == nil && x.Same(y)
	case "-nt":
		return errX == nil && (errY != nil || x.Changed > y.Changed)
	}
	return errY == nil && (errX != nil || x.Changed < y.Changed)
}

func (s *state) unaryTest(op, arg string) bool {
	switch op {
	case "-n":
		return arg != ""
	case "-z":
		return arg == ""
	case "-t":
		return false
	case "-v":
		_, set := s.get(arg)
		return set
	case "-o":
		return arg == "errexit" && s.errexit || arg == "nounset" && s.nounset || arg == "noglob" && s.noglob
	}
	if arg == "" {
		return false
	}
	if arg == "/dev/null" {
		return strings.Contains("-e-c-r-w", op)
	}
	if op == "-L" || op == "-h" {
		i, err := s.Root.Lstat(s.abs(arg))
		return err == nil && i.Mode&fs.ModeSymlink != 0
	}
	i, err := s.Root.Stat(s.abs(arg))
	if err != nil {
		return false
	}
	switch op {
	case "-e", "-r", "-w":
		return true
	case "-f":
		return i.Mode.IsRegular()
	case "-d":
		return i.Mode.IsDir()
	case "-s":
		return i.Size > 0 || i.Mode.IsDir()
	case "-x":
		return i.Mode.IsDir() || i.Mode.Perm()&0o111 != 0
	case "-u":
		return i.Mode&fs.ModeSetuid != 0
	case "-g":
		return i.Mode&fs.ModeSetgid != 0
	case "-k":
		return i.Mode&fs.ModeSticky != 0
	case "-O":
		return i.UID == 0
	case "-G":
		return i.GID == 0
	}
	return false // devices, pipes and sockets
}

// testExpr is bash's [[ … ]].
func (s *state) testExpr(x syntax.TestExpr) bool {
	s.enter()
	defer s.leave()
	s.spend(perCommand)
	switch x := x.(type) {
	case *syntax.Word:
		return s.word(x) != ""
	case *syntax.ParenTest:
		return s.testExpr(x.X)
	case *syntax.UnaryTest:
		if x.Op == syntax.TsNot {
			return !s.testExpr(x.X)
		}
		w, ok := x.X.(*syntax.Word)
		if !ok {
			return false
		}
		op := x.Op.String()
		if op == "-a" {
			op = "-e"
		}
		return s.unaryTest(op, s.word(w))
	case *syntax.BinaryTest:
		return s.binaryTest(x)
	}
	return false
}

func (s *state) binaryTest(x *syntax.BinaryTest) bool {
	switch x.Op {
	case syntax.AndTest:
		return s.testExpr(x.X) && s.testExpr(x.Y)
	case syntax.OrTest:
		return s.testExpr(x.X) || s.testExpr(x.Y)
	default:
	}
	a, okA := x.X.(*syntax.Word)
	b, okB := x.Y.(*syntax.Word)
	if !okA || !okB {
		return false
	}
	left := s.word(a)
	switch x.Op {
	case syntax.TsMatch, syntax.TsMatchShort:
		return s.match(s.pattern(b), left)
	case syntax.TsNoMatch:
		return !s.match(s.pattern(b), left)
	case syntax.TsReMatch:
		return s.regexpMatch(left, s.word(b))
	case syntax.TsEql, syntax.TsNeq, syntax.TsLss, syntax.TsLeq, syntax.TsGtr, syntax.TsGeq:
		return compareNumbers(s.integer(left), x.Op.String(), s.integer(s.word(b)))
	default:
	}
	t := &tester{s: s}
	return t.binary(left, x.Op.String(), s.word(b))
}

// maxRegexp bounds an expression's length; Go's matcher is linear beyond it.
const maxRegexp = 4096

func (s *state) regexpMatch(text, expr string) bool {
	s.spend(perCommand + len(text)*(1+len(expr)/8))
	if len(expr) > maxRegexp {
		unsupported("so long a regular expression")
	}
	re, err := regexp.CompilePOSIX(expr)
	if err != nil {
		s.complain("[[: %v", err)
		return false
	}
	found := re.FindStringSubmatch(text)
	v := variable{list: found, isList: true, set: true}
	s.vars["BASH_REMATCH"] = v
	return found != nil
}
