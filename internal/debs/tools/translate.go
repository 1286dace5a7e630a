package tools

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
)

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
