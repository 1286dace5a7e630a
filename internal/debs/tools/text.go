package tools

import (
	"bytes"
	"crypto/md5"  //nolint:gosec // as md5sum has it
	"crypto/sha1" //nolint:gosec // as sha1sum has it
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
)

func head(c *shell.Call) int { return headTail(c, true) }
func tail(c *shell.Call) int { return headTail(c, false) }

// headTail prints the first or last lines or bytes.
func headTail(c *shell.Call, first bool) int {
	for i, a := range c.Args { // head -3
		value := i > 0 && (c.Args[i-1] == "-n" || c.Args[i-1] == "-c")
		if !value && len(a) > 1 && a[0] == '-' && strings.Trim(a[1:], "0123456789") == "" {
			c.Args[i] = "-n" + a[1:]
		}
	}
	o, good := parse(c, "n:c:qfv", map[string]byte{"lines": 'n', "bytes": 'c', "quiet": 'q'})
	if !good {
		return 1
	}
	text := "10"
	if o.has('n') {
		text = o.values['n']
	}
	if o.has('c') {
		text = o.values['c']
	}
	n, err := strconv.Atoi(strings.TrimPrefix(text, "+"))
	if err != nil {
		return c.Fail("invalid number: '%s'", text)
	}
	return inputs(c, o.rest, func(_ string, data []byte) {
		units := bytes.SplitAfter(data, []byte("\n"))
		if o.has('c') {
			units = nil
			for i := range data {
				units = append(units, data[i:i+1])
			}
		} else if len(units[len(units)-1]) == 0 {
			units = units[:len(units)-1]
		}
		from, to := 0, len(units)
		switch {
		case first && n < 0:
			to = max(0, to+n)
		case first:
			to = min(to, n)
		case strings.HasPrefix(text, "+"):
			from = min(to, max(0, n-1))
		default:
			from = max(0, to-max(n, -n))
		}
		_, _ = c.Stdout.Write(bytes.Join(units[from:to], nil))
	})
}

func wc(c *shell.Call) int {
	o, good := parse(c, "lwcm", map[string]byte{"lines": 'l', "words": 'w', "bytes": 'c', "chars": 'm'})
	if !good {
		return 1
	}
	return inputs(c, o.rest, func(name string, data []byte) {
		var out []string
		all := !o.has('l') && !o.has('w') && !o.has('c') && !o.has('m')
		if all || o.has('l') {
			out = append(out, strconv.Itoa(bytes.Count(data, []byte("\n"))))
		}
		if all || o.has('w') {
			out = append(out, strconv.Itoa(len(bytes.Fields(data))))
		}
		if all || o.has('c') || o.has('m') {
			out = append(out, strconv.Itoa(len(data)))
		}
		if name != "-" {
			out = append(out, name)
		}
		puts(c, strings.Join(out, " ")+"\n")
	})
}

func sortLines(c *shell.Call) int {
	o, good := parse(c, "unrfbdVzk:t:o:cis", map[string]byte{
		"unique": 'u', "numeric-sort": 'n', "reverse": 'r', "ignore-case": 'f', "version-sort": 'V',
		"key": 'k', "field-separator": 't', "output": 'o', "stable": 's',
	})
	if !good {
		return 2
	}
	if o.has('z') || o.has('c') {
		return c.Fail("-z and -c are not known")
	}
	var all []string
	status := inputs(c, o.rest, func(_ string, data []byte) { all = append(all, lines(data)...) })
	c.Spend(len(all) * 20)
	key := sortKey(o)
	for _, letter := range []byte("nrVf") { // -k2n
		if strings.IndexByte(o.values['k'], letter) >= 0 {
			o.count[letter]++
		}
	}
	compare := func(a, b string) int {
		x, y := key(a), key(b)
		n := 0
		switch {
		case o.has('n'):
			n = int(leading(x) - leading(y))
		case o.has('V'):
			n = compareNatural(x, y)
		default:
			n = strings.Compare(x, y)
		}
		if n == 0 && !o.has('u') && !o.has('s') {
			n = strings.Compare(a, b)
		}
		if o.has('r') {
			n = -n
		}
		return n
	}
	slices.SortStableFunc(all, compare)
	if o.has('u') {
		all = slices.CompactFunc(all, func(a, b string) bool { return compare(a, b) == 0 })
	}
	out := strings.Join(all, "\n")
	if len(all) > 0 {
		out += "\n"
	}
	if o.has('o') {
		if err := c.Root.WriteFile(c.Path(o.values['o']), []byte(out), umasked(c, 0o666)); err != nil {
			return c.Fail("%s: %v", o.values['o'], reason(c, err))
		}
		return status
	}
	puts(c, out)
	return status
}

// sortKey returns what lines are compared by: fields from -k on.
func sortKey(o options) func(string) string {
	fold := func(s string) string { return s }
	if o.has('f') {
		fold = strings.ToUpper
	}
	if !o.has('k') {
		return fold
	}
	start, end, _ := strings.Cut(o.values['k'], ",")
	from, _ := strconv.Atoi(strings.TrimRight(start, "bdfinrV"))
	to, _ := strconv.Atoi(strings.TrimRight(end, "bdfinrV"))
	return func(s string) string {
		var f []string
		if o.has('t') {
			f = strings.Split(s, o.values['t'])
		} else {
			f = strings.Fields(s)
		}
		last := len(f)
		if to > 0 {
			last = min(last, to)
		}
		if from < 1 || from > last {
			return ""
		}
		return fold(strings.Join(f[from-1:last], o.values['t']+" "))
	}
}

func leading(s string) int64 {
	s = strings.TrimLeft(s, " \t")
	n := 0
	for n < len(s) && (s[n] >= '0' && s[n] <= '9' || n == 0 && s[n] == '-') {
		n++
	}
	v, _ := strconv.ParseInt(s[:n], 10, 32)
	return v
}

// compareNatural compares runs of digits as numbers.
func compareNatural(a, b string) int {
	for a != "" && b != "" {
		x, y := digitsOf(a), digitsOf(b)
		if x != "" && y != "" {
			p, q := strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
			if len(p) != len(q) {
				return len(p) - len(q)
			}
			if n := strings.Compare(p, q); n != 0 {
				return n
			}
			a, b = a[len(x):], b[len(y):]
			continue
		}
		if a[0] != b[0] {
			return int(a[0]) - int(b[0])
		}
		a, b = a[1:], b[1:]
	}
	return len(a) - len(b)
}

func digitsOf(s string) string { return s[:len(s)-len(strings.TrimLeft(s, "0123456789"))] }

func uniq(c *shell.Call) int {
	o, good := parse(c, "cdui", map[string]byte{"count": 'c', "repeated": 'd', "unique": 'u', "ignore-case": 'i'})
	if !good {
		return 1
	}
	return inputs(c, o.rest, func(_ string, data []byte) {
		all := lines(data)
		for i := 0; i < len(all); {
			j := i + 1
			for j < len(all) && (all[j] == all[i] || o.has('i') && strings.EqualFold(all[j], all[i])) {
				j++
			}
			if (!o.has('d') || j-i > 1) && (!o.has('u') || j-i == 1) {
				if o.has('c') {
					puts(c, fmt.Sprintf("%7d ", j-i))
				}
				puts(c, all[i]+"\n")
			}
			i = j
		}
	})
}

func tr(c *shell.Call) int {
	o, good := parse(c, "dscCt", map[string]byte{"delete": 'd', "squeeze-repeats": 's', "complement": 'c'})
	if !good || len(o.rest) == 0 {
		return c.Fail("missing operand")
	}
	from, to := trSet(o.rest[0]), ""
	if len(o.rest) > 1 {
		to = trSet(o.rest[1])
	}
	complement := o.has('c') || o.has('C')
	in := func(b byte) bool { return (strings.IndexByte(from, b) >= 0) != complement }
	squeeze := to
	if o.has('s') && to == "" {
		squeeze = from
	}
	data, err := c.ReadAll(c.Stdin)
	if err != nil {
		return c.Fail("%v", err)
	}
	var out bytes.Buffer
	last := -1
	for _, b := range data {
		c.Spend(2)
		if in(b) {
			if o.has('d') {
				continue
			}
			if to != "" {
				i := len(to) - 1
				if !complement {
					i = min(i, strings.IndexByte(from, b))
				}
				b = to[i]
			}
		}
		if o.has('s') && int(b) == last && (strings.IndexByte(squeeze, b) >= 0) != (complement && to == "") {
			continue
		}
		last = int(b)
		out.WriteByte(b)
	}
	_, _ = c.Stdout.Write(out.Bytes())
	return 0
}

var trClasses = map[string]string{
	"[:upper:]": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "[:lower:]": "abcdefghijklmnopqrstuvwxyz", "[:digit:]": "0123456789",
	"[:alpha:]": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
	"[:alnum:]": "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "[:space:]": "\t\n\v\f\r ", "[:blank:]": "\t ",
}

// trSet expands a set of tr: ranges, classes and escapes.
func trSet(set string) string {
	var b strings.Builder
	for i := 0; i < len(set) && b.Len() < 4096; {
		if class, ok := trClasses[set[i:min(len(set), i+9)]]; ok {
			b.WriteString(class)
			i += 9
			continue
		}
		lo, n := trChar(set[i:])
		i += n
		if i+1 < len(set) && set[i] == '-' {
			hi, n := trChar(set[i+1:])
			i += 1 + n
			for ch := int(lo); ch <= int(hi); ch++ {
				b.WriteByte(byte(ch))
			}
			continue
		}
		b.WriteByte(lo)
	}
	return b.String()
}

func trChar(set string) (byte, int) {
	if set[0] != '\\' || len(set) == 1 {
		return set[0], 1
	}
	if i := strings.IndexByte("nrtfvab", set[1]); i >= 0 {
		return "\n\r\t\f\v\a\b"[i], 2
	}
	n := 1
	for n < len(set) && n < 4 && set[n] >= '0' && set[n] <= '7' {
		n++
	}
	if n > 1 {
		v, _ := strconv.ParseUint(set[1:n], 8, 8)
		return byte(v), n
	}
	return set[1], 2
}

func cut(c *shell.Call) int {
	o, good := parse(c, "d:f:c:b:s", map[string]byte{"delimiter": 'd', "fields": 'f', "characters": 'c', "bytes": 'b', "only-delimited": 's', "output-delimiter": 'O', "complement": 'C'})
	if !good || o.has('C') {
		return 1
	}
	delim, spec := "\t", o.values['f']
	if o.has('d') {
		delim = o.values['d']
	}
	if !o.has('f') {
		delim, spec = "", o.values['c']+o.values['b']
	}
	out := delim
	if o.has('O') {
		out = o.values['O']
	}
	return inputs(c, o.rest, func(_ string, data []byte) {
		for _, line := range lines(data) {
			if delim != "" && !strings.Contains(line, delim) {
				if !o.has('s') {
					puts(c, line+"\n")
				}
				continue
			}
			f := strings.Split(line, delim)
			var keep []string
			for i := range f {
				c.Spend(5)
				if inRanges(spec, i+1) {
					keep = append(keep, f[i])
				}
			}
			puts(c, strings.Join(keep, out)+"\n")
		}
	})
}

// inRanges reports whether n is in a list as of cut: "1,3-5,7-".
func inRanges(spec string, n int) bool {
	for r := range strings.SplitSeq(spec, ",") {
		lo, hi, isRange := strings.Cut(r, "-")
		from, _ := strconv.Atoi(lo)
		to, err := strconv.Atoi(hi)
		switch {
		case !isRange && from == n, isRange && n >= from && (hi == "" || err == nil && n <= to):
			return true
		}
	}
	return false
}

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

// sum prints, or checks, digests of files.
func sum(c *shell.Call) int {
	o, good := parse(c, "bctz", map[string]byte{"check": 'c', "quiet": 'q', "status": 's', "binary": 'b', "text": 't', "strict": 'S'})
	if !good {
		return 1
	}
	digest := func(data []byte) string {
		switch c.Name {
		case "md5sum":
			return fmt.Sprintf("%x", md5.Sum(data)) //nolint:gosec // as md5sum has it
		case "sha1sum":
			return fmt.Sprintf("%x", sha1.Sum(data)) //nolint:gosec // as sha1sum has it
		case "sha256sum":
			return fmt.Sprintf("%x", sha256.Sum256(data))
		}
		return fmt.Sprintf("%x", sha512.Sum512(data))
	}
	if !o.has('c') {
		return inputs(c, o.rest, func(name string, data []byte) { puts(c, digest(data)+"  "+name+"\n") })
	}
	status := 0
	inputs(c, o.rest, func(_ string, list []byte) {
		for _, line := range lines(list) {
			want, name, _ := strings.Cut(line, " ")
			name = strings.TrimLeft(name, " *")
			data, err := read(c, name)
			same := err == nil && digest(data) == want
			if !same {
				status = 1
			}
			switch {
			case o.has('s'):
			case same && !o.has('q'):
				puts(c, name+": OK\n")
			case !same:
				puts(c, name+": FAILED\n")
			}
		}
	})
	return status
}
