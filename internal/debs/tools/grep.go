package tools

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
)

var grepLong = map[string]byte{
	"quiet": 'q', "silent": 'q', "invert-match": 'v', "ignore-case": 'i', "extended-regexp": 'E', "fixed-strings": 'F',
	"regexp": 'e', "count": 'c', "files-with-matches": 'l', "no-messages": 's', "line-regexp": 'x', "word-regexp": 'w',
	"only-matching": 'o', "no-filename": 'h', "line-number": 'n', "max-count": 'm', "file": 'f', "text": 'a', "basic-regexp": 'G',
}

func grep(c *shell.Call) int {
	o, good := parse(c, "qviEFGe:clsxwohHnm:f:aU", grepLong)
	if !good {
		return 2
	}
	patterns := strings.Split(strings.Join(o.all['e'], "\n"), "\n")
	if !o.has('e') && !o.has('f') {
		if len(o.rest) == 0 {
			return c.Fail("no pattern")
		}
		patterns, o.rest = strings.Split(o.rest[0], "\n"), o.rest[1:]
	}
	if o.has('f') {
		data, err := read(c, o.values['f'])
		if err != nil {
			c.Fail("%s: %v", o.values['f'], reason(c, err))
			return 2
		}
		patterns = lines(data)
	}
	var res []*regexp.Regexp
	for _, p := range patterns {
		if o.has('F') || c.Name == "fgrep" {
			p = regexp.QuoteMeta(p)
		}
		extended := o.has('E') || c.Name == "egrep" || o.has('F') || c.Name == "fgrep"
		re, err := compile(c, p, extended, o.has('i'))
		if err == nil && (o.has('x') || o.has('w')) {
			edge := map[bool]string{true: `\b`, false: ""}[o.has('w') && !o.has('x')]
			if o.has('x') {
				re = regexp.MustCompile(`\A(?:` + re.String() + `)\z`)
			} else {
				re = regexp.MustCompile(edge + `(?:` + re.String() + `)` + edge)
			}
		}
		if err != nil {
			c.Fail("%v", err)
			return 2
		}
		res = append(res, re)
	}
	return grepFiles(c, o, res)
}

func grepFiles(c *shell.Call, o options, res []*regexp.Regexp) int {
	found := false
	many := len(o.rest) > 1 && !o.has('h') || o.has('H')
	if len(o.rest) == 0 {
		o.rest = []string{"-"}
	}
	status := 0
	for _, name := range o.rest {
		data, err := read(c, name)
		if err != nil {
			if !o.has('s') {
				c.Fail("%s: %v", name, reason(c, err))
			}
			status = 2
			continue
		}
		n := 0
		for i, line := range lines(data) {
			c.Spend(10 + len(line)*len(res))
			at := -1
			for k, re := range res {
				if re.MatchString(line) {
					at = k
					break
				}
			}
			if (at >= 0) == o.has('v') {
				continue
			}
			if n++; o.has('q') || o.has('l') {
				break
			}
			if o.has('c') {
				continue
			}
			prefix := ""
			if many {
				prefix = name + ":"
			}
			if o.has('n') {
				prefix += strconv.Itoa(i+1) + ":"
			}
			if o.has('o') && at >= 0 {
				for _, m := range res[at].FindAllString(line, -1) {
					puts(c, prefix+m+"\n")
				}
			} else {
				puts(c, prefix+line+"\n")
			}
			if m, err := strconv.Atoi(o.values['m']); err == nil && n >= m {
				break
			}
		}
		found = found || n > 0
		switch {
		case o.has('l') && n > 0:
			puts(c, name+"\n")
		case o.has('c') && many:
			puts(c, name+":"+strconv.Itoa(n)+"\n")
		case o.has('c'):
			puts(c, strconv.Itoa(n)+"\n")
		}
	}
	switch {
	case found && (status == 0 || o.has('q')):
		return 0
	case status != 0:
		return status
	}
	return 1
}
