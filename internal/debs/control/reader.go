package control

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	// defaultMaxStanza suits Packages and status, whose largest stanzas have some
	// 100 KB.
	defaultMaxStanza = 1 << 20
	// maxFields bounds the fields of a stanza; real ones have some 40.
	maxFields = 512
	// bufferSize is how much is read at a time.
	bufferSize = 64 << 10
)

// Options are what differs between files; the zero value suits what dpkg
// reads.
type Options struct {
	// MaxStanza bounds a stanza in bytes; 0 means 1 MiB. A Release file is one
	// stanza, and may want more.
	MaxStanza int
	// Comments says that lines beginning with '#' are comments, and that lines of
	// blanks don't matter, as apt reads what people write (*.sources).
	Comments bool
}

// SyntaxError says which line is not of the form that deb822(5) gives.
type SyntaxError struct {
	Line   int
	Reason string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// Reader gives the stanzas of a file, one after the other.
type Reader struct {
	in   *bufio.Reader
	opt  Options
	line int // the number of the line last read
	// buf holds a line that the buffer of in had no room for.
	buf []byte
	err error
}

// NewReader returns a reader of the stanzas in r.
func NewReader(r io.Reader, opt Options) *Reader {
	if opt.MaxStanza <= 0 {
		opt.MaxStanza = defaultMaxStanza
	}
	return &Reader{in: bufio.NewReaderSize(r, bufferSize), opt: opt}
}

// Next returns the next stanza, or io.EOF after the last one. A line that is
// not as it should be is a [*SyntaxError]; after an error there is only that
// error.
func (r *Reader) Next() (Stanza, error) {
	if r.err != nil {
		return Stanza{}, r.err
	}
	s, err := r.next()
	if err != nil {
		r.err = err
		return Stanza{}, err
	}
	return s, nil
}

func (r *Reader) next() (Stanza, error) {
	var s Stanza
	b := builder{comments: r.opt.Comments}
	size := 0
	for {
		raw, err := r.readLine(r.opt.MaxStanza - size)
		if err != nil && (!errors.Is(err, io.EOF) || len(raw) == 0) {
			if !errors.Is(err, io.EOF) {
				return s, err
			}
			if len(b.fields) == 0 {
				return s, io.EOF
			}
			break
		}
		if bytes.IndexByte(raw, 0) >= 0 {
			return s, r.syntax("it has a NUL character")
		}
		line := string(bytes.TrimRight(raw, "\r\n"))
		if line == "" {
			if len(b.fields) == 0 {
				continue
			}
			break
		}
		size += len(raw)
		if err := b.add(line, r.line); err != nil {
			return s, err
		}
	}
	s.Line, s.Fields = b.fields[0].Line, b.finish()
	return s, nil
}

// readLine returns a line with its end, which the last one may lack.
func (r *Reader) readLine(limit int) ([]byte, error) {
	r.buf = r.buf[:0]
	for {
		part, err := r.in.ReadSlice('\n')
		if len(r.buf)+len(part) > limit {
			r.line++
			return nil, r.syntax(fmt.Sprintf("the stanza has more than %d bytes", r.opt.MaxStanza))
		}
		if err == nil && len(r.buf) == 0 {
			r.line++
			return part, nil
		}
		r.buf = append(r.buf, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			if len(r.buf) > 0 {
				r.line++
			}
			return r.buf, err
		}
	}
}

func (r *Reader) syntax(reason string) error { return &SyntaxError{Line: r.line, Reason: reason} }

// builder makes a stanza of lines.
type builder struct {
	fields   []Field
	comments bool
	// more are the lines of the last field after its first.
	more []string
}

func (b *builder) add(line string, number int) error {
	fail := func(format string, args ...any) error {
		return &SyntaxError{Line: number, Reason: fmt.Sprintf(format, args...)}
	}
	if b.comments && (line[0] == '#' || trimEnd(line) == "") {
		return nil
	}
	if line[0] == ' ' || line[0] == '\t' {
		line = trimEnd(line)
		switch {
		case line == "":
			return fail("a line of blanks neither ends a stanza nor belongs to a field")
		case len(b.fields) == 0:
			return fail("%s begins with a blank, but continues no field", quote(line))
		}
		b.more = append(b.more, line)
		return nil
	}
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		return fail("%s is not of the form \"Field: value\"", quote(line))
	}
	name = trimEnd(name)
	if err := checkName(name); err != nil {
		return fail("%v", err)
	}
	if len(b.fields) >= maxFields {
		return fail("the stanza has more than %d fields", maxFields)
	}
	for _, f := range b.fields {
		if strings.EqualFold(f.Name, name) {
			return fail("the field %q is there twice, first in line %d", name, f.Line)
		}
	}
	b.flush()
	b.fields = append(b.fields, Field{Name: name, Value: strings.Trim(value, blanks), Line: number})
	return nil
}

// flush gives the last field its further lines.
func (b *builder) flush() {
	if len(b.more) == 0 {
		return
	}
	last := &b.fields[len(b.fields)-1]
	last.Value += "\n" + strings.Join(b.more, "\n")
	b.more = b.more[:0]
}

func (b *builder) finish() []Field {
	b.flush()
	return b.fields
}

// blanks are what isn't part of a value at its ends.
const blanks = " \t\r\v\f"

func trimEnd(s string) string { return strings.TrimRight(s, blanks) }

// quote shortens a line for a message.
func quote(line string) string {
	const most = 60
	if len(line) > most {
		return fmt.Sprintf("%q…", line[:most])
	}
	return fmt.Sprintf("%q", line)
}

// Parse returns the stanzas of a file that is in memory.
func Parse(data []byte, opt Options) ([]Stanza, error) {
	r := NewReader(bytes.NewReader(data), opt)
	var out []Stanza
	for {
		s, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
}

// ParseOne returns the only stanza of a file that is in memory, such as a
// package's control file or Release.
func ParseOne(data []byte, opt Options) (Stanza, error) {
	all, err := Parse(data, opt)
	switch {
	case err != nil:
		return Stanza{}, err
	case len(all) == 0:
		return Stanza{}, errors.New("it is empty")
	case len(all) > 1:
		return Stanza{}, &SyntaxError{Line: all[1].Line, Reason: "a second stanza begins, but there must be one"}
	}
	return all[0], nil
}
