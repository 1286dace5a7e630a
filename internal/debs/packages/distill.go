package packages

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/assemble-image/assemble/internal/debs/control"
)

const (
	// maxLine bounds a line of Packages; the longest have some 40 KB.
	maxLine = 1 << 20
	// maxPackages bounds the stanzas of a file; Debian has some 65,000.
	maxPackages = 1 << 20
	// maxDistilled bounds what is kept of a file, in bytes.
	maxDistilled = 512 << 20
)

// Distill reads a Packages file and returns what choosing needs of the
// packages for an architecture ("arm64") and of those for all, in the form
// that [Open] reads. A stanza that isn't as it should be is a
// [*control.SyntaxError].
func Distill(in io.Reader, arch string) ([]byte, error) {
	d := distiller{
		in: bufio.NewReaderSize(in, maxLine), arch: arch,
		ranks: map[string]uint32{}, out: append([]byte(formatLine), arch+"\n"...),
	}
	for {
		line, err := d.readLine()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = d.add(line)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := d.flush(); err != nil {
		return nil, err
	}
	return d.finish(), nil
}

type distiller struct {
	in   *bufio.Reader
	arch string
	line int
	out  []byte

	// The stanza that is being read: text has the values, and at where each
	// begins and ends.
	text    []byte
	at      [fields]span
	last    int // the field that further lines belong to; -1 for one that isn't needed
	started bool
	count   int

	// ranks are the order in which names were first mentioned; there tells which
	// of them are packages of this file.
	ranks map[string]uint32
	order []mention
}

type span struct {
	from, to int
	there    bool
}

type mention struct {
	name  string
	there bool
}

func (d *distiller) fail(format string, args ...any) error {
	return &control.SyntaxError{Line: d.line, Reason: fmt.Sprintf(format, args...)}
}

func (d *distiller) readLine() ([]byte, error) {
	line, err := d.in.ReadSlice('\n')
	if len(line) > 0 || err == nil {
		d.line++
	}
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, d.fail("it has more than %d bytes", maxLine)
	case errors.Is(err, io.EOF) && len(line) > 0, err == nil:
		return bytes.TrimRight(line, "\r\n"), nil
	}
	return nil, err
}

func (d *distiller) add(line []byte) error {
	switch {
	case len(line) == 0:
		return d.flush()
	case line[0] == ' ' || line[0] == '\t':
		if !d.started {
			return d.fail("it begins with a blank, but continues no field")
		}
		if d.last >= 0 {
			d.text = append(append(d.text, ' '), d.clean(line)...)
			d.at[d.last].to = len(d.text)
		}
		return nil
	}
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 {
		return d.fail("it is not of the form \"Field: value\"")
	}
	d.started = true
	if d.last = fieldOf(line[:colon]); d.last < 0 {
		return nil
	}
	if d.at[d.last].there {
		return d.fail("the field %q is there twice", line[:colon])
	}
	from := len(d.text)
	d.text = append(d.text, d.clean(line[colon+1:])...)
	d.at[d.last] = span{from: from, to: len(d.text), there: true}
	return nil
}

// clean takes the blanks around a value away. Tabs within stand for blanks,
// and are taken for such: they part our columns.
func (d *distiller) clean(b []byte) []byte {
	b = bytes.Trim(b, " \t\r\v\f")
	for i := bytes.IndexByte(b, '\t'); i >= 0; i = bytes.IndexByte(b, '\t') {
		b[i] = ' '
	}
	return b
}

func (d *distiller) value(col int) []byte { return d.text[d.at[col].from:d.at[col].to] }

// flush ends a stanza.
func (d *distiller) flush() error {
	if !d.started {
		return nil
	}
	defer func() { d.text, d.at, d.last, d.started = d.text[:0], [fields]span{}, -1, false }()
	for _, col := range []int{colName, colVersion, colArch} {
		if len(d.value(col)) == 0 {
			return d.fail("the stanza before it has no field %q", fieldNames[col])
		}
	}
	if arch := string(d.value(colArch)); arch != "all" && arch != d.arch {
		return nil
	}
	if d.count++; d.count > maxPackages {
		return d.fail("there are more than %d packages", maxPackages)
	}
	if len(d.out) > maxDistilled {
		return d.fail("what it says of packages has more than %d bytes", maxDistilled)
	}
	rank := d.rank(d.value(colName))
	d.order[rank].there = true
	for _, col := range mentions {
		eachName(d.value(col), func(name []byte) { d.rank(name) })
	}
	d.write(rank)
	return nil
}

// rank returns the order of a name, a new one if it wasn't mentioned yet.
func (d *distiller) rank(name []byte) uint32 {
	if r, ok := d.ranks[string(name)]; ok {
		return r
	}
	r := uint32(len(d.order))
	s := string(name)
	d.ranks[s] = r
	d.order = append(d.order, mention{name: s})
	return r
}

// eachName calls f for the name of each package that a field mentions, without
// an architecture after it: such names are others to apt.
func eachName(field []byte, f func([]byte)) {
	for len(field) > 0 {
		end := bytes.IndexAny(field, ",|")
		item := field
		if end < 0 {
			field = nil
		} else {
			item, field = field[:end], field[end+1:]
		}
		item = bytes.TrimLeft(item, " ")
		if i := bytes.IndexAny(item, " ("); i >= 0 {
			item = item[:i]
		}
		if len(item) > 0 && bytes.IndexByte(item, ':') < 0 {
			f(item)
		}
	}
}

func (d *distiller) write(rank uint32) {
	for col := range columns {
		if col > 0 {
			d.out = append(d.out, '\t')
		}
		switch col {
		case colRank:
			d.out = strconv.AppendUint(d.out, uint64(rank), 10)
		case colImportant:
			if yes(string(d.value(colImportant))) || yes(string(d.value(colProtected))) {
				d.out = append(d.out, "yes"...)
			}
		default:
			d.out = append(d.out, d.value(col)...)
		}
	}
	d.out = append(d.out, '\n')
}

// finish adds the names that are only mentioned.
func (d *distiller) finish() []byte {
	for rank, m := range d.order {
		if !m.there {
			d.out = append(append(append(d.out, '\t'), m.name...), '\t')
			d.out = append(strconv.AppendInt(d.out, int64(rank), 10), '\n')
		}
	}
	return d.out
}
