package tools

import (
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
)

// expr evaluates an expression (POSIX, expr).
func expr(c *shell.Call) int {
	e := &expression{c: c, args: c.Args}
	v := e.or()
	if e.err == "" && len(e.args) > 0 {
		e.err = "syntax error"
	}
	if e.err != "" {
		c.Fail("%s", e.err)
		return 2
	}
	puts(c, v+"\n")
	if v == "" || v == "0" {
		return 1
	}
	return 0
}

type expression struct {
	c     *shell.Call
	args  []string
	err   string
	depth int
}

func (e *expression) next(ops ...string) string {
	if len(e.args) == 0 {
		return ""
	}
	for _, op := range ops {
		if e.args[0] == op {
			e.args = e.args[1:]
			return op
		}
	}
	return ""
}

func (e *expression) or() string {
	v := e.and()
	for e.next("|") != "" {
		w := e.and()
		if v == "" || v == "0" {
			v = w
		}
	}
	return v
}

func (e *expression) and() string {
	v := e.comparison()
	for e.next("&") != "" {
		if w := e.comparison(); v == "" || v == "0" || w == "" || w == "0" {
			v = "0"
		}
	}
	return v
}

func (e *expression) comparison() string {
	v := e.sum()
	for {
		op := e.next("=", "==", "!=", "<", "<=", ">", ">=")
		if op == "" {
			return v
		}
		w := e.sum()
		n := strings.Compare(v, w)
		a, errA := strconv.ParseInt(v, 10, 64)
		b, errB := strconv.ParseInt(w, 10, 64)
		if errA == nil && errB == nil {
			n = map[bool]int{true: 1}[a > b] - map[bool]int{true: 1}[a < b]
		}
		v = "0"
		if op == "=" && n == 0 || op == "==" && n == 0 || op == "!=" && n != 0 || op == "<" && n < 0 || op == "<=" && n <= 0 || op == ">" && n > 0 || op == ">=" && n >= 0 {
			v = "1"
		}
	}
}

func (e *expression) sum() string {
	v := e.product()
	for {
		op := e.next("+", "-")
		if op == "" {
			return v
		}
		v = e.compute(op, v, e.product())
	}
}

func (e *expression) product() string {
	v := e.match()
	for {
		op := e.next("*", "/", "%")
		if op == "" {
			return v
		}
		v = e.compute(op, v, e.match())
	}
}

func (e *expression) compute(op, v, w string) string {
	a, errA := strconv.ParseInt(v, 10, 64)
	b, errB := strconv.ParseInt(w, 10, 64)
	if errA != nil || errB != nil {
		e.err = "non-integer argument"
		return ""
	}
	switch op {
	case "+":
		a += b
	case "-":
		a -= b
	case "*":
		a *= b
	default:
		if b == 0 {
			e.err = "division by zero"
			return ""
		}
		if op == "/" {
			a /= b
		} else {
			a %= b
		}
	}
	return strconv.FormatInt(a, 10)
}

func (e *expression) match() string {
	v := e.primary()
	for e.next(":") != "" {
		v = e.matches(v, e.primary())
	}
	return v
}

func (e *expression) matches(text, pattern string) string {
	re, err := compile(e.c, "^"+strings.TrimPrefix(pattern, "^"), false, false)
	if err != nil {
		e.err = err.Error()
		return ""
	}
	e.c.Spend(len(text))
	m := re.FindStringSubmatch(text)
	switch {
	case re.NumSubexp() > 0 && m != nil:
		return m[1]
	case re.NumSubexp() > 0:
		return ""
	case m != nil:
		return strconv.Itoa(len(m[0]))
	}
	return "0"
}

func (e *expression) primary() string {
	if len(e.args) == 0 {
		e.err = "syntax error: missing argument"
		return ""
	}
	a := e.args[0]
	e.args = e.args[1:]
	take := func() string {
		if len(e.args) == 0 {
			e.err = "syntax error"
			return ""
		}
		v := e.args[0]
		e.args = e.args[1:]
		return v
	}
	switch {
	case a == "(":
		if e.depth++; e.depth > 100 {
			e.err = "too many parentheses"
			return ""
		}
		v := e.or()
		if e.next(")") == "" {
			e.err = "syntax error: expecting ')'"
		}
		return v
	case a == "length" && len(e.args) > 0:
		return strconv.Itoa(len(take()))
	case a == "match" && len(e.args) > 1:
		return e.matches(take(), take())
	case a == "index" && len(e.args) > 1:
		return strconv.Itoa(strings.IndexAny(take(), take()) + 1)
	case a == "substr" && len(e.args) > 2:
		text := take()
		from, _ := strconv.Atoi(take())
		n, _ := strconv.Atoi(take())
		if from < 1 || n < 1 || from > len(text) {
			return ""
		}
		return text[from-1 : min(len(text), from-1+min(n, len(text)))]
	}
	return a
}
