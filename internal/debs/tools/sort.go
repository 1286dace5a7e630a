package tools

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
)

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
