package tools

import (
	"bytes"
	"crypto/md5"  //nolint:gosec // as md5sum has it
	"crypto/sha1" //nolint:gosec // as sha1sum has it
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
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
