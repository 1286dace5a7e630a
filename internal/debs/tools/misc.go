package tools

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
)

// env runs a command with other variables, or prints them.
func env(c *shell.Call) int {
	args := c.Args
	for len(args) > 0 {
		name, value, set := strings.Cut(args[0], "=")
		switch {
		case args[0] == "-i" || args[0] == "-":
		case (args[0] == "-u" || args[0] == "--unset") && len(args) > 1:
			c.Setenv(args[1], "")
			args = args[1:]
		case set && !strings.HasPrefix(name, "-"):
			c.Setenv(name, value)
		default:
			return c.Run(args...)
		}
		args = args[1:]
	}
	return 0
}

func printenv(c *shell.Call) int {
	status := 0
	for _, name := range c.Args {
		if v := c.Getenv(name); v != "" {
			puts(c, v+"\n")
		} else {
			status = 1
		}
	}
	return status
}

// nice stands for programs that run another one: nice, ionice, nohup, setsid.
func nice(c *shell.Call) int {
	args := c.Args
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		if (args[0] == "-n" || args[0] == "-c") && len(args) > 1 {
			args = args[1:]
		}
		args = args[1:]
	}
	return c.Run(args...)
}

func timeout(c *shell.Call) int {
	args := c.Args
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		if (args[0] == "-k" || args[0] == "-s") && len(args) > 1 {
			args = args[1:]
		}
		args = args[1:]
	}
	if len(args) < 2 {
		return 125
	}
	return c.Run(args[1:]...)
}

// yes prints enough to answer any questions; a virtual pipe has no reader that
// could end it.
func yes(c *shell.Call) int {
	answer := "y"
	if len(c.Args) > 0 {
		answer = strings.Join(c.Args, " ")
	}
	return puts(c, strings.Repeat(answer+"\n", 100))
}

// date has a fixed time to tell: 1970 began in a virtual root.
func date(c *shell.Call) int {
	for _, a := range c.Args {
		if strings.HasPrefix(a, "+") {
			return puts(c, strings.NewReplacer(
				"%s", "0", "%Y", "1970", "%m", "01", "%d", "01", "%H", "00", "%M", "00", "%S", "00", "%N", "000000000",
				"%F", "1970-01-01", "%T", "00:00:00", "%Z", "UTC", "%z", "+0000", "%j", "001", "%y", "70", "%%", "%",
			).Replace(a[1:])+"\n")
		}
	}
	return puts(c, "Thu Jan  1 00:00:00 UTC 1970\n")
}

func id(c *shell.Call) int {
	o, good := parse(c, "ugGnr", map[string]byte{"user": 'u', "group": 'g', "groups": 'G', "name": 'n', "real": 'r'})
	if !good {
		return 1
	}
	uid, gid, name := "0", "0", "root"
	if len(o.rest) > 0 {
		row := lookup(c, passwdFile, o.rest[0])
		if row == nil {
			return c.Fail("'%s': no such user", o.rest[0])
		}
		name, uid, gid = row[0], row[2], row[3]
	}
	n, _ := strconv.Atoi(gid)
	switch {
	case o.has('u') && o.has('n'):
		return puts(c, name+"\n")
	case o.has('u'):
		return puts(c, uid+"\n")
	case (o.has('g') || o.has('G')) && o.has('n'):
		return puts(c, nameOf(c, groupFile, n)+"\n")
	case o.has('g') || o.has('G'):
		return puts(c, gid+"\n")
	}
	group := nameOf(c, groupFile, n)
	return puts(c, fmt.Sprintf("uid=%s(%s) gid=%s(%s) groups=%s(%s)\n", uid, name, gid, group, gid, group))
}

// uname tells of a machine of the image's architecture, in the variable that
// dpkg gives to maintainer scripts, and of no certain kernel.
func uname(c *shell.Call) int {
	o, good := parse(c, "asnrvmpio", map[string]byte{"kernel-name": 's', "kernel-release": 'r', "machine": 'm', "operating-system": 'o', "all": 'a'})
	if !good {
		return 1
	}
	machine := map[string]string{"arm64": "aarch64", "amd64": "x86_64", "armhf": "armv7l", "i386": "i686"}[c.Getenv("DPKG_MAINTSCRIPT_ARCH")]
	if machine == "" {
		machine = c.Getenv("DPKG_MAINTSCRIPT_ARCH")
	}
	var out []string
	for _, f := range []struct {
		option byte
		text   string
	}{{'s', "Linux"}, {'n', "localhost"}, {'r', "6.1.0"}, {'v', "#1 SMP"}, {'m', machine}, {'o', "GNU/Linux"}} {
		if o.has(f.option) || o.has('a') {
			out = append(out, f.text)
		}
	}
	if len(out) == 0 {
		out = []string{"Linux"}
	}
	return puts(c, strings.Join(out, " ")+"\n")
}

func seq(c *shell.Call) int {
	o := options{rest: c.Args}
	nums := []int64{1, 1, 1}
	for i, a := range o.rest {
		n, err := strconv.ParseInt(a, 10, 32)
		if err != nil || i > 2 {
			return c.Fail("invalid floating point argument: '%s'", a)
		}
		nums[i] = n
	}
	first, step, last := int64(1), int64(1), nums[0]
	if len(o.rest) == 2 {
		first, last = nums[0], nums[1]
	} else if len(o.rest) == 3 {
		first, step, last = nums[0], nums[1], nums[2]
	}
	if step == 0 {
		return 1
	}
	for n := first; step > 0 && n <= last || step < 0 && n >= last; n += step {
		c.Spend(20)
		if puts(c, strconv.FormatInt(n, 10)+"\n") != 0 {
			return 1
		}
	}
	return 0
}

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

// xargs runs a command with arguments from its input.
func xargs(c *shell.Call) int {
	c.Args = splitOptions(c.Args, "nIdLPsEa")
	o, good := parse(c, "0rtn:I:d:L:P:s:E:xp", map[string]byte{"null": '0', "no-run-if-empty": 'r', "max-args": 'n', "delimiter": 'd', "replace": 'I', "max-procs": 'P'})
	if !good {
		return 1
	}
	data, err := c.ReadAll(c.Stdin)
	if err != nil {
		return c.Fail("%v", err)
	}
	var words []string
	switch {
	case o.has('0'):
		words = strings.Split(strings.TrimSuffix(string(data), "\x00"), "\x00")
	case o.has('d'):
		d := strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\0`, "\x00").Replace(o.values['d'])
		words = strings.Split(strings.TrimSuffix(string(data), d), d)
	case o.has('I'):
		words = lines(data)
	default:
		words = quotedWords(string(data))
	}
	if len(data) == 0 {
		words = nil
	}
	command := o.rest
	if len(command) == 0 {
		command = []string{"echo"}
	}
	if len(words) == 0 {
		if o.has('r') || o.has('I') {
			return 0
		}
		return c.Run(command...)
	}
	n := len(words)
	if k, err := strconv.Atoi(o.values['n'] + o.values['L']); err == nil && k > 0 {
		n = k
	}
	if o.has('I') {
		n = 1
	}
	status := 0
	c.Stdin = strings.NewReader("")
	for len(words) > 0 {
		part := words[:min(n, len(words))]
		words = words[len(part):]
		args := append(append([]string(nil), command...), part...)
		if o.has('I') {
			args = nil
			for _, a := range command {
				args = append(args, strings.ReplaceAll(a, o.values['I'], part[0]))
			}
		}
		c.Spend(100 + 10*len(args))
		if s := c.Run(args...); s != 0 {
			status = 123
			if s == 127 {
				return 127
			}
		}
	}
	return status
}

// splitOptions puts "--" before the command of a program that runs another
// one, whose options are not its own. takes are the options with a value.
func splitOptions(args []string, takes string) []string {
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--":
			return args
		case len(a) == 2 && a[0] == '-' && strings.IndexByte(takes, a[1]) >= 0:
			i++
		case strings.HasPrefix(a, "-"):
		default:
			return append(append(append([]string(nil), args[:i]...), "--"), args[i:]...)
		}
	}
	return args
}

// quotedWords splits text at blanks, with quotes and backslashes, as xargs.
func quotedWords(text string) []string {
	var out []string
	var cur strings.Builder
	open, quote := false, byte(0)
	for i := 0; i < len(text); i++ {
		ch := text[i]
		switch {
		case quote != 0 && ch == quote:
			quote = 0
		case quote != 0:
			cur.WriteByte(ch)
		case ch == '"' || ch == '\'':
			quote, open = ch, true
		case ch == '\\' && i+1 < len(text):
			i++
			cur.WriteByte(text[i])
			open = true
		case strings.IndexByte(" \t\n", ch) >= 0:
			if open {
				out = append(out, cur.String())
				cur.Reset()
			}
			open = false
		default:
			cur.WriteByte(ch)
			open = true
		}
	}
	if open {
		out = append(out, cur.String())
	}
	return out
}
