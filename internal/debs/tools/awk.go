package tools

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// awkProgram is the one rule of the programs that scripts write: a pattern, if
// any, and a print of fields and texts.
var awkProgram = lazyregexp.New(`^\s*(?:/((?:[^/\\]|\\.)*)/|NR\s*==\s*([0-9]+))?\s*\{\s*print\s*([^;{}]*?)\s*;?\s*\}\s*$`)

var awkTerm = lazyregexp.New(`^\s*(?:\$([0-9]+|NF)|"((?:[^"\\]|\\.)*)")\s*(,?)`)

// Awk does the smallest of awk's programs: "{print $1}", "/^x/ {print $2}". It
// reports false, and does nothing, for others.
func Awk(c *shell.Call) (status int, done bool) {
	sep, args := " ", c.Args
	for len(args) > 0 && strings.HasPrefix(args[0], "-F") {
		if sep = args[0][2:]; sep == "" && len(args) > 1 {
			sep, args = args[1], args[1:]
		}
		args = args[1:]
	}
	if len(args) == 0 || len(sep) != 1 || strings.HasPrefix(args[0], "-") {
		return 0, false
	}
	m := awkProgram.FindStringSubmatch(args[0])
	if m == nil {
		return 0, false
	}
	var terms [][]string
	for rest := m[3]; rest != ""; {
		t := awkTerm.FindStringSubmatch(rest)
		if t == nil {
			return 0, false
		}
		terms = append(terms, t)
		rest = rest[len(t[0]):]
	}
	var re *regexp.Regexp
	if m[1] != "" {
		var err error
		if re, err = compile(c, m[1], true, false); err != nil {
			return 0, false
		}
	}
	line, _ := strconv.Atoi(m[2])
	n := 0
	return inputs(c, args[1:], func(_ string, data []byte) {
		for _, text := range lines(data) {
			n++
			c.Spend(len(text) + 10)
			if (re == nil || re.MatchString(text)) && (m[2] == "" || n == line) {
				puts(c, awkPrint(text, sep, terms)+"\n")
			}
		}
	}), true
}

func awkPrint(text, sep string, terms [][]string) string {
	if len(terms) == 0 {
		return text
	}
	fields := strings.Fields(text)
	if sep != " " {
		fields = strings.Split(text, sep)
	}
	var b strings.Builder
	for _, t := range terms {
		n, _ := strconv.Atoi(t[1])
		switch {
		case t[1] == "":
			b.WriteString(strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\"`, `"`, `\\`, `\`).Replace(t[2]))
		case t[1] == "0":
			b.WriteString(text)
		case t[1] == "NF" && len(fields) > 0:
			b.WriteString(fields[len(fields)-1])
		case n > 0 && n <= len(fields):
			b.WriteString(fields[n-1])
		}
		if t[3] != "" {
			b.WriteByte(' ')
		}
	}
	return b.String()
}
