package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/assemble-image/assemble/internal/report"
)

// Names in wheels, registries' answers and image configs are hostile: what is
// printed must not move a terminal's cursor, forge a line, or turn text around.
// Whatever leaves the program passes one of these: a [textWriter] around
// standard output and standard error, [eventText] before the display, and
// [printJSON]. A program's own control sequences go around them.

// replacement stands for each character that isn't printed.
const replacement = '�'

// textWriter writes text to w, without what isn't printable. Lines and tabs
// stay. It is safe for concurrent use.
type textWriter struct {
	w  io.Writer
	mu sync.Mutex
	// cut is the beginning of a character that the next write ends.
	cut []byte
}

// Write implements io.Writer. It returns len(p) also where fewer or more bytes
// were written for them.
func (t *textWriter) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	rest := append(t.cut, p...)
	var out bytes.Buffer
	for len(rest) > 0 && utf8.FullRune(rest) {
		r, n := utf8.DecodeRune(rest)
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			out.Write(rest[:n])
		} else {
			out.WriteRune(replacement)
		}
		rest = rest[n:]
	}
	t.cut = append([]byte(nil), rest...)
	if _, err := t.w.Write(out.Bytes()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// rawFile is the file behind w, for who writes control sequences of his own.
func rawFile(w io.Writer) (*os.File, bool) {
	if t, ok := w.(*textWriter); ok {
		w = t.w
	}
	f, ok := w.(*os.File)
	return f, ok
}

// printable is s on one line: what isn't printable is replaced, ends of lines
// and tabs as well.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsPrint(r):
			return r
		case r == '\t':
			return ' '
		}
		return replacement
	}, s)
}

// eventText makes all that an event says printable, each text on one line.
func eventText(e report.Event) report.Event {
	e.Scope, e.Stage = printable(e.Scope), report.Stage(printable(string(e.Stage)))
	e.Text, e.Note = printable(e.Text), printable(e.Note)
	return e
}

// printJSON writes v, indented, as the result. What isn't printable is written
// as an escape, which is the same to whoever reads JSON.
func printJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	if _, err := w.Write(escapeJSON(b.Bytes())); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}

// escapeJSON escapes what isn't printable in a JSON text whose control
// characters are those of its layout: all else stands in strings.
func escapeJSON(data []byte) []byte {
	var out []byte
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		switch {
		case r == '\n' || unicode.IsPrint(r):
			out = append(out, data[:n]...)
		case r >= 0x10000:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		data = data[n:]
	}
	return out
}
